import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Database, RpcArguments } from '../database/database.ts'
import { createQuery } from '../database/query.ts'
import type { Failure } from '../failures.ts'

/** Why the database takes no marks: it is a replica or a subscriber, or its roles may not ask for what a mark needs. */
const markRefusals = ['replica', 'subscriber', 'forbidden'] as const
export type MarkRefusal = (typeof markRefusals)[number]

const workspaces = z.array(z.string())
const refused = z.object({ said: z.literal('refused'), reason: z.enum(markRefusals) })

const snapshotSchema = z.object({
  /** The transactions that had ended (pg_snapshot). */
  snapshot: z.string(),
  database: z.string(),
  position: z.string(),
  /** Workspaces with rows that were there although the snapshot says that their transactions have not ended. */
  noted: workspaces,
})
export type Snapshot = z.output<typeof snapshotSchema>

/** A database that was marked, and the position of its WAL then. */
export type Marked = Pick<Snapshot, 'database' | 'position'>

const takenSchema = z.discriminatedUnion('said', [
  snapshotSchema.extend({ said: z.literal('taken') }),
  refused,
])
const untoldSchema = z.discriminatedUnion('said', [
  z.object({ said: z.literal('untold'), untold: workspaces }),
  z.object({ said: z.literal('another') }),
  refused,
])
const doneSchema = z.object({ outcome: z.literal('ok') })

/** The database of which marks are taken, called as the service role. Never rejects; every call settles within its deadline. */
export interface MarkSource {
  /** A snapshot of the database's transactions. */
  take(): Promise<Result<z.output<typeof takenSchema>, Failure>>
  /** The workspaces that still have rows of a snapshot; `another` if the database is not the snapshot's any more. */
  untold(of: Snapshot): Promise<Result<z.output<typeof untoldSchema>, Failure>>
  /** Adds a move of everything of every workspace to the outbox. */
  moveEverything(): Promise<Result<unknown, Failure>>
}

export function createMarkSource(database: Database, clock: Clock): MarkSource {
  const call = <Schema extends z.ZodType>(schema: Schema, functionName: string, args: RpcArguments) =>
    withinDeadline<Result<z.output<Schema>, Failure>>(
      clock,
      limits.outboxDeadlineMs,
      (signal) => createQuery(database, null, signal)(schema, functionName, args),
      err({ kind: 'timeout' }),
    )
  const bounded = { p_workspaces_max: limits.markExceptionsMax }

  return {
    take: () => call(takenSchema, 'mark_take', bounded),
    untold: ({ snapshot, database: identity, position }) =>
      call(untoldSchema, 'mark_untold', {
        ...bounded,
        p_snapshot: snapshot,
        p_database: identity,
        p_position: position,
      }),
    moveEverything: () => call(doneSchema, 'outbox_move_everything', {}),
  }
}
