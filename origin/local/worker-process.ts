import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_readConfig } from 'wrangler'
import { z } from 'zod'
import { buildDashboard } from './dashboard-build.ts'
import { LocalError } from './local-error.ts'
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

/** How often it is looked whether workerd still runs: Miniflare does not tell. */
const watchEveryMs = 1_000

/** The Worker in real workerd. Bindings, variables and compatibility date are wrangler.toml's. */
export function createWorkerPiece(options: WorkerProcessOptions): Piece & { readonly url: string } {
  let miniflare: Miniflare | null = null
  let pid: number | null = null
  let log: WriteStream | null = null
  let watch: NodeJS.Timeout | undefined

  async function leave(): Promise<void> {
    clearInterval(watch)
    pid = null
    const leaving = miniflare
    miniflare = null
    await leaving?.dispose()
    log?.end()
    log = null
  }

  async function reportEnd(): Promise<void> {
    if (pid === null || (await commandOf(pid)) !== null || pid === null) return
    pid = null
    console.error('The Worker (workerd) ended by itself; the rest goes on. Start anew to have it back.')
  }

  return {
    url: `http://127.0.0.1:${options.port}`,
    get pid() {
      return pid
    },
    async start() {
      await leave()
      log = createWriteStream(logPathFor({ dataDirectory: options.dataDirectory, name: 'worker' }), {
        flags: 'a',
      })
      if (!(await isPortFree(options.port))) throw portInUse(options.port)
      const before = await workerdPids()
      miniflare = new Miniflare(
        convertV4MiniflareOptions({
          ...(await miniflareOptions(options)),
          handleStructuredLogs: ({ message }) => void log?.write(`${message}\n`),
        }),
      )
      await miniflare.ready
      pid = (await workerdPids()).find((each) => !before.includes(each)) ?? null
      watch = setInterval(() => void reportEnd(), watchEveryMs).unref()
    },
    stop: leave,
    async kill() {
      if (pid !== null) signalIfThere(pid, 'SIGKILL')
      await leave()
    },
    pause: () => void (pid !== null && process.kill(pid, 'SIGSTOP')),
    resume: () => void (pid !== null && process.kill(pid, 'SIGCONT')),
  }
}

/** What is told of a Worker's port that somebody else has. */
export function portInUse(port: number): LocalError {
  return new LocalError(`Port ${port} is in use: choose another with --port.`)
}

/** The workerds that this process has started and that still run. */
export async function workerdPids(): Promise<number[]> {
  const children = await childrenOf(process.pid)
  return children.filter(({ command }) => command.includes('workerd')).map(({ pid }) => pid)
}

async function miniflareOptions({ dataDirectory, port, ...worker }: WorkerProcessOptions) {
  const [options, assets] = await Promise.all([workerOptions(worker), dashboardAssets()])
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
