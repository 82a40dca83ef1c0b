import { rm } from 'node:fs/promises'
import { fillDatabase } from './database-content.ts'
import type { LocalState } from './local-state.ts'
import { readLocalState, writeLocalState } from './local-state.ts'
import { createOriginPiece } from './origin-process.ts'
import type { LocalPostgres } from './postgres.ts'
import { createPostgresPiece } from './postgres.ts'
import type { Piece } from './processes.ts'
import { endLeftovers, forgetProcesses, rememberProcesses, takePort } from './processes.ts'
import type { LocalRedis } from './redis.ts'
import { createRedis } from './redis.ts'
import type { StackFile } from './stack-file.ts'
import { removeStackFile, writeStackFile } from './stack-file.ts'
import { createSupabasePiece } from './supabase.ts'
import { mintToken, type TokenOptions, users } from './tokens.ts'
import { createWorkerPiece } from './worker-process.ts'

export interface StackOptions {
  readonly dataDirectory: string
  /** The Worker's port; 0 takes a free one. */
  readonly port: number
  readonly contacts: number
  readonly seed: number
  readonly isFresh: boolean
  readonly hasRedis: boolean
  /** What is used instead of starting it. */
  readonly external: {
    readonly databaseUrl: string | null
    readonly redis: { readonly url: string; readonly token: string } | null
    readonly supabase: StackFile['supabase'] | null
  }
  readonly workerVariables?: Readonly<Record<string, string>>
  readonly workerEntry?: string
  readonly originEnvironment?: Readonly<Record<string, string>>
  onProgress(line: string): void
}

/** The whole product on one machine, and handles on its pieces; null where a piece is not there or not ours. */
export interface Stack {
  readonly file: StackFile
  readonly postgres: LocalPostgres | null
  readonly redis: LocalRedis | null
  readonly origin: Piece
  readonly worker: Piece
  tokenFor(options: Pick<TokenOptions, 'userId' | 'workspaces' | 'expiresInSeconds'>): Promise<string>
  stop(): Promise<void>
}

const tokenSeconds = 30 * 86_400

/** No JWKS: local tokens are HS256. The origins are where a front end in development usually is. */
const localVariables = { JWKS_URL: '', ALLOWED_ORIGINS: 'http://localhost:3000,http://localhost:5173' }

/** Starts what there is to start, in the order in which one needs the other; on a fault, ends what had been started. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDirectory } = options
  await endLeftovers(dataDirectory)
  if (options.isFresh) await rm(dataDirectory, { recursive: true, force: true })
  const state = await withPorts(await readLocalState(dataDirectory))
  await writeLocalState(dataDirectory, state)
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each()
    await removeStackFile(dataDirectory)
    await forgetProcesses(dataDirectory)
  }
  try {
    return await startPieces(options, state, stops, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function startPieces(
  options: StackOptions,
  state: LocalState,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const { dataDirectory, external } = options
  const run = createRun(options.onProgress, stops)
  const { postgres, databaseUrl, supabase } = await startSupabase(options, state, run)
  const redis = await startRedis(options, state, run)
  const redisAccess = external.redis ?? redis
  const origin = await run(
    'the origin',
    createOriginPiece({
      dataDirectory,
      port: state.ports.origin,
      supabaseUrl: supabase.url,
      publishableKey: supabase.publishableKey,
      internalAuthKey: state.internalAuthKey,
      environment: options.originEnvironment ?? {},
    }),
  )
  const issuer = `${supabase.url}/auth/v1`
  const worker = await run(
    'the Worker',
    createWorkerPiece({
      dataDirectory,
      port: await takeWorkerPort(options.port),
      variables: {
        ORIGIN_URL: origin.url,
        INTERNAL_AUTH_KEY: state.internalAuthKey,
        JWT_ISSUER: issuer,
        SUPABASE_JWT_SECRET: supabase.jwtSecret,
        UPSTASH_REDIS_REST_URL: redisAccess?.url ?? '',
        UPSTASH_REDIS_REST_TOKEN: redisAccess?.token ?? '',
        REDIS_ENABLED: String(options.hasRedis),
        ...localVariables,
        ...options.workerVariables,
      },
      ...(options.workerEntry === undefined ? {} : { entry: options.workerEntry }),
    }),
  )

  const tokenFor: Stack['tokenFor'] = (token) =>
    mintToken({ ...token, jwtSecret: supabase.jwtSecret, issuer })
  const file: StackFile = {
    worker: worker.url,
    origin: origin.url,
    supabase,
    redis: describeRedis(options, redis),
    postgres: databaseUrl,
    internalAuthKey: state.internalAuthKey,
    pids: {
      origin: origin.pid,
      postgres: postgres?.pid ?? null,
      redis: redis?.store.pid ?? null,
      worker: worker.pid,
    },
    tokens: await standardTokens(tokenFor),
  }
  await rememberProcesses(dataDirectory, [
    postgres?.pid ?? null,
    ...(redis?.pids ?? []),
    origin.pid,
    worker.pid,
  ])
  await writeStackFile(dataDirectory, file)
  return { file, postgres, redis, origin, worker, tokenFor, stop }
}

/** The database, what is in it, and Supabase's interface in front of it; or what the environment names instead. */
async function startSupabase(options: StackOptions, state: LocalState, run: Run) {
  const { dataDirectory, external } = options
  const { ports } = state
  const postgres = await startDatabase(options, ports.postgres, run)
  const databaseUrl = external.databaseUrl ?? postgres?.url ?? null
  if (databaseUrl !== null) await fillDatabase(databaseUrl, options)
  const supabase = external.supabase ?? ownSupabase(state)
  if (external.supabase === null && databaseUrl !== null) {
    const piece = createSupabasePiece({ dataDirectory, port: ports.supabase, databaseUrl, ...supabase })
    await run("Supabase's interface", piece)
  }
  return { postgres, databaseUrl, supabase }
}

function ownSupabase({ ports, publishableKey, secretKey, jwtSecret }: LocalState): StackFile['supabase'] {
  return { url: `http://127.0.0.1:${ports.supabase}`, publishableKey, secretKey, jwtSecret }
}

type Run = <Started extends { start(): Promise<void>; stop(): Promise<void> }>(
  line: string,
  piece: Started,
) => Promise<Started>

/** Starts a piece and notes how to end it. */
function createRun(onProgress: StackOptions['onProgress'], stops: (() => Promise<void>)[]): Run {
  return async (line, piece) => {
    onProgress(line)
    stops.push(() => piece.stop())
    await piece.start()
    return piece
  }
}

async function startDatabase(options: StackOptions, port: number, run: Run): Promise<LocalPostgres | null> {
  const { databaseUrl, supabase } = options.external
  if (databaseUrl !== null || supabase !== null) return null
  return run('Postgres', createPostgresPiece(options.dataDirectory, port))
}

async function startRedis(options: StackOptions, state: LocalState, run: Run): Promise<LocalRedis | null> {
  if (!options.hasRedis || options.external.redis !== null) return null
  const redis = createRedis({
    dataDirectory: options.dataDirectory,
    bridgePort: state.ports.bridge,
    redisPort: state.ports.redis,
    token: state.redisToken,
  })
  return run(`Redis (${redis.kind})`, redis)
}

function describeRedis({ external, hasRedis }: StackOptions, redis: LocalRedis | null): StackFile['redis'] {
  if (!hasRedis) return null
  if (external.redis !== null) return { ...external.redis, tcp: null, kind: 'external' }
  return redis === null ? null : { url: redis.url, token: redis.token, tcp: redis.tcp, kind: redis.kind }
}

async function standardTokens(tokenFor: Stack['tokenFor']): Promise<StackFile['tokens']> {
  const expiresInSeconds = tokenSeconds
  return {
    admin: await tokenFor({ userId: users.admin, workspaces: { '15213': 'admin' }, expiresInSeconds }),
    member: await tokenFor({ userId: users.member, workspaces: { '15213': 'member' }, expiresInSeconds }),
    stranger: await tokenFor({ userId: users.stranger, workspaces: {}, expiresInSeconds }),
    expired: await tokenFor({
      userId: users.admin,
      workspaces: { '15213': 'admin' },
      expiresInSeconds: -3_600,
    }),
  }
}

/** The port asked for is the one that is meant: somebody else's on it is an error, told by the Worker's start. */
async function takeWorkerPort(port: number): Promise<number> {
  return port === 0 ? takePort(0) : port
}

async function withPorts(state: LocalState): Promise<LocalState> {
  const { ports } = state
  return {
    ...state,
    ports: {
      postgres: await takePort(ports.postgres),
      supabase: await takePort(ports.supabase),
      redis: await takePort(ports.redis),
      bridge: await takePort(ports.bridge),
      origin: await takePort(ports.origin),
    },
  }
}
