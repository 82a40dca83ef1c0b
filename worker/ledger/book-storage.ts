import { z } from 'zod'
import type { Version } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { RememberedEvent } from './book-rows.ts'
import { decodeRemembered, encodeRemembered } from './book-rows.ts'

/** The state of a ledger without the events that it remembers. */
export interface Head {
  readonly ledgerId: string
  /** The version that the ledger began with. */
  readonly birth: Version
  readonly version: Version
  /** The number of batches that were written down, under all ids that the ledger has had. */
  readonly sequence: number
  /** For each tag, the version that last moved it, as its distance from `birth`; 0 if none did. */
  readonly distances: Uint32Array<ArrayBuffer>
}

export interface Snapshot {
  readonly head: Head
  /** Oldest first. */
  readonly events: readonly RememberedEvent[]
}

const tables = [
  `create table if not exists snapshot (only integer primary key check (only = 1), ledger_id text not null,
    birth integer not null, version integer not null, sequence integer not null, distances blob not null,
    events text not null)`,
  `create table if not exists log (slot integer primary key, sequence integer not null, batch blob not null)`,
]

const snapshotRow = z.object({
  ledger_id: z.string(),
  birth: versionSchema,
  version: versionSchema,
  sequence: z.int().nonnegative(),
  distances: z.instanceof(ArrayBuffer),
  events: z.string(),
})

export function createTables({ sql }: SqlStorage): void {
  for (const table of tables) sql.exec(table)
}

export function readSnapshot({ sql }: SqlStorage): Snapshot | null {
  const [row] = [...sql.exec('select * from snapshot')]
  if (row === undefined) return null
  const { ledger_id: ledgerId, distances, events, ...numbers } = snapshotRow.parse(row)
  const head = { ...numbers, ledgerId, distances: distancesOf(distances) }
  return { head, events: decodeRemembered(events) }
}

export function writeSnapshot(
  { sql }: SqlStorage,
  { ledgerId, birth, version, sequence, distances }: Head,
  events: readonly RememberedEvent[],
): void {
  const statement = `insert or replace into snapshot (only, ledger_id, birth, version, sequence, distances, events)
    values (1, ?, ?, ?, ?, ?, ?)`
  sql.exec(statement, ledgerId, birth, version, sequence, distances.buffer, encodeRemembered(events))
}

/** Writes a batch over the one that was written to the same slot a round of the ring earlier. */
export function writeBatch(
  { sql }: SqlStorage,
  sequence: number,
  logRowsMax: number,
  batch: ArrayBuffer,
): void {
  const statement = 'insert or replace into log (slot, sequence, batch) values (?, ?, ?)'
  sql.exec(statement, sequence % logRowsMax, sequence, batch)
}

interface LogRow {
  readonly sequence: number
  readonly batch: ArrayBuffer
}

/** Reads the rows that follow a batch, in their order, `rowsMax` at most. They may cross the end of the ring. */
export function readLog(
  { sql }: SqlStorage,
  afterSequence: number,
  rowsMax: number,
  logRowsMax: number,
): LogRow[] {
  const first = (afterSequence + 1) % logRowsMax
  const end = first + rowsMax
  const select = 'select sequence, batch from log where slot >= ? and slot < ? and sequence > ? order by slot'
  const rows = [...sql.exec(select, first, Math.min(end, logRowsMax), afterSequence)]
  if (end > logRowsMax) rows.push(...sql.exec(select, 0, end - logRowsMax, afterSequence))
  return rows.map(logRowOf)
}

/** Checked by hand, since there may be a thousand rows. */
function logRowOf({ sequence, batch }: Record<string, unknown>): LogRow {
  if (typeof sequence === 'number' && batch instanceof ArrayBuffer) return { sequence, batch }
  throw new Error('book-storage.ts: a row of the log is of another form')
}

/** The last batch that was written down, under any id; 0 if none was. Reads the whole log. */
export function lastSequence({ sql }: SqlStorage): number {
  const [row] = [...sql.exec('select max(sequence) as sequence from log')]
  return z.object({ sequence: z.int().nullable() }).parse(row).sequence ?? 0
}

/** The distances of all tags that this release of the Worker knows. The release that wrote them may have known fewer or more. */
function distancesOf(bytes: ArrayBuffer): Uint32Array<ArrayBuffer> {
  const distances = new Uint32Array(limits.ledgerTagsMax)
  distances.set(new Uint32Array(bytes).subarray(0, limits.ledgerTagsMax))
  return distances
}
