import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { MoveParts } from '../../shared/tags/moves.ts'
import { parseMove } from '../../shared/tags/moves.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { RememberedEvent, WrittenEvent } from './book-rows.ts'
import { decodeBatch, digestOf, encodeBatch } from './book-rows.ts'
import type { Head, Snapshot } from './book-storage.ts'
import {
  createTables,
  lastSequence,
  readLog,
  readSnapshot,
  writeBatch,
  writeSnapshot,
} from './book-storage.ts'
import type {
  LedgerAdvance,
  LedgerChanges,
  LedgerEvent,
  LedgerOutcome,
  MovedTags,
} from './ledger-messages.ts'
import { takeOlderBook } from './older-book.ts'

export interface BookLimits {
  readonly eventIdsMax: number
  /** Rows of the log, which is a ring. */
  readonly logRowsMax: number
  /** Batches from one snapshot to the next: so many rows at most are read on waking up. */
  readonly batchesPerSnapshot: number
}

/**
 * How a ledger begins. `version` is above all that an earlier ledger of the same workspace may have handed out, also where its
 * storage was lost: a caller who asks for a version of the new one must not be answered from a view of the old one.
 */
export interface Birth {
  readonly ledgerId: string
  readonly version: number
}

const bookLimits: BookLimits = {
  eventIdsMax: limits.ledgerEventIdsMax,
  logRowsMax: limits.ledgerLogRowsMax,
  batchesPerSnapshot: limits.ledgerBatchesPerSnapshot,
}

/** What four bytes hold. A ledger that has handed out so many versions begins again under another id. */
const distanceMax = 0xffff_ffff

/**
 * What a ledger writes down: for each tag the version that last moved it, and the events that came with an id. It answers from
 * memory; SQLite holds what is needed to know the same after a restart.
 *
 * The platform bills rows. A write is one row of a log that is a ring, so that nothing is ever deleted (a deletion is billed like
 * a write), and every thousandth write also replaces the one row of the snapshot. Waking up reads the snapshot and the rows
 * after it. Asking for changes reads none.
 *
 * Bounded: the tags are so many by construction, and the last `eventIdsMax` ids are remembered. Memory changes only after the
 * last statement of a transaction, so that what was not written down is never answered.
 */
export class Book {
  private readonly storage: SqlStorage
  private readonly birth: () => Birth
  private readonly bounds: BookLimits
  /** Replaced as a whole: who was given its distances may keep them. */
  private head: Head
  /** The last events that had an id, oldest first. */
  private readonly events: Map<string, RememberedEvent>

  constructor(storage: SqlStorage, birth: () => Birth, bounds: BookLimits = bookLimits) {
    this.storage = storage
    this.birth = birth
    this.bounds = bounds
    const { head, events } = storage.transactionSync(() => this.open())
    this.head = head
    this.events = new Map(events.map((event) => [event.id, event]))
  }

  /**
   * Takes the next version for each event not seen before, all or none. An event that has the id of another one is answered as
   * a conflict, and holds up none of the rest.
   */
  advance(events: readonly LedgerEvent[]): LedgerAdvance {
    if (events.length > limits.invalidationEventsMax) throw new Error('book.ts: a batch is too large')
    if (this.head.version + events.length - this.head.birth > distanceMax) this.beginAbove(this.head.version)
    const fresh: WrittenEvent[] = []
    const newlySeen = new Map<string, RememberedEvent>()
    const outcomes = events.map((event): LedgerOutcome => {
      const written = writtenOf(event)
      const { identity } = written
      const known =
        identity === null ? undefined : (newlySeen.get(identity.id) ?? this.events.get(identity.id))
      if (known !== undefined) return outcomeOf(known, identity?.content)
      fresh.push(written)
      const version = versionSchema.parse(this.head.version + fresh.length)
      if (identity !== null) newlySeen.set(identity.id, { ...identity, version })
      return { version }
    })
    if (fresh.length > 0) this.write(fresh, [...newlySeen.values()])
    return { version: this.head.version, outcomes }
  }

  /**
   * What moved after `version`; of another ledger's version, everything. A reader who knows a newer version of this ledger than
   * the ledger itself shows that its storage was put back to an earlier time. What happened since then is lost, so the ledger
   * begins again under another id, above that version. Otherwise this reads and writes no storage.
   */
  since(ledgerId: string | null, version: number): LedgerChanges {
    if (ledgerId === this.head.ledgerId && version > this.head.version) this.beginAbove(version + 1)
    const { birth, distances, ...head } = this.head
    const after = ledgerId === head.ledgerId ? Math.max(0, version - birth) : 0
    return { ledgerId: head.ledgerId, birth, version: head.version, moved: movedAfter(distances, after) }
  }

  private write(fresh: readonly WrittenEvent[], newlySeen: readonly RememberedEvent[]): void {
    const { eventIdsMax, logRowsMax, batchesPerSnapshot } = this.bounds
    const distances = this.head.distances.slice()
    const after = headAfter({ ...this.head, distances }, fresh)
    this.storage.transactionSync(() => {
      writeBatch(this.storage, after.sequence, logRowsMax, encodeBatch(fresh))
      if (after.sequence % batchesPerSnapshot !== 0) return
      writeSnapshot(this.storage, after, [...this.events.values(), ...newlySeen].slice(-eventIdsMax))
    })
    this.head = after
    for (const event of newlySeen) this.events.set(event.id, event)
    for (const id of this.events.keys()) {
      if (this.events.size <= eventIdsMax) break
      this.events.delete(id)
    }
  }

  private beginAbove(version: number): void {
    const { sequence } = this.head
    const remembered = [...this.events.values()]
    this.head = this.storage.transactionSync(() => this.begin(version, sequence, remembered))
  }

  /** A ledger of a new id, at a version no less than `version`, in which nothing has moved. */
  private begin(version: number, sequence: number, events: readonly RememberedEvent[]): Head {
    const { ledgerId, version: bornAt } = this.birth()
    const birth = versionSchema.parse(Math.max(bornAt, version))
    const head = { ledgerId, birth, version: birth, sequence, distances: noneMoved }
    writeSnapshot(this.storage, head, events)
    return head
  }

  /** What was written down, or a new ledger where nothing was, or where it is of an older form or not whole. */
  private open(): { head: Head; events: readonly RememberedEvent[] } {
    createTables(this.storage)
    const older = takeOlderBook(this.storage, this.bounds.eventIdsMax)
    const snapshot = readSnapshot(this.storage)
    const read = snapshot === null || older !== null ? null : this.readOn(snapshot)
    if (read !== null) return read
    const events = older?.events ?? snapshot?.events ?? []
    const version = Math.max(older?.version ?? 0, snapshot?.head.version ?? 0)
    return { head: this.begin(version, lastSequence(this.storage), events), events }
  }

  /** The snapshot with the later rows of the log; null where one of these is missing. */
  private readOn(snapshot: Snapshot): { head: Head; events: readonly RememberedEvent[] } | null {
    const { eventIdsMax, logRowsMax, batchesPerSnapshot } = this.bounds
    let { head } = snapshot
    const events = [...snapshot.events]
    for (const row of readLog(this.storage, head.sequence, batchesPerSnapshot, logRowsMax)) {
      if (row.sequence !== head.sequence + 1) return null
      const batch = decodeBatch(row.batch)
      for (const [index, { identity }] of batch.entries())
        if (identity !== null) events.push({ ...identity, version: head.version + index + 1 })
      head = headAfter(head, batch)
    }
    return { head, events: events.slice(-eventIdsMax) }
  }
}

const noneMoved = new Uint32Array(limits.ledgerTagsMax)

/** The head with a batch in it, each of whose events takes a version. Moves the tags in the given head's own distances. */
function headAfter(head: Head, batch: readonly WrittenEvent[]): Head {
  const { birth, distances } = head
  for (const [index, { moves }] of batch.entries()) {
    const distance = head.version - birth + index + 1
    for (const { offset, mask } of moves)
      for (let bit = 0; mask >> bit > 0; bit += 1) if ((mask >> bit) & 1) distances[offset + bit] = distance
  }
  const version = versionSchema.parse(head.version + batch.length)
  return { ...head, version, sequence: head.sequence + 1 }
}

/** The tags that moved after a distance, in whichever form takes fewer bytes. */
function movedAfter(distances: Uint32Array, after: number): MovedTags {
  const tags: number[] = []
  for (let tag = 0; tag < distances.length; tag += 1) if ((distances[tag] ?? 0) > after) tags.push(tag)
  const pairBytes = Uint16Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT
  if (tags.length * pairBytes >= distances.byteLength) return { tags: null, distances }
  return { tags: Uint16Array.from(tags), distances: Uint32Array.from(tags, (tag) => distances[tag] ?? 0) }
}

function writtenOf({ moves, eventId, digest }: LedgerEvent): WrittenEvent {
  if (moves.length > limits.outboxTagsMax) throw new Error('book.ts: an event has too many moves')
  const content = digest ?? JSON.stringify([...new Set(moves)].sort())
  return {
    moves: moves.map(partsOf),
    identity: eventId === undefined ? null : { id: digestOf(eventId), content: digestOf(content) },
  }
}

function partsOf(move: string): MoveParts {
  const parts = parseMove(move)
  if (parts === null) throw new Error('book.ts: an event has a move that is none')
  return parts
}

function outcomeOf(known: RememberedEvent, content: string | undefined): LedgerOutcome {
  const isSame = known.content === content
  return isSame ? { version: versionSchema.parse(known.version) } : { isIdOfAnother: true }
}
