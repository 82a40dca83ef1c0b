import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_readConfig } from 'wrangler'
import { z } from 'zod'
import { buildDashboard } from './dashboard-build.ts'
import { LocalError } from './local-error.ts'
import type { PieceChange } from './piece-changes.ts'
import { isPortFree } from './ports.ts'
import { logPathFor, type Piece } from './processes.ts'
import { childrenOf, commandOf, signalIfThere } from './running-processes.ts'

interface WorkerProcessOptions {
  readonly dataDirectory: string
  readonly port: number
  /** What differs from wrangler.toml here, secrets included. */
  readonly variables: Readonly<Record<string, string>>
  /** The module that is run; the Worker's own unless a benchmark wraps it. */
  readonly entry?: string
  onChange(change: PieceChange): void
}

/** The part of wrangler.toml that the local Worker takes over. */
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

const project = fileURLToPath(new URL('../../', import.meta.url))

/** How often it is looked whether workerd still runs: Miniflare tells only that it has started another one. */
const watchEveryMs = 500
/** Within so long Miniflare has started another one, or does not get it started. */
const returnsWithinMs = 30_000

const name = 'worker'

/** The Worker in real workerd. Bindings, variables and compatibility date are wrangler.toml's. */
export function createWorkerPiece(options: WorkerProcessOptions): Piece & { readonly url: string } {
  const { port, onChange } = options
  const runtime = watchRuntime(port, onChange)
  let miniflare: Miniflare | null = null
  let log: WriteStream | null = null

  async function leave(): Promise<void> {
    const leaving = miniflare
    runtime.forget()
    miniflare = null
    await leaving?.dispose()
    log?.end()
    log = null
    if (leaving !== null) onChange({ kind: 'stopped', name })
  }

  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return runtime.pid
    },
    async start() {
      await leave()
      log = createWriteStream(logPathFor({ dataDirectory: options.dataDirectory, name }), {
        flags: 'a',
      })
      if (!(await isPortFree(port))) throw portInUse(port)
      miniflare = new Miniflare(
        convertV4MiniflareOptions({
          ...(await miniflareOptions(options)),
          handleStructuredLogs: ({ message }) => void log?.write(`${message}\n`),
          unsafeHandleRuntimeRestart: () => runtime.find('returned'),
        }),
      )
      await miniflare.ready
      await runtime.find('started')
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

/** The workerd at a port, whichever process it is: Miniflare starts another one by itself where it has ended. */
function watchRuntime(port: number, onChange: (change: PieceChange) => void) {
  let pid: number | null = null
  let looking: NodeJS.Timeout | undefined
  let missing: NodeJS.Timeout | undefined

  function noteEnd(ended: number): void {
    if (pid !== ended) return
    pid = null
    onChange({ kind: 'restarting', name, pid: ended })
    const lost = () => onChange({ kind: 'lost', name, waitedMs: returnsWithinMs })
    missing = setTimeout(lost, returnsWithinMs).unref()
  }
  async function look(): Promise<void> {
    const looked = pid
    if (looked !== null && (await commandOf(looked)) === null) noteEnd(looked)
  }
  function forget(): void {
    clearInterval(looking)
    clearTimeout(missing)
    looking = undefined
    pid = null
  }

  return {
    get pid() {
      return pid
    },
    forget,
    async find(kind: 'started' | 'returned') {
      if (pid !== null) noteEnd(pid)
      const found = await workerdPidAt(port)
      clearTimeout(missing)
      pid = found
      looking ??= setInterval(() => void look(), watchEveryMs).unref()
      if (pid !== null) onChange({ kind, name, pid })
    },
  }
}

/** What is told of a Worker's port that somebody else has. */
export function portInUse(port: number): LocalError {
  return new LocalError(`Port ${port} is in use: choose another with --port.`)
}

/** The workerd that this process has started to listen at a port: its command line names the address. */
async function workerdPidAt(port: number): Promise<number | null> {
  const children = await childrenOf(process.pid)
  const isIt = (command: string) => command.includes('workerd') && command.includes(`127.0.0.1:${port} `)
  return children.find(({ command }) => isIt(command))?.pid ?? null
}

/** The workerds that this process has started and that still run. */
export async function workerdPids(): Promise<number[]> {
  const children = await childrenOf(process.pid)
  return children.filter(({ command }) => command.includes('workerd')).map(({ pid }) => pid)
}

async function miniflareOptions({ dataDirectory, port, variables, entry }: WorkerProcessOptions) {
  const [options, assets] = await Promise.all([
    workerOptions({ variables, ...(entry === undefined ? {} : { entry }) }),
    dashboardAssets(),
  ])
  return { ...options, assets, ...sharedOptions(dataDirectory), port }
}

/** The dashboard's files, as wrangler.toml has them served. */
async function dashboardAssets() {
  await buildDashboard()
  const { directory, binding, html_handling, not_found_handling } = readWranglerConfig().assets
  return {
    directory: join(project, directory),
    binding,
    routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    assetConfig: { html_handling, not_found_handling },
  }
}

/** What Miniflare is told once, however many Workers it runs. */
export function sharedOptions(dataDirectory: string) {
  return {
    host: '127.0.0.1',
    // KV, Durable Objects and cache alike.
    resourcePersistencePath: join(dataDirectory, 'worker'),
    // Nothing is fetched to find out where this machine is.
    cf: false as const,
  }
}

/** What Miniflare is told of the Worker itself: its code, and its bindings as wrangler.toml has them. */
export async function workerOptions({ variables, entry }: Pick<WorkerProcessOptions, 'variables' | 'entry'>) {
  const config = readWranglerConfig()
  const sqliteClasses = new Set(config.migrations.flatMap((migration) => migration.new_sqlite_classes ?? []))
  return {
    modules: true,
    script: await bundleWorker(entry ?? join(project, 'worker/index.ts')),
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

function readWranglerConfig(): z.output<typeof wranglerSchema> {
  return wranglerSchema.parse(unstable_readConfig({ config: join(project, 'wrangler.toml') }))
}

/** One file for workerd, as wrangler would build it. */
export async function bundleWorker(entry: string): Promise<string> {
  const built = await build({
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
  })
  return built.outputFiles[0]?.text ?? ''
}
