import { execFile } from 'node:child_process'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify, stripVTControlCharacters } from 'node:util'
import { build as viteBuild } from 'vite'
import { LocalError } from './local-error.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(project, 'worker/dashboard')
const dist = join(folder, 'dist')
const page = join(dist, 'index.html')

/** The files and folders that the build reads. */
const sources = ['worker/dashboard', 'shared', 'package-lock.json', 'tsconfig.json']

const deadlineMs = 60_000

/** Builds the dashboard unless its files are newer than everything that they are made of. */
export async function buildDashboard(): Promise<void> {
  const builtAtMs = await changedAtMs(page)
  const changed = await Promise.all(sources.map((source) => newestIn(join(project, source))))
  if (builtAtMs <= Math.max(...changed)) await rebuildDashboard()
}

/**
 * Builds the dashboard's files into worker/dashboard/dist. The build runs in a process of its own because it reads from
 * NODE_ENV whether it is for production, and tests set that to something else. A build that fails throws a LocalError and
 * leaves the files of the last build in place.
 */
export async function rebuildDashboard(): Promise<void> {
  const built = promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, NODE_ENV: 'production' },
    timeout: deadlineMs,
  })
  await built.catch((error: Error & { readonly stderr?: string }) => {
    const said = stripVTControlCharacters(error.stderr ?? '').trim()
    throw new LocalError(`The dashboard cannot be built: ${said === '' ? error.message : said}`)
  })
}

async function newestIn(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const entries = await readdir(path)
  const inside = entries.filter((name) => name !== 'dist' && name !== 'screenshots')
  return Math.max(...(await Promise.all(inside.map((name) => newestIn(join(path, name))))), found.mtimeMs)
}

async function changedAtMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  return found?.mtimeMs ?? 0
}

/**
 * Writes the new files beside the old ones and then removes the old ones. A stack that serves them meanwhile always has a page;
 * with an emptied folder it would have none until the build is written.
 */
async function build(): Promise<void> {
  const built = await viteBuild({
    configFile: join(folder, 'vite.config.ts'),
    build: { emptyOutDir: false },
  })
  const outputs = [built].flat().flatMap((each) => ('output' in each ? each.output : []))
  const current = new Set(outputs.map(({ fileName }) => join(dist, fileName)))
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !current.has(path)) await rm(path)
  }
}

if (import.meta.main) {
  process.env['NODE_ENV'] = 'production'
  try {
    await build()
  } catch (error) {
    // The message names file, line and fault. Rolldown's stack trace would bury it.
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
