import type { WorkspaceActivityQuery } from '../../shared/contract/activity.ts'
import type { Version } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { MoveParts } from '../../shared/tags/moves.ts'
import { parseMove } from '../../shared/tags/moves.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import { type LedgerActivity, readActivity } from './book-activity.ts'
import { packNote } from './book-notes.ts'
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
  Author,
  LedgerAdvance,
  LedgerChanges,
  LedgerEvent,
  LedgerOutcome,
  MovedTags,
} from './ledger-messages.ts'
import { takeOlderBook } from './older-book.ts'

export interface BookLimits {
  readonly eventIdsMax: number
  /** The rows of the log, which is a ring. */
  readonly logRowsMax: number
  /** The batches from one snapshot to the next. A ledger that wakes up reads at most this many rows. */
  readonly batchesPerSnapshot: number
}

/**
 * The id and the first version of a new ledger. `version` is greater than every version that an earlier ledger of the workspace
 * may have handed out, even if its storage was lost. So a view of the old ledger never satisfies a demand for a version of the
 * new one.
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

/** The author of a batch, and the instant at which it is written down. */
interface Told extends Author {
  readonly atMs: number
}

/** The greatest number in four bytes. A ledger that has handed out this many versions begins again under another id. */
const distanceMax = 0xffff_ffff

/**
 * The book of a ledger: for each tag the version that last moved it, and the last events that had an id. It answers from memory.
 * SQLite keeps the data from which the same state is restored after a restart.
 *
 * The platform bills rows. A write takes one row of the log. The log is a ring because a deletion is billed like a write. Every
 * thousandth write also replaces the one row of the snapshot. A ledger that wakes up reads the snapshot and the later rows of the
 * log. `since` reads no rows.
 *
 * The book is bounded: the number of tags is fixed, and the last `eventIdsMax` ids are remembered. Memory changes only after the
 * last statement of a transaction, so a version that was not written down is never answered.
 */
export class Book {
  private readonly storage: SqlStorage
  private readonly birth: () => Birth
  private readonly bounds: BookLimits
  /** Never modified, only replaced, because callers keep the distances that they got. */
  private head: Head
  /** The last events that had an id, by their ids, oldest first. */
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
   * Gives the next version to each new event, to all of them or to none. An event with the id of another event is a conflict and
   * does not affect the rest. `told` is written down with each event, for the activity feed.
   */
  advance(events: readonly LedgerEvent[], told: Told | null = null): LedgerAdvance {
    if (events.length > limits.invalidationEventsMax) throw new Error('book.ts: a batch is too large')
    if (this.head.version + events.length - this.head.birth > distanceMax) this.beginAbove(this.head.version)
    const fresh: WrittenEvent[] = []
    const newlySeen = new Map<string, RememberedEvent>()
    const outcomes = events.map((event): LedgerOutcome => {
      const identity = identityOf(event)
      const known =
        identity === null ? undefined : (newlySeen.get(identity.id) ?? this.events.get(identity.id))
      if (known !== undefined) return outcomeOf(known, identity?.content)
      const version = versionSchema.parse(this.head.version + fresh.length + 1)
      fresh.push({ moves: event.moves.map(partsOf), identity, note: noteOf(event, version, told) })
      if (identity !== null) newlySeen.set(identity.id, { ...identity, version })
      return { version }
    })
    if (fresh.length > 0) this.write(fresh, [...newlySeen.values()])
    return { version: this.head.version, outcomes }
  }

  /**
   * The tags that moved after `version`; all that ever moved if the version is of another ledger. If a reader knows a newer
   * version of this ledger than the ledger itself, the storage was restored to an earlier time and later events are lost. Then
   * the ledger begins again under another id, above that version. Otherwise no storage is read or written.
   */
  since(ledgerId: string | null, version: number): LedgerChanges {
    if (ledgerId === this.head.ledgerId && version > this.head.version) this.beginAbove(version + 1)
    const { birth, distances, ...head } = this.head
    const after = ledgerId === head.ledgerId ? Math.max(0, version - birth) : 0
    // Most callers know everything already, and the tags need not be looked through for them.
    const moved = after === head.version - birth ? nothingMoved : movedAfter(distances, after)
    return { ledgerId: head.ledgerId, birth, version: head.version, moved }
  }

  /** A page of what was written down, the newest first. Reads the log and nothing else. */
  activity(query: WorkspaceActivityQuery, nowMs: number): LedgerActivity {
    const { storage, bounds, head } = this
    return readActivity({ storage, sequence: head.sequence, logRowsMax: bounds.logRowsMax, nowMs }, query)
  }

  headNow(): { readonly ledgerId: string; readonly version: Version } {
    const { ledgerId, version } = this.head
    return { ledgerId, version }
  }

  /** Begins again under another id, above every version up to this one: the ledger may have handed it out before it went back. */
  beginAgain(version: Version): void {
    this.beginAbove(Math.max(version, this.head.version) + 1)
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

  /** Begins a ledger under a new id, at `version` or above, in which no tag has moved. */
  private begin(version: number, sequence: number, events: readonly RememberedEvent[]): Head {
    const { ledgerId, version: bornAt } = this.birth()
    const birth = versionSchema.parse(Math.max(bornAt, version))
    const head = { ledgerId, birth, version: birth, sequence, distances: noneMoved }
    writeSnapshot(this.storage, head, events)
    return head
  }

  /** Restores the state from storage. Begins a new ledger if there is none, or if it has an older form or is incomplete. */
  private open(): { head: Head; events: readonly RememberedEvent[] } {
    createTables(this.storage)
    const older = takeOlderBook(this.storage, this.bounds.eventIdsMax)
    const snapshot = readSnapshot(this.storage)
    const read = snapshot === null || older !== null ? null : this.replay(snapshot)
    if (read !== null) return read
    const events = older?.events ?? snapshot?.events ?? []
    const version = Math.max(older?.version ?? 0, snapshot?.head.version ?? 0)
    return { head: this.begin(version, lastSequence(this.storage), events), events }
  }

  /** The snapshot with the later rows of the log applied; null if one of them is missing. */
  private replay(snapshot: Snapshot): { head: Head; events: readonly RememberedEvent[] } | null {
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

/** The head after a batch, each of whose events takes a version. Modifies the distances of the given head. */
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

const nothingMoved: MovedTags = { tags: new Uint16Array(0), distances: new Uint32Array(0) }

/** The tags that moved after a distance, in the form that takes fewer bytes. */
function movedAfter(distances: Uint32Array, after: number): MovedTags {
  const tags: number[] = []
  for (let tag = 0; tag < distances.length; tag += 1) if ((distances[tag] ?? 0) > after) tags.push(tag)
  const pairBytes = Uint16Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT
  if (tags.length * pairBytes >= distances.byteLength) return { tags: null, distances }
  return { tags: Uint16Array.from(tags), distances: Uint32Array.from(tags, (tag) => distances[tag] ?? 0) }
}

function identityOf({ moves, eventId, digest }: LedgerEvent): WrittenEvent['identity'] {
  if (moves.length > limits.outboxTagsMax) throw new Error('book.ts: an event has too many moves')
  if (eventId === undefined) return null
  const content = digest ?? JSON.stringify([...new Set(moves)].sort())
  return { id: digestOf(eventId), content: digestOf(content) }
}

function noteOf({ detail }: LedgerEvent, version: Version, told: Told | null): WrittenEvent['note'] {
  return told === null ? [] : packNote({ ...told, version, detail: detail ?? null })
}

function partsOf(move: string): MoveParts {
  const parts = parseMove(move)
  if (parts === null) throw new Error('book.ts: an event has a malformed move')
  return parts
}

function outcomeOf(known: RememberedEvent, content: string | undefined): LedgerOutcome {
  const isSame = known.content === content
  return isSame ? { version: versionSchema.parse(known.version) } : { isIdOfAnother: true }
}
