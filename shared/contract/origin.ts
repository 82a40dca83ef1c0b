import { z } from 'zod'
import {
  boardIdSchema,
  campaignIdSchema,
  contactIdSchema,
  roleSchema,
  scopeIdSchema,
  segmentIdSchema,
  userIdSchema,
} from '../ids.ts'
import { storableText } from '../text.ts'
import { queueNameSchema } from './queue-names.ts'
import { queueFiguresSchema } from './queues.ts'

/**
 * The interface between the Worker and the origin. Every request has `Authorization: Bearer <INTERNAL_AUTH_KEY>`. A request in a
 * user's name also has the user's JWT in `X-Caller-Token`, so that row level security applies in the database. Without that token,
 * loads and settings are read in the name of the CRM's backend, as the service role. Errors are `ErrorBody` (contract/errors.ts), and
 * a 503 has `Retry-After`.
 *
 *   POST /load/{resource}                 LoadRequest  → the resource's `data` as JSON, or a 404 with the code of its absence;
 *                                                        in the backend's name only if its declaration allows services
 *   GET  /workspaces/{id}/membership?version=          → Membership
 *   GET  /workspaces/{id}/boards                       → BoardList
 *   GET  /workspaces/{id}/needs                        → WorkspaceNeeds
 *   GET  /workspaces/{id}/settings                     → CacheSettings
 *   POST /workspaces/{id}/settings        CacheSettingsChange → SavedSettings (role admin)
 *   GET  /deployment/workspaces?after=                 → ListedWorkspaces (contract/workspaces.ts)
 *   GET  /health                                       → OriginHealth (no key)
 *   GET  /metrics                                      → OriginMetrics
 *
 * contract/contacts.ts has the writes of contacts, by members through the Worker and by the CRM's backend at the origin itself.
 */
export const callerTokenHeader = 'X-Caller-Token'
export const requestIdHeader = 'X-Request-ID'
export const workspaceHeader = 'X-Workspace-ID'

/**
 * The header of a loaded body: the `version` of the resource's declaration at the origin. A Worker with another one answers with the body
 * and stores it nowhere, because the key of an entry promises the Worker's own. An origin of a release before this header sends none.
 */
export const resourceVersionHeader = 'X-Resource-Version'

/** A ledger and its version, as text. */
export const loadVersionSchema = storableText(0, 64)

/**
 * One load. `version` names the stamp that the Worker will give to the answer. The origin lets two loads share a query only if both
 * the key and the version agree, because a query that began under an older version may have read rows that a newer one invalidated.
 */
export const loadRequestSchema = z.strictObject({
  /** The workspace, or the deployment for a resource of its scope. */
  workspaceId: scopeIdSchema,
  /** The user that the entry belongs to, or null if the workspace shares it. With a user's token, it must be that user. */
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

/** The things of a workspace, besides its boards, that a warm-up begins with: the latest ones first. */
export const workspaceNeedsSchema = z.object({
  leads: z.array(contactIdSchema),
  campaigns: z.array(campaignIdSchema),
  segments: z.array(segmentIdSchema),
})
export type WorkspaceNeeds = z.output<typeof workspaceNeedsSchema>

/**
 * The state of the relay. `off`: it is not configured. `failing`: the Worker or the database does not answer it. Two states are
 * alarms: `lagging`, if the oldest row has waited too long, and `parked`, if a row was refused at every attempt.
 */
const outboxHealthSchema = z.object({
  status: z.enum(['off', 'running', 'failing', 'lagging', 'parked']),
})
export type OutboxHealth = z.output<typeof outboxHealthSchema>

/**
 * The state of the marks, which prove that entries are current (contract/marks.ts). Without them entries live for their lifetimes.
 * `off`: this process has no relay. `failing`: the Worker or the database does not answer. `refused`: the database is another one
 * than before, or has gone back; everything has to be moved first. `replica`, `subscriber`: this database is not the primary, or
 * gets its rows by logical replication. `forbidden`: it does not let its roles ask for what a mark needs.
 */
const marksHealthSchema = z.object({
  status: z.enum(['off', 'starting', 'running', 'failing', 'refused', 'replica', 'subscriber', 'forbidden']),
})
export type MarksHealth = z.output<typeof marksHealthSchema>

/**
 * The state of the queues. `off`: this deployment has none. `degraded`: jobs wait that no process runs, or that have no address to go to.
 * `unhealthy`: their database does not answer.
 */
const queuesHealthSchema = z.object({ status: z.enum(['off', 'healthy', 'degraded', 'unhealthy']) })

/** `degraded`: the origin serves requests, but readers may see writes late, or jobs wait. */
export const originHealthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  /** Seconds since this process started. */
  uptime: z.number().nonnegative(),
  environment: z.string(),
  /** Whether the queues answer, wherever they are kept; false without queues. */
  redis: z.object({ connected: z.boolean() }),
  queues: queuesHealthSchema,
  /** `isOlder`: it lacks SQL functions that this origin calls. An origin of the release before does not say so. */
  database: z.object({ available: z.boolean(), latencyMs: z.number(), isOlder: z.boolean().default(false) }),
  outbox: outboxHealthSchema,
  /** Absent from an origin of the release before. */
  marks: marksHealthSchema.default({ status: 'off' }),
})
export type OriginHealth = z.output<typeof originHealthSchema>

/** The `data` of POST /deployment/move-everything. */
export const everythingMovedSchema = z.object({ workspaces: z.int().nonnegative() })

const count = z.int().nonnegative()
const milliseconds = z.number().nonnegative()

/** The metrics of one process of the origin since its start. */
export const originMetricsSchema = z.object({
  /** Identifies the process. A new process has a new id, and its counts begin at 0. */
  instance: z.string().max(64),
  uptimeSeconds: z.number().nonnegative(),
  queries: z.record(
    z.string().regex(/^[a-z-]{1,40}$/),
    z.object({
      /** All queries, including failed ones and those that were refused because of overload. */
      count,
      failures: z.record(z.string().regex(/^[a-z_-]{1,40}$/), count),
      /** Requests that got the answer of another request's query instead of a query of their own. */
      followers: count,
      /** The duration of a query, including the wait for a place. */
      latencyMs: z.object({ p50: milliseconds, p95: milliseconds, p99: milliseconds, avg: milliseconds }),
    }),
  ),
  /** The number of values in rows that did not match their schema and were left out, by `<resource>.<field>`. */
  unfitValues: z.record(z.string().regex(/^[a-z-]{1,40}\.[A-Za-z_]{1,40}$/), count).default({}),
  /** The places for queries and for waiting ones: those in use, and all. */
  pool: z.object({ running: count, runningMax: count, waiting: count, waitingMax: count }),
  /** The same for each class of queries and for the turns of imports. The numbers describe no workspace and no user. */
  queues: z
    .record(
      z.string().regex(/^[a-z-]{1,40}$/),
      z.object({ running: count, runningMax: count, waiting: count, waitingMax: count, refused: count }),
    )
    .default({}),
  /** The work in the background, by queue: now, and over the last hour. Null if there are no queues, or they do not answer. */
  jobs: z.partialRecord(queueNameSchema, queueFiguresSchema).nullable().default(null),
  /** Null if no relay is configured. */
  outbox: z
    .object({
      status: outboxHealthSchema.shape.status,
      relayed: count,
      failures: z.record(z.string().regex(/^[a-z_-]{1,40}$/), count),
      /** The rows that wait, counted up to 100,000; null until they were counted for the first time. */
      waiting: z.object({ depth: count, oldestAgeMs: milliseconds, parked: count }).nullable(),
    })
    .nullable(),
})
export type OriginMetrics = z.output<typeof originMetricsSchema>
