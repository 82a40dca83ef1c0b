import type { Version } from '../../shared/ids.ts'
import type { Delivery, DeliveryFailure } from './delivery.ts'
import type { Outbox, OutboxRow } from './outbox.ts'

/** The outcome of a delivery: each row is in exactly one list. */
export interface Dispatched {
  readonly durable: readonly { readonly row: OutboxRow; readonly version: Version }[]
  /** The Worker answered and did not accept these. */
  readonly failed: readonly { readonly row: OutboxRow; readonly code: string }[]
  /** Rows that were not sent or not answered. They are not at fault. */
  readonly withheld: readonly OutboxRow[]
  /** The reason why rows were withheld, or null if none were. */
  readonly outage: Exclude<DeliveryFailure, 'rejected'> | null
}

/** After this many refused batches in one dispatch, refused batches are no longer halved: all their rows have failed. */
const rejectionsMax = 32

/**
 * Delivers rows. A batch that the Worker refuses is halved until the row at fault is alone, so that one bad row holds up no
 * other. A half has the moves that it needs while the rows of the other half wait. Never rejects.
 */
export async function dispatch(
  outbox: Pick<Outbox, 'read'>,
  delivery: Delivery,
  rows: readonly OutboxRow[],
): Promise<Dispatched> {
  const durable: { row: OutboxRow; version: Version }[] = []
  const failed: { row: OutboxRow; code: string }[] = []
  const pending: (readonly OutboxRow[])[] = rows.length === 0 ? [] : [rows]
  let rejections = 0
  for (let batch = pending.pop(); batch !== undefined; batch = pending.pop()) {
    const told = batch === rows ? rows : await reread(outbox, batch)
    if (told === null) return { durable, failed, withheld: [batch, ...pending].flat(), outage: 'unavailable' }
    const posted = await delivery.post(told.map(({ event }) => event))
    if (posted.ok) {
      for (const row of batch) {
        const version = posted.value.get(row.event.eventId)
        if (version === undefined) failed.push({ row, code: 'ledger_unavailable' })
        else durable.push({ row, version })
      }
      continue
    }
    if (posted.error !== 'rejected') {
      return { durable, failed, withheld: [batch, ...pending].flat(), outage: posted.error }
    }
    rejections += 1
    const halves = batch.length > 1 && rejections < rejectionsMax ? halved(batch) : []
    pending.push(...halves)
    if (halves.length === 0) failed.push(...batch.map((row) => ({ row, code: 'rejected' })))
  }
  return { durable, failed, withheld: [], outage: null }
}

/**
 * Rows with the moves that they need if they are told in a call of their own. A row that is gone was told by somebody else and stays
 * as it is. Null if the database does not answer.
 */
export async function reread(
  outbox: Pick<Outbox, 'read'>,
  rows: readonly OutboxRow[],
): Promise<readonly OutboxRow[] | null> {
  const read = await outbox.read(rows.map(({ key }) => key))
  if (!read.ok) return null
  const byEventId = new Map(read.value.rows.map((row) => [row.key.eventId, row]))
  return rows.map((row) => byEventId.get(row.key.eventId) ?? row)
}

/** The later half comes first, because the batch that is pushed last is sent first. */
function halved(batch: readonly OutboxRow[]): [readonly OutboxRow[], readonly OutboxRow[]] {
  const middle = Math.ceil(batch.length / 2)
  return [batch.slice(middle), batch.slice(0, middle)]
}
