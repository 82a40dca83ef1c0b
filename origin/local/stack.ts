import { type DataFolder, takeDataFolder } from './data-folder.ts'
import { fillDatabase } from './database-content.ts'
import { describeQueues, queuesOf } from './local-queues.ts'
import type { LocalState } from './local-state.ts'
import { readLocalState, writeLocalState } from './local-state.ts'
import { localAddresses } from './mail-addresses.ts'
import { createOriginPiece, type OriginPiece, operatorsWorkspaceId, unlimited } from './origin-process.ts'
import { type PieceChange, sentenceOf } from './piece-changes.ts'
import { isPortBlocked, isPortFree, takeInspectorPorts, takePort } from './ports.ts'
import type { LocalPostgres } from './postgres.ts'
import { createPostgresPiece } from './postgres.ts'
import type { Piece } from './processes.ts'
import type { LocalRedis } from './redis.ts'
import { createRedis } from './redis.ts'
import { signIns } from './sign-ins.ts'
import type { StackFile } from './stack-file.ts'
import { createStackRecord, type StackRecord } from './stack-file.ts'
import { createSupabasePiece } from './supabase.ts'
import { mintToken, standardTokens, type TokenOptions } from './tokens.ts'
import { createWorkerPiece, portBlocked, portInUse, type WorkerPiece } from './worker-process.ts'

export interface StackOptions {
  readonly dataDirectory: string
  /** The Worker's port; 0 takes a free one. */
  readonly port: number
  readonly contacts: number
  readonly seed: number
  /** The contacts of workspace 15214 if it is in use; null by default, which leaves it small and still. */
  readonly livelyContacts?: number | null
  readonly isFresh: boolean
  readonly hasRedis: boolean
  /** Whether a debugger can attach to Worker and origin. */
  readonly hasInspectors?: boolean
  /** Services to use instead of starting own ones. */
  readonly external: {
    readonly databaseUrl: string | null
    readonly redis: { readonly url: string; readonly token: string } | null
    readonly supabase: StackFile['supabase'] | null
  }
  readonly workerVariables?: Readonly<Record<string, string>>
  readonly workerEntry?: string
  readonly originEnvironment?: Readonly<Record<string, string>>
  /** When it aborts, the start is given up and everything that was started is ended. */
  readonly signal?: AbortSignal
  onProgress(line: string): void
  /** Receives a sentence when a piece ends by itself or comes back. By default the console prints it. */
  onNotice?(line: string): void
}

/** The whole product on one machine, with its pieces; null for a piece that is switched off or not started here. */
export interface Stack {
  /** The content of stack.json at this moment. */
  readonly file: StackFile
  readonly postgres: LocalPostgres | null
  /** Supabase's interface in front of Postgres. */
  readonly supabase: Piece | null
  readonly redis: LocalRedis | null
  readonly origin: OriginPiece
  readonly worker: WorkerPiece
  tokenFor(options: Pick<TokenOptions, 'userId' | 'workspaces' | 'expiresInSeconds'>): Promise<string>
  stop(): Promise<void>
}

/** Local tokens are HS256, so there is no JWKS. The origins are those of the usual development servers. */
const localVariables = {
  JWKS_URL: '',
  ALLOWED_ORIGINS: 'http://localhost:3000,http://localhost:5173',
  OPERATORS_WORKSPACE_ID: operatorsWorkspaceId,
  LOCAL_STACK: 'true',
  ...unlimited,
}

/** Starts the pieces, each after those that it needs. If one fails, those that were started are ended. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDirectory, port } = options
  const folder = await takeDataFolder(dataDirectory)
  const record = createStackRecord(dataDirectory)
  // Scripts must not read the addresses of the last start until this one is ready.
  await record.remove()
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    await record.remove()
    // A piece that cannot be ended must not keep the others running.
    const ended: PromiseSettledResult<void>[] = []
    for (const each of stops.splice(0).reverse()) ended.push(...(await Promise.allSettled([each()])))
    await folder.release()
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }
  try {
    // Before data is loaded, or removed for --fresh.
    if (port !== 0) {
      if (!(await isPortFree(port))) throw portInUse(port)
      if (await isPortBlocked(port)) throw portBlocked(port)
    }
    if (options.isFresh) await folder.empty()
    const state = await withPorts(await readLocalState(dataDirectory), port)
    await writeLocalState(dataDirectory, state)
    const run = createRun(options, folder, stops)
    const watched = { ...options, onChange: watchOf(options, folder, record) }
    return await startPieces(watched, state, run, stop, record)
  } catch (error) {
    await stop()
    throw error
  }
}

interface Watched extends StackOptions {
  /** Receives each start and end of a piece. */
  onChange(change: PieceChange): void
}

/** Reports what happened to a piece by itself, and keeps stack.json and the notes for the next start up to date. */
function watchOf(
  { onNotice = console.error }: StackOptions,
  folder: DataFolder,
  record: StackRecord,
): Watched['onChange'] {
  return (change) => {
    const sentence = sentenceOf(change)
    if (sentence !== null) onNotice(sentence)
    record.refresh()
    if (change.kind !== 'returned' && change.kind !== 'replaced') return
    folder.remember([change.pid]).catch((error: Error) => onNotice(error.message))
  }
}

async function startPieces(
  options: Watched,
  state: LocalState,
  run: Run,
  stop: Stack['stop'],
  record: StackRecord,
): Promise<Stack> {
  const { postgres, databaseUrl, supabase, supabasePiece } = await startSupabase(options, state, run)
  const redis = await startRedis(options, state, run)
  const workerPort = await takeWorkerPort(options.port)
  const tokens = tokenVariablesOf(supabase)
  const inspectors = options.hasInspectors === true ? await takeInspectorPorts() : null
  const origin = await startOrigin(options, state, run, {
    inspectorPort: inspectors?.origin ?? null,
    workerPort,
    supabase,
    queues: queuesOf(databaseUrl, state),
    tokens,
  })
  const worker = await startWorker(options, state, run, {
    port: workerPort,
    inspectorPort: inspectors?.worker ?? null,
    origin,
    supabase,
    tokens,
    redisAccess: options.external.redis ?? redis,
  })
  const tokenFor: Stack['tokenFor'] = (token) =>
    mintToken({ ...token, jwtSecret: supabase.jwtSecret, issuer: tokens.JWT_ISSUER })
  const minted = await standardTokens(tokenFor)
  const describe = (): StackFile => ({
    worker: worker.url,
    origin: origin.url,
    supabase,
    redis: describeRedis(options, redis),
    postgres: databaseUrl,
    internalAuthKey: state.internalAuthKey,
    voiceWebhookSecret: state.voiceWebhookSecret,
    emailWebhookSecret: state.emailWebhookSecret,
    emailAddress: localAddresses['15213'],
    queues: describeQueues(origin.url, databaseUrl, state),
    pids: {
      origin: origin.pid,
      postgres: postgres?.pid ?? null,
      redis: redis?.store.pid ?? null,
      redisBridge: redis?.bridge.pid ?? null,
      supabase: supabasePiece?.pid ?? null,
      worker: worker.pid,
    },
    signIns:
      supabasePiece === null ? null : { emails: signIns.map(({ email }) => email), password: state.password },
    tokens: minted,
    inspectors,
  })
  await record.publish(describe)
  return {
    get file() {
      return describe()
    },
    postgres,
    supabase: supabasePiece,
    redis,
    origin,
    worker,
    tokenFor,
    stop,
  }
}

interface OriginNeeds {
  readonly inspectorPort: number | null
  readonly workerPort: number
  readonly supabase: StackFile['supabase']
  readonly queues: ReturnType<typeof queuesOf>
  readonly tokens: ReturnType<typeof tokenVariablesOf>
}

function startOrigin(
  options: Watched,
  state: LocalState,
  run: Run,
  { inspectorPort, workerPort, supabase, queues, tokens }: OriginNeeds,
) {
  return run(
    'the origin',
    createOriginPiece({
      dataDirectory: options.dataDirectory,
      port: state.ports.origin,
      inspectorPort,
      supabaseUrl: supabase.url,
      publishableKey: supabase.publishableKey,
      secretKey: supabase.secretKey,
      workerUrl: `http://127.0.0.1:${workerPort}`,
      internalAuthKey: state.internalAuthKey,
      queues,
      tokens,
      environment: options.originEnvironment ?? {},
      onChange: options.onChange,
    }),
  )
}

interface WorkerNeeds {
  readonly port: number
  readonly inspectorPort: number | null
  readonly origin: { readonly url: string }
  readonly supabase: StackFile['supabase']
  readonly tokens: ReturnType<typeof tokenVariablesOf>
  readonly redisAccess: { readonly url: string; readonly token: string } | null
}

function startWorker(
  options: Watched,
  state: LocalState,
  run: Run,
  { port, inspectorPort, origin, supabase, tokens, redisAccess }: WorkerNeeds,
) {
  return run(
    'the Worker',
    createWorkerPiece({
      dataDirectory: options.dataDirectory,
      port,
      inspectorPort,
      variables: {
        ORIGIN_URL: origin.url,
        INTERNAL_AUTH_KEY: state.internalAuthKey,
        VOICE_WEBHOOK_SECRET: state.voiceWebhookSecret,
        EMAIL_WEBHOOK_SECRET: state.emailWebhookSecret,
        ...tokens,
        SUPABASE_URL: supabase.url,
        SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
        UPSTASH_REDIS_REST_URL: redisAccess?.url ?? '',
        UPSTASH_REDIS_REST_TOKEN: redisAccess?.token ?? '',
        REDIS_ENABLED: String(options.hasRedis),
        ...localVariables,
        ...options.workerVariables,
      },
      ...(options.workerEntry === undefined ? {} : { entry: options.workerEntry }),
      onChange: options.onChange,
    }),
  )
}

/** Worker and origin accept the tokens of one issuer. */
function tokenVariablesOf({ url, jwtSecret }: StackFile['supabase']) {
  return { JWT_ISSUER: `${url}/auth/v1`, SUPABASE_JWT_SECRET: jwtSecret }
}

/** The database with its content and Supabase's interface in front of it, or the ones that the environment names. */
async function startSupabase(options: Watched, state: LocalState, run: Run) {
  const { dataDirectory, external } = options
  const { ports } = state
  const postgres = await startDatabase(options, ports.postgres, run)
  const databaseUrl = external.databaseUrl ?? postgres?.url ?? null
  if (databaseUrl !== null) await fillDatabase(databaseUrl, contentOptions(options))
  const supabase = external.supabase ?? ownSupabase(state)
  if (external.supabase !== null || databaseUrl === null) {
    return { postgres, databaseUrl, supabase, supabasePiece: null }
  }
  const piece = createSupabasePiece({
    dataDirectory,
    port: ports.supabase,
    databaseUrl,
    password: state.password,
    onChange: options.onChange,
    ...supabase,
  })
  return { postgres, databaseUrl, supabase, supabasePiece: await run("Supabase's interface", piece) }
}

function ownSupabase({ ports, publishableKey, secretKey, jwtSecret }: LocalState): StackFile['supabase'] {
  return { url: `http://127.0.0.1:${ports.supabase}`, publishableKey, secretKey, jwtSecret }
}

type Startable = Pick<Piece, 'start' | 'stop'> & (Pick<Piece, 'pid'> | Pick<LocalRedis, 'pids'>)
type Run = <Started extends Startable>(line: string, piece: Started) => Promise<Started>

/** Starts a piece and notes how to end it, also for a next start that finds it left behind. */
function createRun(
  { onProgress, signal }: StackOptions,
  folder: DataFolder,
  stops: (() => Promise<void>)[],
): Run {
  return async (line, piece) => {
    signal?.throwIfAborted()
    onProgress(line)
    stops.push(() => piece.stop())
    try {
      await piece.start()
    } finally {
      await folder.remember('pids' in piece ? piece.pids : [piece.pid])
    }
    signal?.throwIfAborted()
    return piece
  }
}

/** Loading data takes the longest, so a start that is given up is noticed between two chunks of it. */
function contentOptions({
  contacts,
  seed,
  livelyContacts = null,
  external,
  signal,
  onProgress,
}: StackOptions) {
  return {
    contacts,
    seed,
    livelyContacts,
    isExternal: external.databaseUrl !== null,
    onProgress(line: string) {
      signal?.throwIfAborted()
      onProgress(line)
    },
  }
}

async function startDatabase(options: Watched, port: number, run: Run): Promise<LocalPostgres | null> {
  const { databaseUrl, supabase } = options.external
  if (databaseUrl !== null || supabase !== null) return null
  return run('Postgres', createPostgresPiece(options.dataDirectory, port, undefined, options.onChange))
}

async function startRedis(options: Watched, state: LocalState, run: Run): Promise<LocalRedis | null> {
  if (!options.hasRedis || options.external.redis !== null) return null
  const redis = createRedis({
    dataDirectory: options.dataDirectory,
    bridgePort: state.ports.bridge,
    redisPort: state.ports.redis,
    token: state.redisToken,
    onChange: options.onChange,
  })
  return run(`Redis (${redis.kind})`, redis)
}

function describeRedis({ external, hasRedis }: StackOptions, redis: LocalRedis | null): StackFile['redis'] {
  if (!hasRedis) return null
  if (external.redis !== null) return { ...external.redis, tcp: null, kind: 'external' }
  return redis === null ? null : { url: redis.url, token: redis.token, tcp: redis.tcp, kind: redis.kind }
}

/** A port that the user chose is never replaced by another: if it is in use, the start fails. */
async function takeWorkerPort(port: number): Promise<number> {
  return port === 0 ? takePort(0) : port
}

/** The ports of the last start if they are free. The first start takes those next to the Worker's. */
async function withPorts(state: LocalState, workerPort: number): Promise<LocalState> {
  const { ports } = state
  const near = (last: number, distance: number) =>
    takePort(last === 0 && workerPort !== 0 ? workerPort + distance : last)
  return {
    ...state,
    ports: {
      origin: await near(ports.origin, 1),
      supabase: await near(ports.supabase, 2),
      bridge: await near(ports.bridge, 3),
      redis: await near(ports.redis, 4),
      postgres: await near(ports.postgres, 5),
    },
  }
}
