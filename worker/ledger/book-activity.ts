import type { ActivityPosition, WorkspaceActivityQuery } from '../../shared/contract/activity.ts'
import { limits } from '../../shared/limits.ts'
import { type Move, moveOfParts } from '../../shared/tags/moves.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import { type Note, unpackNote } from './book-notes.ts'
import { decodeBatch } from './book-rows.ts'
import { readLog } from './book-storage.ts'

/** An event of the log, as its row has it. `note` is null for a row of a release that wrote none. */
interface LoggedEvent {
  readonly position: ActivityPosition
  readonly note: Note | null
  readonly moves: readonly Move[]
  /** The number of moves that are left out. */
  readonly movesMore: number
}

export interface LedgerActivity {
  /** The newest first. */
  readonly events: readonly LoggedEvent[]
  /** The last position that was looked at, if there may be older events behind it. */
  readonly next: ActivityPosition | null
  readonly newest: ActivityPosition | null
}

interface Log {
  readonly storage: SqlStorage
  /** The last batch that was written down. */
  readonly sequence: number
  readonly logRowsMax: number
  readonly nowMs: number
}

const rowsPerRead = 100

/**
 * Reads a page of the log, from its newest event backwards. It reads at most `activityRowsScannedMax` rows, so a page of a rare kind may be
 * short although older events follow.
 */
export function readActivity(log: Log, query: WorkspaceActivityQuery): LedgerActivity {
  const newest = newestOf(log)
  // A ledger that lost its storage counts from the beginning. Everything in it is then newer than what the caller has.
  const after = query.after !== undefined && query.after.sequence <= log.sequence ? query.after : null
  const events: LoggedEvent[] = []
  let last: ActivityPosition | null = null
  for (const { position, written, rows } of eventsBackwards(log, query.before ?? null)) {
    const isFull = rows > limits.activityRowsScannedMax || events.length === query.limit
    if (isFull) return { events, next: last, newest }
    if (after !== null && !isBefore(after, position)) break
    const note = unpackNote(written.note)
    if (note !== null && log.nowMs - note.atMs > limits.activityAgeMaxMs) break
    last = position
    if (!isWanted(note, query)) continue
    const moves = written.moves.slice(0, limits.activityTagsMax).map(moveOfParts)
    events.push({ position, note, moves, movesMore: written.moves.length - moves.length })
  }
  return { events, next: null, newest }
}

/** The events of the log before a position, the newest first, each with the number of rows that were read for it and those before it. */
function* eventsBackwards(log: Log, before: ActivityPosition | null) {
  let rows = 0
  for (const row of rowsBackwards(log, Math.min(before?.sequence ?? log.sequence, log.sequence))) {
    rows += 1
    for (const [index, written] of [...decodeBatch(row.batch).entries()].reverse()) {
      const position = { sequence: row.sequence, index }
      if (before === null || isBefore(position, before)) yield { position, written, rows }
    }
  }
}

/** Reads the log backwards in parts, down to its oldest row. */
function* rowsBackwards({ storage, sequence, logRowsMax }: Log, from: number) {
  const oldest = Math.max(0, sequence - logRowsMax)
  for (let end = from; end > oldest; ) {
    const after = Math.max(oldest, end - rowsPerRead)
    const rows = readLog(storage, after, end - after, logRowsMax)
    yield* rows.filter((row) => row.sequence <= end).reverse()
    end = after
  }
}

function newestOf({ storage, sequence, logRowsMax }: Log): ActivityPosition | null {
  const [row] = sequence === 0 ? [] : readLog(storage, sequence - 1, 1, logRowsMax)
  return row === undefined ? null : { sequence, index: decodeBatch(row.batch).length - 1 }
}

function isBefore(one: ActivityPosition, other: ActivityPosition): boolean {
  return one.sequence < other.sequence || (one.sequence === other.sequence && one.index < other.index)
}

function isWanted(note: Note | null, query: WorkspaceActivityQuery): boolean {
  // An event without a note is older than all that have one.
  if (query.until !== undefined && note !== null && note.atMs > query.until) return false
  const cause = note?.cause ?? null
  if (query.kind !== undefined && (cause === 'settings') !== (query.kind === 'settings')) return false
  return query.cause === undefined || query.cause === cause
}
