import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OutboxEvent } from '../../shared/contract/invalidation.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { familyMove, outboxMoveSchema } from '../../shared/tags/moves.ts'
import { createAsk } from '../database/ask.ts'
import type { Database, RpcArguments } from '../database/client.ts'
import type { Failure } from '../failures.ts'

/** A row of the outbox: an event for the Worker, and how often its delivery has failed. */
export interface OutboxRow {
  readonly id: number
  readonly event: OutboxEvent
  readonly attempts: number
}

export interface Claim {
  readonly rows: readonly OutboxRow[]
  /** Rows of a workspace whose id the API does not take: nothing is ever cached of it, and there is no one to tell. */
  readonly undeliverableIds: readonly number[]
}

export interface OutboxFailure {
  readonly id: number
  readonly code: string
  readonly delayMs: number
}

export interface OutboxState {
  /** Rows that wait, counted to 100,000. */
  readonly depth: number
  readonly oldestAgeMs: number
  readonly parked: number
}

/** The outbox in the database, as the service role. Never rejects; every call settles within its deadline. */
export interface Outbox {
  /** Takes rows that are due, for as long as the lease; what another relay holds is not among them. */
  claim(rowsMax: number): Promise<Result<Claim, Failure>>
  acknowledge(ids: readonly number[]): Promise<Result<unknown, Failure>>
  /** Gives rows back without counting an attempt. */
  release(ids: readonly number[]): Promise<Result<unknown, Failure>>
  /** Counts an attempt of each row and parks those that have had too many. */
  fail(failures: readonly OutboxFailure[]): Promise<Result<unknown, Failure>>
  state(): Promise<Result<OutboxState, Failure>>
}

const rowSchema = z.object({
  id: z.int(),
  eventId: z.string(),
  workspaceId: z.string(),
  tags: z.array(z.string()).min(1),
  attempts: z.int(),
})
/** Rows as the SQL functions answer them. */
export const outboxRowsSchema = z.array(rowSchema)

const claimSchema = z.object({ rows: outboxRowsSchema })
const stateSchema = z.object({ depth: z.int(), oldestAgeMs: z.int(), parked: z.int() })
const doneSchema = z.object({ outcome: z.literal('ok') })

export function createOutbox(database: Database, clock: Clock): Outbox {
  const call = <Schema extends z.ZodType>(schema: Schema, functionName: string, args: RpcArguments) =>
    withinDeadline<Result<z.output<Schema>, Failure>>(
      clock,
      limits.outboxDeadlineMs,
      (signal) => createAsk(database, null, signal)(schema, functionName, args),
      err({ kind: 'timeout' }),
    )

  return {
    async claim(rowsMax) {
      const claimed = await call(claimSchema, 'outbox_claim', {
        p_rows_max: rowsMax,
        p_lease_ms: limits.outboxLeaseMs,
      })
      return claimed.ok ? ok(parseOutboxRows(claimed.value.rows)) : claimed
    },
    acknowledge: (ids) => call(doneSchema, 'outbox_acknowledge', { p_ids: ids }),
    release: (ids) => call(doneSchema, 'outbox_release', { p_ids: ids, p_delay_ms: 0 }),
    fail: (failures) =>
      call(doneSchema, 'outbox_fail', {
        p_failures: failures,
        p_attempts_max: limits.outboxAttemptsMax,
      }),
    state: () => call(stateSchema, 'outbox_state', {}),
  }
}

/**
 * Rows in the contract's terms. The database takes ids that the API does not (letters beyond ASCII): a tag with one is
 * told as the whole workspace, which is wider and never too narrow.
 */
export function parseOutboxRows(rows: z.output<typeof outboxRowsSchema>): Claim {
  const deliverable: OutboxRow[] = []
  const undeliverableIds: number[] = []
  for (const { id, eventId, workspaceId, tags, attempts } of rows) {
    const workspace = workspaceIdSchema.safeParse(workspaceId)
    if (!workspace.success) {
      undeliverableIds.push(id)
      continue
    }
    const parsed = z.array(outboxMoveSchema).max(limits.outboxTagsMax).safeParse(tags)
    const event = {
      eventId: `outbox:${eventId}`,
      workspaceId: workspace.data,
      tags: parsed.success ? parsed.data : [familyMove('workspace')],
    }
    deliverable.push({ id, event, attempts })
  }
  return { rows: deliverable, undeliverableIds }
}
