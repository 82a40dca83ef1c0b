import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OutboxEvent } from '../../shared/contract/invalidation.ts'
import { scopeIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { familyMove, outboxMoveSchema } from '../../shared/tags/moves.ts'
import type { Database, RpcArguments } from '../database/database.ts'
import { createQuery } from '../database/query.ts'
import type { Failure } from '../failures.ts'
import type { Marked } from './mark-source.ts'

/**
 * Identifies a row. After a restore from a backup the database gives out the same ids again; the event id tells the row
 * that was claimed from a later one.
 */
export interface OutboxKey {
  readonly id: number
  /** A UUID that the database generated. */
  readonly eventId: string
}

/** A row of the outbox: an event for the Worker, and the number of deliveries that have failed. */
export interface OutboxRow {
  readonly key: OutboxKey
  readonly event: OutboxEvent
  readonly attempts: number
  /** Whether the row may need fewer moves than these, which `Outbox.read` knows once the row is committed. */
  readonly isWide?: true
}

interface Claim {
  readonly rows: readonly OutboxRow[]
  /** Rows of workspaces whose ids the API does not accept. Nothing of these is ever cached, so nothing must be delivered. */
  readonly undeliverable: readonly OutboxKey[]
}

interface OutboxFailure {
  readonly key: OutboxKey
  readonly code: string
  readonly delayMs: number
}

/** The outcome of a look: `rows` if a row was due or became due, `none` if none did in time, `busy` if another relay looks already. */
export type Look = 'rows' | 'none' | 'busy'

export interface OutboxState {
  /** Rows that wait; the count stops at 100,000. */
  readonly depth: number
  readonly oldestAgeMs: number
  readonly parked: number
}

/**
 * The outbox in the database. A row that is told while other rows of its workspace wait has more moves than one that is told
 * alone, and so has one of a database that may have been restored since the last mark. So rows that are claimed or read together are
 * told in one call, and rows that are told in another one are read again. The database is called as the service role. Never
 * rejects; every call settles within its deadline.
 */
export interface Outbox {
  /** Waits in the database until a row is due, for `limits.outboxWaitMs` at most, and claims nothing. */
  look(): Promise<Result<Look, Failure>>
  /** Claims due rows for the length of the lease, except those that another relay has claimed. */
  claim(rowsMax: number): Promise<Result<Claim, Failure>>
  /** The rows with these keys as they must be told in one call. Those that were told and removed are left out. */
  read(keys: readonly OutboxKey[]): Promise<Result<Claim, Failure>>
  /** Removes delivered rows. */
  acknowledge(keys: readonly OutboxKey[]): Promise<Result<unknown, Failure>>
  /** Gives rows back without counting an attempt. */
  release(keys: readonly OutboxKey[]): Promise<Result<unknown, Failure>>
  /** Counts a failed attempt of each row, and parks rows that have had too many. */
  fail(failures: readonly OutboxFailure[]): Promise<Result<unknown, Failure>>
  state(): Promise<Result<OutboxState, Failure>>
}

const rowSchema = z.object({
  id: z.int(),
  eventId: z.string(),
  workspaceId: z.string(),
  tags: z.array(z.string()).min(1),
  attempts: z.int(),
  isWide: z.boolean().optional(),
})
/** Rows as the SQL functions return them. */
export const outboxRowsSchema = z.array(rowSchema)

const lookSchema = z.object({ said: z.enum(['rows', 'none', 'busy']) })
const claimSchema = z.object({ rows: outboxRowsSchema })
const stateSchema = z.object({ depth: z.int(), oldestAgeMs: z.int(), parked: z.int() })
const doneSchema = z.object({ outcome: z.literal('ok') })

/** `marked` answers the database of the last mark, or null if none is known. */
export function createOutbox(database: Database, clock: Clock, marked: () => Marked | null): Outbox {
  const call = <Schema extends z.ZodType>(
    schema: Schema,
    functionName: string,
    args: RpcArguments,
    deadlineMs: number = limits.outboxDeadlineMs,
  ) =>
    withinDeadline<Result<z.output<Schema>, Failure>>(
      clock,
      deadlineMs,
      (signal) => createQuery(database, null, signal)(schema, functionName, args),
      err({ kind: 'timeout' }),
    )

  return {
    async look() {
      const args = { p_wait_ms: limits.outboxWaitMs }
      const looked = await call(lookSchema, 'outbox_wait', args, limits.outboxWaitDeadlineMs)
      return looked.ok ? ok(looked.value.said) : looked
    },
    async claim(rowsMax) {
      const claimed = await call(claimSchema, 'outbox_claim', {
        p_rows_max: rowsMax,
        p_lease_ms: limits.outboxLeaseMs,
        ...markedArguments(marked()),
      })
      return claimed.ok ? ok(parseOutboxRows(claimed.value.rows)) : claimed
    },
    async read(keys) {
      const read = await call(claimSchema, 'outbox_read', { p_ids: keys, ...markedArguments(marked()) })
      return read.ok ? ok(parseOutboxRows(read.value.rows)) : read
    },
    acknowledge: (keys) => call(doneSchema, 'outbox_acknowledge', { p_ids: keys }),
    release: (keys) => call(doneSchema, 'outbox_release', { p_ids: keys, p_delay_ms: 0 }),
    fail: (failures) =>
      call(doneSchema, 'outbox_fail', {
        p_failures: failures.map(({ key, ...failure }) => ({ ...key, ...failure })),
        p_attempts_max: limits.outboxAttemptsMax,
      }),
    state: () => call(stateSchema, 'outbox_state', {}),
  }
}

function markedArguments(marked: Marked | null): RpcArguments {
  return marked === null ? {} : { p_database: marked.database, p_position: marked.position }
}

/**
 * Turns rows into events of the contract. If a row holds tags that are not known moves (from a newer database, or from
 * before there were moves), its event names the whole workspace, which is wider than needed and never too narrow.
 */
export function parseOutboxRows(rows: z.output<typeof outboxRowsSchema>): Claim {
  const deliverable: OutboxRow[] = []
  const undeliverable: OutboxKey[] = []
  for (const { id, eventId, workspaceId, tags, attempts, isWide } of rows) {
    const key = { id, eventId }
    const workspace = scopeIdSchema.safeParse(workspaceId)
    if (!workspace.success) {
      undeliverable.push(key)
      continue
    }
    const moves = z.array(outboxMoveSchema).max(limits.outboxTagsMax).safeParse(tags)
    const event = {
      eventId: `outbox:${eventId}`,
      workspaceId: workspace.data,
      tags: moves.success ? [...new Set(moves.data)] : [familyMove('workspace')],
    }
    deliverable.push({ key, event, attempts, ...(isWide === true ? { isWide } : {}) })
  }
  return { rows: deliverable, undeliverable }
}
