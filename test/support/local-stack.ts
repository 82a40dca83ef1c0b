import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { z } from 'zod'
import { referenceContacts } from '../../origin/local/options.ts'
import type { OriginPiece } from '../../origin/local/origin-process.ts'
import type { Piece } from '../../origin/local/processes.ts'
import { startStack } from '../../origin/local/stack.ts'
import type { StackFile } from '../../origin/local/stack-file.ts'
import { users } from '../../origin/local/tokens.ts'
import type { WorkerPiece } from '../../origin/local/worker-process.ts'
import type { Role } from '../../shared/ids.ts'
import {
  type ApiClient,
  createApiClient,
  type Identity,
  type Invalidation,
  invalidate,
} from './api-client.ts'
import { placeDatabase } from './made-databases.ts'
import { makeDataDirectory } from './run-folder.ts'

export interface TestStackOptions {
  readonly contacts?: number
  /** The contacts of workspace 15214 if it is in use. By default it is small and still. */
  readonly livelyContacts?: number
  readonly hasRedis?: boolean
  /** Whether a debugger can attach to Worker and origin. */
  readonly hasInspectors?: boolean
  /** Whether memory and the edge cache are on. They would otherwise answer before the tiers behind them. */
  readonly hasNearTiers?: boolean
  /** Whether the Worker compares some of its cached answers with the database, as in production. Benchmarks switch it on. */
  readonly hasComparisons?: boolean
  readonly workerVariables?: Readonly<Record<string, string>>
  readonly workerEntry?: string
  /** Whether the dashboard begins with the page for those who have just signed in locally. */
  readonly hasFirstSteps?: boolean
  /** Variables that differ for the origin, such as `relayOff`. */
  readonly originEnvironment?: Readonly<Record<string, string>>
}

/** The local stack for tests and benchmarks, in a folder that is removed afterwards. */
export interface TestStack {
  readonly worker: string
  readonly origin: string
  /** Supabase's interface, which members may use without the origin, and the key of their applications. */
  readonly supabase: { readonly url: string; readonly publishableKey: string }
  /** Redis's HTTP address, or null if Redis is switched off. */
  readonly redis: string | null
  /** The address of redis-server itself; null if there is none. */
  readonly redisTcp: string | null
  readonly internalAuthKey: string
  readonly voiceWebhookSecret: string
  readonly emailWebhookSecret: string
  /** An address whose mail belongs to the reference workspace. */
  readonly emailAddress: string
  /** The board of the queues and its login. */
  readonly queues: NonNullable<StackFile['queues']>
  /** The password of every user of origin/local/sign-ins.ts. */
  readonly password: string
  /** The folder of the log files. */
  readonly logs: string
  /** The ports of the debuggers, or null without them. */
  readonly inspectors: { readonly worker: number; readonly origin: number } | null
  readonly tokens: { readonly admin: string; readonly member: string; readonly otherAdmin: string }
  /** The owner's address of the database, for processes that a test starts. */
  readonly databaseUrl: string
  /** The owner's connection, for changes by hand or by the CRM's backend. */
  readonly sql: postgres.Sql
  /** Another connection of the owner, which the caller must end. */
  connect(): postgres.Sql
  readonly pieces: {
    readonly postgres: Piece
    readonly supabase: Piece
    readonly redis: Piece | null
    readonly origin: OriginPiece
    readonly worker: WorkerPiece
  }
  /** The API for the reference workspace's admin, or for another identity. */
  api(as?: Partial<Identity>): ApiClient
  /** Reports a change, as the CRM's backend does. */
  invalidate(event: unknown): Promise<Invalidation>
  tokenOf(user: { userId: string; workspaces: Readonly<Record<string, Role>> | null }): Promise<string>
  /** How many queries of a kind the origin has made so far. */
  queriesOf(name: string): Promise<number>
  stop(): Promise<void>
}

/** An origin without a relay. Ledgers hear of a write only if the test reports it. */
export const relayOff = { WORKER_URL: '', SUPABASE_SECRET_KEY: '' }

/** Chance decides which answers are compared. Each comparison is a query, so a test that counts queries would fail now and then. */
const comparisonsOff = { CONSISTENCY_SAMPLE_RATE: '0' }

const nearTiersOff = { MEMORY_CACHE_BYTES: '0', EDGE_CACHE_ENABLED: 'false' }

function workerVariablesOf({
  hasComparisons,
  hasNearTiers,
  hasFirstSteps,
  workerVariables,
}: TestStackOptions) {
  return {
    LOCAL_STACK: String(hasFirstSteps === true),
    ...(hasComparisons === true ? {} : comparisonsOff),
    ...(hasNearTiers === false ? nearTiersOff : {}),
    ...workerVariables,
  }
}

/** Longer than any soak. */
const tokenSeconds = 86_400

const originMetricsSchema = z.object({ queries: z.record(z.string(), z.object({ count: z.number() })) })

export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const dataDirectory = await makeDataDirectory()
  const content = {
    contacts: options.contacts ?? referenceContacts,
    seed: 1,
    livelyContacts: options.livelyContacts ?? null,
  }
  await placeDatabase(dataDirectory, content)
  const stack = await startStack({
    dataDirectory,
    port: 0,
    ...content,
    isFresh: false,
    hasRedis: options.hasRedis ?? true,
    hasInspectors: options.hasInspectors ?? false,
    external: { databaseUrl: null, redis: null, supabase: null },
    workerVariables: workerVariablesOf(options),
    originEnvironment: options.originEnvironment ?? {},
    ...(options.workerEntry === undefined ? {} : { workerEntry: options.workerEntry }),
    onProgress: () => undefined,
  })
  const { file } = stack
  if (stack.postgres === null || stack.supabase === null || file.queues === null)
    throw new Error('the stack has no Postgres, no Supabase or no queues of its own')
  const { url } = stack.postgres
  const connect = () => postgres(url, { max: 2, onnotice: () => undefined })
  const sql = connect()
  const tokenOf: TestStack['tokenOf'] = (user) => stack.tokenFor({ ...user, expiresInSeconds: tokenSeconds })

  return {
    ...{ worker: file.worker, origin: file.origin },
    supabase: file.supabase,
    ...{ redis: file.redis?.url ?? null, redisTcp: file.redis?.tcp ?? null },
    internalAuthKey: file.internalAuthKey,
    voiceWebhookSecret: file.voiceWebhookSecret,
    ...{ emailWebhookSecret: file.emailWebhookSecret, emailAddress: file.emailAddress },
    ...{ password: file.signIns?.password ?? '', queues: file.queues },
    logs: join(dataDirectory, 'logs'),
    inspectors: file.inspectors,
    tokens: {
      admin: file.tokens.admin,
      member: file.tokens.member,
      otherAdmin: await tokenOf({ userId: users.otherAdmin, workspaces: { '15214': 'admin' } }),
    },
    databaseUrl: url,
    sql,
    connect,
    pieces: {
      postgres: stack.postgres,
      supabase: stack.supabase,
      redis: stack.redis?.store ?? null,
      origin: stack.origin,
      worker: stack.worker,
    },
    api: (as) => createApiClient(file.worker, { token: file.tokens.admin, workspaceId: '15213', ...as }),
    invalidate: (event) => invalidate(file.worker, file.internalAuthKey, event),
    tokenOf,
    async queriesOf(name) {
      const headers = { Authorization: `Bearer ${file.internalAuthKey}` }
      const answer = await fetch(`${file.origin}/metrics`, { headers, signal: AbortSignal.timeout(20_000) })
      return originMetricsSchema.parse(await answer.json()).queries[name]?.count ?? 0
    },
    async stop() {
      await sql.end({ timeout: 5 })
      await stack.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}
