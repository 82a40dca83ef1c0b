import { z } from 'zod'
import { boardIdSchema, roleSchema, userIdSchema, workspaceIdSchema } from '../ids.ts'
import { storableText } from '../storable-text.ts'

/**
 * What the Worker and the origin say to each other. Every request carries `Authorization: Bearer
 * <INTERNAL_AUTH_KEY>` and, in a user's name, the user's own JWT in `X-Caller-Token`, so that row level security
 * holds in the database. Loads and settings are read without it in the name of the CRM's backend, as the service role. Errors are `ErrorBody` (contract/errors.ts); a 503 carries `Retry-After`.
 *
 *   POST /load/{resource}                 LoadRequest  → the resource's `data` as JSON, or a 404 with the code of its absence;
 *                                                        in the backend's name only what its declaration opens to it
 *   GET  /workspaces/{id}/membership?version=          → Membership
 *   GET  /workspaces/{id}/boards                       → BoardList
 *   GET  /workspaces/{id}/settings                     → CacheSettings
 *   POST /workspaces/{id}/settings        CacheSettingsChange → SavedSettings (role admin)
 *   GET  /health                                       → OriginHealth (no key)
 *   GET  /metrics                                      → OriginMetrics
 *
 * Contacts are written as contract/contacts.ts has it: by members through the Worker, and by the CRM's backend at the origin itself.
 */
export const callerTokenHeader = 'X-Caller-Token'
export const requestIdHeader = 'X-Request-ID'
export const workspaceHeader = 'X-Workspace-ID'

/** Names a place in a workspace's ledger. */
export const loadVersionSchema = storableText(0, 64)

/**
 * One load. `version` names the view the Worker will stamp the answer with: the origin lets loads share a query
 * only when key *and* version agree, since a query begun under an older version may have read what a newer one
 * invalidated.
 */
export const loadRequestSchema = z.strictObject({
  workspaceId: workspaceIdSchema,
  /** The user whose entry this is, or null where the workspace shares it. */
  userId: userIdSchema.nullable(),
  version: loadVersionSchema,
  params: z.unknown(),
})
export type LoadRequest = z.output<typeof loadRequestSchema>

export const membershipSchema = z.object({ role: roleSchema.nullable() })
export type Membership = z.output<typeof membershipSchema>

export const boardListSchema = z.object({
  boards: z.array(z.object({ id: boardIdSchema, name: z.string() })),
})
export type BoardList = z.output<typeof boardListSchema>

/**
 * The relay: `off` where it is not set up; `failing` while the Worker or the database does not answer it. `lagging` (the
 * oldest row waits too long) and `parked` (a row was refused time and again) are alarms.
 */
const outboxHealthSchema = z.object({
  status: z.enum(['off', 'running', 'failing', 'lagging', 'parked']),
})
export type OutboxHealth = z.output<typeof outboxHealthSchema>

/** `degraded`: it serves, and what is written may be seen late. */
export const originHealthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  database: z.object({ available: z.boolean(), latencyMs: z.number() }),
  outbox: outboxHealthSchema,
})
export type OriginHealth = z.output<typeof originHealthSchema>

const count = z.int().nonnegative()
const milliseconds = z.number().nonnegative()

/** The figures of one process of the origin since its start. */
export const originMetricsSchema = z.object({
  /** Names the process: another one counts from nothing. */
  instance: z.string().max(64),
  uptimeSeconds: z.number().nonnegative(),
  queries: z.record(
    z.string().regex(/^[a-z-]{1,40}$/),
    z.object({
      /** Queries that were begun, failed ones and such as were refused for overload included. */
      count,
      failures: z.record(z.string().regex(/^[a-z_-]{1,40}$/), count),
      /** Requests that were given another request's answer instead of a query of their own. */
      followers: count,
      /** From asking to answer, waiting included. */
      latencyMs: z.object({ p50: milliseconds, p95: milliseconds, p99: milliseconds, avg: milliseconds }),
    }),
  ),
  /** Values of rows that did not fit their schema and were left out, by `<resource>.<field>`. */
  unfitValues: z.record(z.string().regex(/^[a-z-]{1,40}\.[A-Za-z_]{1,40}$/), count).default({}),
  /** Places for queries: taken now, and how many there are. */
  pool: z.object({ running: count, runningMax: count, waiting: count, waitingMax: count }),
  /** The same by class of queries, and the turns of imports: numbers alone, of no workspace and no user. */
  queues: z
    .record(
      z.string().regex(/^[a-z-]{1,40}$/),
      z.object({ running: count, runningMax: count, waiting: count, waitingMax: count, refused: count }),
    )
    .default({}),
  /** Null where no relay is set up. */
  outbox: z
    .object({
      status: outboxHealthSchema.shape.status,
      relayed: count,
      failures: z.record(z.string().regex(/^[a-z_-]{1,40}$/), count),
      /** Rows that wait, counted to 100,000; null before it could be asked for the first time. */
      waiting: z.object({ depth: count, oldestAgeMs: milliseconds, parked: count }).nullable(),
    })
    .nullable(),
})
export type OriginMetrics = z.output<typeof originMetricsSchema>
