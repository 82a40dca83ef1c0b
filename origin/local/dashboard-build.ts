import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify, stripVTControlCharacters } from 'node:util'
import { clientDeclarations } from './client-types-build.ts'
import { LocalError } from './local-error.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(project, 'worker/dashboard')
const clientFolder = join(project, 'worker/client')
const dist = join(folder, 'dist')
const page = join(dist, 'index.html')

/** The files and folders that the build reads. */
const sources = ['worker/dashboard', 'worker/client', 'shared', 'package-lock.json', 'tsconfig.json']

const program = fileURLToPath(import.meta.url)
const environment = { ...process.env, NODE_ENV: 'production' }
const deadlineMs = 60_000
/** Makes this file's program a builder that stays. */
const stays = '--stay'

/** Builds the dashboard and the browser client unless its files are newer than everything that they are made of. */
export async function buildDashboard(): Promise<void> {
  const builtAtMs = await changedAtMs(page)
  const changed = await Promise.all(sources.map((source) => newestIn(join(project, source))))
  if (builtAtMs <= Math.max(...changed)) await rebuildDashboard()
}

/**
 * Builds the dashboard's files and those of the browser client into worker/dashboard/dist. The build runs in a process of its own because it reads from
 * NODE_ENV whether it is for production, and tests set that to something else. A build that fails throws a LocalError and
 * leaves the files of the last build in place.
 */
async function rebuildDashboard(): Promise<void> {
  const built = promisify(execFile)(process.execPath, [program], { env: environment, timeout: deadlineMs })
  await built.catch((error: Error & { readonly stderr?: string }) => {
    const said = stripVTControlCharacters(error.stderr ?? '').trim()
    throw cannotBeBuilt(said === '' ? error.message : said)
  })
}

const cannotBeBuilt = (why: string) => new LocalError(`The dashboard cannot be built: ${why}`)

interface DashboardBuilder {
  /** Builds the files as they are now. Throws a LocalError if that fails; then the files of the last build stay. */
  build(): Promise<void>
  stop(): void
}

/**
 * Builds the dashboard again and again while its files are edited. Its process stays, since loading Vite takes longer than a
 * build, and leaves out minifying, which is a third of a build. The next start replaces such files by minified ones.
 */
export function createDashboardBuilder(): DashboardBuilder {
  let builder: ChildProcess | null = launchBuilder()
  return {
    async build() {
      builder ??= launchBuilder()
      const answer = await runBuild(builder)
      if (answer === 'built') return
      if (builder.exitCode !== null || builder.signalCode !== null) builder = null
      throw cannotBeBuilt(answer)
    },
    stop: () => void builder?.kill(),
  }
}

function launchBuilder(): ChildProcess {
  return fork(program, [stays], {
    env: environment,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

/** Answers `built`, or why it could not be built. */
async function runBuild(builder: ChildProcess): Promise<string> {
  const over = new AbortController()
  const { signal } = over
  try {
    const answered = Promise.race([once(builder, 'message', { signal }), once(builder, 'exit', { signal })])
    builder.send('build')
    const [answer]: unknown[] = await answered
    return typeof answer === 'string' ? answer : 'the program that builds it ended.'
  } finally {
    over.abort()
  }
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
async function build({ isMinified }: { readonly isMinified: boolean }): Promise<void> {
  // Loaded here, because every start of the stack imports this file and few of them build.
  const { build: viteBuild } = await import('vite')
  const built = await viteBuild({
    configFile: join(folder, 'vite.config.ts'),
    build: { emptyOutDir: false, ...(isMinified ? {} : { minify: false }) },
  })
  const client = await viteBuild({ configFile: join(clientFolder, 'vite.config.ts') })
  const types = join(dist, 'client/boardcache.d.ts')
  await writeFile(types, await clientDeclarations())
  const namesIn = (each: typeof built) =>
    [each].flat().flatMap((one) => ('output' in one ? one.output.map(({ fileName }) => fileName) : []))
  const current = new Set([
    types,
    ...namesIn(built).map((name) => join(dist, name)),
    ...namesIn(client).map((name) => join(dist, 'client', name)),
  ])
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    // Another stack that starts at the same time builds the same files, and may have removed this one.
    if (entry.isFile() && !current.has(path)) await rm(path, { force: true })
  }
  // Older than every source, so that `buildDashboard` builds it again.
  if (!isMinified) await utimes(page, 0, 0)
}

/** The message names file, line and fault. Rolldown's stack trace would bury it. */
const faultOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Builds whenever the starter sends a message, until the starter is gone. */
async function stay(): Promise<void> {
  process.on('disconnect', () => process.exit())
  process.on('message', async () => {
    const answer = await build({ isMinified: false }).then(
      () => 'built',
      (error: unknown) => stripVTControlCharacters(faultOf(error)).trim(),
    )
    process.send?.(answer)
  })
  await import('vite')
}

if (import.meta.main) {
  process.env['NODE_ENV'] = 'production'
  try {
    await (process.argv.includes(stays) ? stay() : build({ isMinified: true }))
  } catch (error) {
    console.error(faultOf(error))
    process.exit(1)
  }
}
