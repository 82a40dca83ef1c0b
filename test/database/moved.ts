import type postgres from 'postgres'
import { moveSchema, orderMove, parseMove, placeMove } from '../../shared/tags/moves.ts'
import type { SlotName } from '../../shared/tags/places.ts'
import { slots } from '../../shared/tags/places.ts'

/** The rows that a write left in the outbox, by workspace, each with its moves sorted. */
export type Outbox = readonly (readonly [workspaceId: string, moves: readonly string[]])[]

/** Thrown to roll a transaction back. */
class Undone extends Error {}

/** The rows that a write leaves in the outbox. The write is rolled back, so that every test starts from the same data. */
export async function outboxOf(
  sql: postgres.Sql,
  write: (sql: postgres.TransactionSql) => Promise<unknown>,
): Promise<Outbox> {
  let outbox: Outbox = []
  const work = sql.begin(async (transaction) => {
    await transaction`delete from private.outbox`
    await write(transaction)
    outbox = await outboxIn(transaction)
    throw new Undone()
  })
  await work.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error
  })
  return outbox
}

/** The rows of the outbox. Fails if a text of them is not a move. */
export async function outboxIn(sql: postgres.ISql): Promise<Outbox> {
  const rows = await sql<{ workspaceId: string; tags: string[] }[]>`
    select workspace_id as "workspaceId", tags from private.outbox order by id`
  return rows.map(({ workspaceId, tags }) => [
    workspaceId,
    tags.map((tag) => moveSchema.parse(tag)).toSorted(),
  ])
}

/** The slots of a place that these moves move: of the column, or without one of the board. */
export function slotsMoved(moves: readonly string[], boardId: string, columnId: string | null): SlotName[] {
  return slotsAt(moves, placeMove(boardId, columnId, 1))
}

/** The same of the order of a place's lists. */
export function ordersMoved(moves: readonly string[], boardId: string, columnId: string | null): SlotName[] {
  return slotsAt(moves, orderMove(boardId, columnId, 1))
}

function slotsAt(moves: readonly string[], first: string): SlotName[] {
  const at = parseMove(first)?.offset
  const masks = moves.map((move) => parseMove(move)).filter((parts) => parts?.offset === at)
  return slots.filter((_, slot) => masks.some((parts) => ((parts?.mask ?? 0) >> slot) & 1))
}
