import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { LocalError } from './local-error.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(project, 'worker/dashboard')
const page = join(folder, 'dist/index.html')

/** What the build is made of. */
const sources = ['worker/dashboard', 'shared', 'package-lock.json', 'tsconfig.json']

const deadlineMs = 60_000

/**
 * Builds the dashboard's files into worker/dashboard/dist, where they are older than what they are made of. In a process
 * of its own: the build takes from its environment whether it is one for production, and that of tests says otherwise.
 */
export async function buildDashboard(): Promise<void> {
  const builtAtMs = await changedAtMs(page)
  const changed = await Promise.all(sources.map((source) => newestIn(join(project, source))))
  if (builtAtMs > Math.max(...changed)) return
  const built = promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, NODE_ENV: 'production' },
    timeout: deadlineMs,
  })
  await built.catch((error: Error) => {
    throw new LocalError(`The dashboard cannot be built: ${error.message}`)
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

if (import.meta.main) {
  process.env['NODE_ENV'] = 'production'
  await build({ configFile: join(folder, 'vite.config.ts') })
}
