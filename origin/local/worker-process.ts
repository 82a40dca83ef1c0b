import { createHash } from 'node:crypto'
import { createWriteStream, type WriteStream } from 'node:fs'
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { type BuildFailure, build, formatMessages } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_readConfig } from 'wrangler'
import { z } from 'zod'
import { onChildEnd } from './child-ends.ts'
import { buildDashboard } from './dashboard-build.ts'
import { LocalError } from './local-error.ts'
import type { PieceChange } from './piece-changes.ts'
import { isPortFree } from './ports.ts'
import { logPathFor, type Piece } from './processes.ts'
import { childrenOf, signalIfThere } from './running-processes.ts'

interface WorkerProcessOptions {
  readonly dataDirectory: string
  readonly port: number
  /** The port where a debugger can attach; null for none. */
  readonly inspectorPort?: number | null
  /** The variables that differ from wrangler.toml, and the secrets. */
  readonly variables: Readonly<Record<string, string>>
  /** The module to run. By default the Worker's own; benchmarks wrap it in another. */
  readonly entry?: string
  /** The folder of the release whose Worker and wrangler.toml run; by default this one. */
  readonly project?: string
  onChange(change: PieceChange): void
}

/** A part of the Worker that can be replaced while it runs: its code with wrangler.toml, or the dashboard's built files. */
type WorkerPart = 'code' | 'dashboard'

export interface WorkerPiece extends Piece {
  readonly url: string
  readonly variables: WorkerProcessOptions['variables']
  /**
   * Runs a part of the Worker as its files are now, with everything that the Worker has stored. Answers whether anything
   * differed. Throws a LocalError if the code cannot be built or does not start; then the Worker runs as before.
   */
  update(part: WorkerPart): Promise<boolean>
}

/** The part of wrangler.toml that the local Worker uses. */
const wranglerSchema = z.object({
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.string()),
  kv_namespaces: z.array(z.object({ binding: z.string() })),
  assets: z.object({
    directory: z.string(),
    binding: z.string(),
    run_worker_first: z.literal(true),
    html_handling: z.literal('none'),
    not_found_handling: z.literal('none'),
  }),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  ratelimits: z.array(
    z.object({
      name: z.string(),
      namespace_id: z.string(),
      simple: z.object({ limit: z.number(), period: z.union([z.literal(10), z.literal(60)]) }),
    }),
  ),
  migrations: z.array(z.object({ new_sqlite_classes: z.array(z.string()).optional() })),
})

const ownProject = fileURLToPath(new URL('../../', import.meta.url))

/** If Miniflare has not started another workerd by then, it will not. */
const returnsWithinMs = 30_000

const name = 'worker'

/** The Worker in real workerd. Bindings, variables and compatibility date are wrangler.toml's. */
export function createWorkerPiece(options: WorkerProcessOptions): WorkerPiece {
  const { port, onChange } = options
  const runtime = watchRuntime(port, onChange)
  let running: { readonly miniflare: Miniflare; readonly log: WriteStream; settings: Settings } | null = null

  async function leave(): Promise<void> {
    const leaving = running
    runtime.forget()
    running = null
    await leaving?.miniflare.dispose()
    leaving?.log.end()
    if (leaving !== null) onChange({ kind: 'stopped', name })
  }
  function forMiniflare(settings: Settings, log: WriteStream) {
    return convertV4MiniflareOptions({
      ...settings.code,
      assets: { ...settings.code.assets, directory: settings.dashboard },
      handleStructuredLogs: ({ message }) => void log.write(`${message}\n`),
      unsafeHandleRuntimeRestart: () => runtime.find('returned'),
    })
  }

  return {
    url: `http://127.0.0.1:${port}`,
    variables: options.variables,
    get pid() {
      return runtime.pid
    },
    async start() {
      await leave()
      await buildDashboard()
      const log = createWriteStream(logPathFor({ ...options, name }), { flags: 'a' })
      if (!(await isPortFree(port))) throw portInUse(port)
      await rm(dashboardsIn(options.dataDirectory), { recursive: true, force: true })
      const settings = { code: await readCode(options), dashboard: await copyDashboard(options) }
      runtime.hear()
      running = { miniflare: new Miniflare(forMiniflare(settings, log)), log, settings }
      await running.miniflare.ready
      await runtime.find('started')
    },
    async update(part) {
      const updated = running
      if (updated === null) return false
      const { miniflare, log, settings } = updated
      const changed =
        part === 'code' ? { code: await readCode(options) } : { dashboard: await copyDashboard(options) }
      const next = { ...settings, ...changed }
      if (isDeepStrictEqual(next, settings)) return false
      await runtime.whileReplaced(async () => {
        try {
          await miniflare.setOptions(forMiniflare(next, log))
          updated.settings = next
        } catch (error) {
          await miniflare.setOptions(forMiniflare(settings, log))
          throw new LocalError(`The changed Worker does not start: ${runtimeErrorOf(error)}`)
        }
      })
      return true
    },
    stop: leave,
    async kill() {
      if (runtime.pid !== null) signalIfThere(runtime.pid, 'SIGKILL')
      await leave()
    },
    pause: () => void (runtime.pid !== null && process.kill(runtime.pid, 'SIGSTOP')),
    resume: () => void (runtime.pid !== null && process.kill(runtime.pid, 'SIGCONT')),
  }
}

/** Miniflare's error repeats everything that workerd printed. The lines that name an exception say what is wrong. */
function runtimeErrorOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const exceptions = [...text.matchAll(/Uncaught [^"\n]*/g)].map(([exception]) => exception)
  return exceptions[0] ?? text
}

/** Follows the workerd at a port, whichever process it is: Miniflare starts another one when it ends. */
function watchRuntime(port: number, onChange: (change: PieceChange) => void) {
  let pid: number | null = null
  let missing: NodeJS.Timeout | undefined
  let isReplaced = false
  let endHearing: (() => void) | null = null

  function noteEnd(ended: number, how: string): void {
    if (pid !== ended || isReplaced) return
    pid = null
    onChange({ kind: 'restarting', name, pid: ended, how })
    const lost = () => onChange({ kind: 'lost', name, waitedMs: returnsWithinMs })
    missing = setTimeout(lost, returnsWithinMs).unref()
  }
  /** Called before a workerd is started. */
  function hear(): void {
    endHearing ??= onChildEnd('workerd', noteEnd)
  }
  function forget(): void {
    endHearing?.()
    endHearing = null
    clearTimeout(missing)
    pid = null
  }
  async function find(kind: 'started' | 'returned' | 'replaced'): Promise<void> {
    const found = await workerdPidAt(port)
    clearTimeout(missing)
    pid = found
    if (pid !== null) onChange({ kind, name, pid })
  }

  return {
    get pid() {
      return pid
    },
    hear,
    forget,
    find,
    /** The end of the old workerd during `replace` is not an end by itself. */
    async whileReplaced(replace: () => Promise<void>): Promise<void> {
      isReplaced = true
      try {
        await replace()
      } finally {
        await find('replaced')
        isReplaced = false
      }
    },
  }
}

/** The error for a Worker's port where no browser would find it. */
export function portBlocked(port: number): LocalError {
  return new LocalError(`Browsers refuse to connect to port ${port}. Choose another port with --port.`)
}

/** The error for a Worker's port that another program uses. */
export function portInUse(port: number): LocalError {
  return new LocalError(
    `Port ${port} is in use by another program. Stop that program, or choose another port with --port.`,
  )
}

/** The workerd of this process that listens on a port, known by the address in its command line. */
async function workerdPidAt(port: number): Promise<number | null> {
  const children = await childrenOf(process.pid)
  const isIt = (command: string) => command.includes('workerd') && command.includes(`127.0.0.1:${port} `)
  return children.find(({ command }) => isIt(command))?.pid ?? null
}

/** All running workerds of this process. */
export async function workerdPids(): Promise<number[]> {
  const children = await childrenOf(process.pid)
  return children.filter(({ command }) => command.includes('workerd')).map(({ pid }) => pid)
}

interface Settings {
  readonly code: Awaited<ReturnType<typeof readCode>>
  /** The folder of the dashboard's files. */
  readonly dashboard: string
}

/** The options for Miniflare: the Worker's code as it is now, with the settings of wrangler.toml. */
async function readCode({ dataDirectory, port, variables, entry, inspectorPort }: WorkerProcessOptions) {
  const isInspected = inspectorPort !== null && inspectorPort !== undefined
  const worker = await workerOptions({
    variables,
    ...(entry === undefined ? {} : { entry }),
    hasSourceMap: isInspected,
  })
  const { binding, html_handling, not_found_handling } = readWranglerConfig().assets
  return {
    ...worker,
    assets: {
      binding,
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
      assetConfig: { html_handling, not_found_handling },
    },
    ...sharedOptions(dataDirectory),
    port,
    // Miniflare's proxy offers debuggers the Worker alone, and none of Miniflare's own Workers.
    ...(isInspected ? { inspectorPort, unsafeInspectorProxy: true } : {}),
  }
}

const dashboardsIn = (dataDirectory: string) => join(dataDirectory, 'dashboard')

/**
 * Copies the dashboard's built files into a folder of this stack, named by what is in them, and answers that folder. Miniflare lists
 * the files of a folder once, and another stack of the same checkout, such as a test's, replaces the built ones.
 */
async function copyDashboard({ dataDirectory }: WorkerProcessOptions): Promise<string> {
  const built = join(ownProject, readWranglerConfig().assets.directory)
  // All names but the pages' carry a digest of their content.
  const names = (await readdir(built, { recursive: true })).sort()
  const pages = names.filter((name) => name.endsWith('.html'))
  const texts = await Promise.all(pages.map((name) => readFile(join(built, name), 'utf8')))
  const digest = createHash('sha256')
    .update(JSON.stringify([names, texts]))
    .digest('hex')
  const directory = join(dashboardsIn(dataDirectory), digest.slice(0, 16))
  await cp(built, directory, { recursive: true })
  return directory
}

/** The options that Miniflare takes once, however many Workers it runs. */
export function sharedOptions(dataDirectory: string) {
  return {
    host: '127.0.0.1',
    // For KV, Durable Objects and cache alike.
    resourcePersistencePath: join(dataDirectory, 'worker'),
    // Miniflare would otherwise fetch this machine's place from a service on the internet.
    cf: false as const,
  }
}

type WorkerOptions = Pick<WorkerProcessOptions, 'variables' | 'entry' | 'project'> & {
  readonly hasSourceMap?: boolean
}

/** The options of the Worker itself: its code, and its bindings as wrangler.toml has them. */
export async function workerOptions({ variables, entry, hasSourceMap, project = ownProject }: WorkerOptions) {
  const config = readWranglerConfig(project)
  const sqliteClasses = new Set(config.migrations.flatMap((migration) => migration.new_sqlite_classes ?? []))
  return {
    modules: true,
    script: await bundleWorker(project, entry ?? join(project, 'worker/index.ts'), hasSourceMap),
    compatibilityDate: config.compatibility_date,
    bindings: { ...config.vars, ...variables },
    kvNamespaces: config.kv_namespaces.map((namespace) => namespace.binding),
    ratelimits: Object.fromEntries(
      config.ratelimits.map(({ name, namespace_id, simple }) => [name, { namespace_id, simple }]),
    ),
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: sqliteClasses.has(class_name) },
      ]),
    ),
  }
}

function readWranglerConfig(project = ownProject): z.output<typeof wranglerSchema> {
  try {
    return wranglerSchema.parse(unstable_readConfig({ config: join(project, 'wrangler.toml') }))
  } catch (error) {
    if (error instanceof z.ZodError) {
      const names = error.issues.map(({ path }) => path.join('.'))
      throw new LocalError(`The local stack cannot use these settings of wrangler.toml: ${names.join(', ')}.`)
    }
    throw new LocalError(`wrangler.toml cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

/** One file for workerd, as wrangler would build it. The source map, for debuggers, stands in the file itself. */
async function bundleWorker(project: string, entry: string, hasSourceMap = false): Promise<string> {
  const built = build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    target: 'es2024',
    write: false,
    logLevel: 'silent',
    absWorkingDir: project,
    ...(hasSourceMap ? { sourcemap: 'inline', sourceRoot: pathToFileURL(project).href } : {}),
  })
  const { outputFiles } = await built.catch(async (failure: BuildFailure) => {
    const messages = await formatMessages(failure.errors ?? [], { kind: 'error' })
    throw new LocalError(`The Worker cannot be built: ${messages.join('').trim() || failure.message}`)
  })
  return outputFiles[0]?.text ?? ''
}
