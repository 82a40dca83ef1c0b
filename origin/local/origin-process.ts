import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PieceChange } from './piece-changes.ts'
import { takePort } from './ports.ts'
import { answersHttp, createProcessPiece, logPathFor, type Piece } from './processes.ts'

export interface OriginProcessOptions {
  readonly dataDirectory: string
  readonly port: number
  /** The port where a debugger can attach; null for none. */
  readonly inspectorPort: number | null
  readonly supabaseUrl: string
  readonly publishableKey: string
  readonly secretKey: string
  /** The Worker's future address. The relay tries it until the Worker is there. */
  readonly workerUrl: string
  readonly internalAuthKey: string
  /** Where the jobs are, and the login of their board; null if the database is not reached directly. */
  readonly queues: { readonly databaseUrl: string; readonly board: BoardLogin } | null
  /** The issuer and key of users' tokens, which the Worker gets too. */
  readonly tokens: Readonly<Record<'JWT_ISSUER' | 'SUPABASE_JWT_SECRET', string>>
  readonly environment: Readonly<Record<string, string>>
  /** The folder of the release whose origin runs; by default this one. */
  readonly project?: string
  onChange(change: PieceChange): void
}

export interface BoardLogin {
  readonly username: string
  readonly password: string
}

/** The workspace whose admins operate the local deployment, for the Worker and the origin. */
export const operatorsWorkspaceId = '15213'

/** On a developer's machine one user sends everything, and tests and benchmarks do too: no rate limits. */
export const unlimited = { RATE_LIMIT_USER_MAX: '0', RATE_LIMIT_WORKSPACE_MAX: '0' }

export interface OriginPiece extends Piece {
  readonly url: string
  /**
   * Runs the origin's files as they are now. They are tried first, beside the running process and on a port of their own; if they
   * do not start, this throws a LocalError with the output and the running process stays.
   */
  replace(): Promise<void>
  /** The same origin by the files of another release, which are in `project`. It is not started, and has the same port. */
  ofRelease(project: string): OriginPiece
}

const name = 'origin'
const trialWithinMs = 20_000

/** The origin as it runs in production: `node origin/index.ts`. */
export function createOriginPiece(options: OriginProcessOptions): OriginPiece {
  const { onChange, inspectorPort } = options
  const piece = createProcessPiece({
    ...commandOf(options, options.port),
    name,
    args: [
      ...(inspectorPort === null ? [] : [`--inspect=127.0.0.1:${inspectorPort}`]),
      ...programArguments(options.project),
    ],
    onChange,
  })
  return Object.assign(piece, {
    url: `http://127.0.0.1:${options.port}`,
    async replace() {
      await tryOut(options)
      await piece.stop()
      await piece.start()
      if (piece.pid !== null) onChange({ kind: 'replaced', name, pid: piece.pid })
    },
    ofRelease: (project: string) => createOriginPiece({ ...options, project }),
  })
}

/**
 * Starts the origin's files once and ends them again. Without the relay and without running jobs: two processes would share them for a
 * moment.
 */
async function tryOut(options: OriginProcessOptions): Promise<void> {
  const command = { ...commandOf(options, await takePort(0)), name: 'changed-origin' }
  // The error quotes the end of the log, which must not be that of an earlier trial.
  await rm(logPathFor(command), { force: true })
  const trial = createProcessPiece({
    ...command,
    environment: { ...command.environment, WORKER_URL: '', SUPABASE_SECRET_KEY: '', QUEUE_WORKERS: 'false' },
    readyWithinMs: trialWithinMs,
    onChange: () => undefined,
  })
  try {
    await trial.start()
  } finally {
    await trial.kill()
  }
}

/** Node keeps what it made of the files here, so that the second of two starts of the same files takes half the time. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/boardcache-origin', import.meta.url))

const ownProject = fileURLToPath(new URL('../../', import.meta.url))

const programArguments = (project = ownProject) => [
  '--import',
  new URL('end-with-starter.ts', import.meta.url).href,
  join(project, 'origin/index.ts'),
]

function commandOf(options: OriginProcessOptions, port: number) {
  return {
    command: process.execPath,
    args: programArguments(options.project),
    environment: {
      HOST: '127.0.0.1',
      PORT: String(port),
      NODE_COMPILE_CACHE: compileCache,
      SUPABASE_URL: options.supabaseUrl,
      SUPABASE_PUBLISHABLE_KEY: options.publishableKey,
      INTERNAL_AUTH_KEY: options.internalAuthKey,
      SUPABASE_SECRET_KEY: options.secretKey,
      WORKER_URL: options.workerUrl,
      // Receivers under development run on this machine.
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
      FILES_FOLDER: join(options.dataDirectory, 'files'),
      FILES_URL: `http://127.0.0.1:${options.port}`,
      ENVIRONMENT: 'local',
      OPERATORS_WORKSPACE_ID: operatorsWorkspaceId,
      ...queueVariables(options.queues),
      ...options.tokens,
      ...unlimited,
      ...options.environment,
    },
    dataDirectory: options.dataDirectory,
    hearsStarter: true,
    isReady: () => answersHttp(`http://127.0.0.1:${port}/health`),
  }
}

/** A start that is ended by hand is not worth waiting half a minute for: what runs is handed back. */
const drainSeconds = 3

function queueVariables(queues: OriginProcessOptions['queues']): Record<string, string> {
  if (queues === null) return { QUEUE_DATABASE_URL: '' }
  return {
    QUEUE_DATABASE_URL: queues.databaseUrl,
    QUEUE_WORKERS: 'true',
    QUEUE_DRAIN_SECONDS: String(drainSeconds),
    BULL_BOARD_USERNAME: queues.board.username,
    BULL_BOARD_PASSWORD: queues.board.password,
  }
}
