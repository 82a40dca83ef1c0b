import type { WorkspaceId } from '../../shared/ids.ts'
import type { LedgerAdvance, LedgerEvent } from '../../worker/ledger/contract.ts'

/** A promise that was not kept. */
export class BrokenPromise extends Error {}

/** A version that a ledger handed out, and which of the workspace's ledgers that was. */
export interface KnownVersion {
  readonly version: number
  readonly era: number
}

/** A transaction's events, in the ledger. */
export interface Written extends KnownVersion {
  readonly atMs: number
}

/** When the ledgers wrote what down, and that they never take anything back. */
export interface Records {
  /** A transaction was committed; its events are yet to be reported. */
  committed(workspaceId: WorkspaceId, commit: number, eventIds: readonly string[]): void
  /** A ledger began (of no events), or wrote events down. */
  written(
    workspaceId: WorkspaceId,
    ledgerId: string,
    events: readonly LedgerEvent[],
    advance: LedgerAdvance,
  ): void
  /** The backend was told that events are durable, and under which version. Answers whose that is. */
  acknowledged(workspaceId: WorkspaceId, eventIds: readonly string[], version: number): KnownVersion
  /** A transaction in the ledger; undefined where it is not there yet. */
  find(workspaceId: WorkspaceId, commit: number): Written | undefined
  /** Which of the workspace's ledgers, counted from the first, an id is of; -1 where it is of none. */
  eraOf(workspaceId: WorkspaceId, ledgerId: string): number
  /** Which of the workspace's ledgers speaks now. */
  era(workspaceId: WorkspaceId): number
}

/** What is known of one workspace. */
interface Books {
  /** The ledgers it has had, in order; versions of one mean nothing to another. */
  readonly ledgerIds: string[]
  /** The newest version of the last ledger. */
  version: number
  /** The versions each event was given: more than one where the ledger had forgotten it. */
  readonly versionsOfEvent: Map<string, KnownVersion[]>
  readonly commitOfEvent: Map<string, number>
  readonly eventsOfCommit: Map<number, readonly string[]>
  readonly written: Map<number, Written>
}

export function createRecords(nowMs: () => number): Records {
  const workspaces = new Map<WorkspaceId, Books>()
  const booksOf = (workspaceId: WorkspaceId): Books => {
    const books = workspaces.get(workspaceId) ?? emptyBooks()
    workspaces.set(workspaceId, books)
    return books
  }

  return {
    find: (workspaceId, commit) => booksOf(workspaceId).written.get(commit),
    eraOf: (workspaceId, ledgerId) => booksOf(workspaceId).ledgerIds.indexOf(ledgerId),
    era: (workspaceId) => booksOf(workspaceId).ledgerIds.length - 1,

    committed(workspaceId, commit, eventIds) {
      const books = booksOf(workspaceId)
      books.eventsOfCommit.set(commit, eventIds)
      for (const eventId of eventIds) books.commitOfEvent.set(eventId, commit)
    },

    written(workspaceId, ledgerId, events, { version: newest, outcomes }) {
      const books = booksOf(workspaceId)
      noteLedger(books, ledgerId, newest)
      const era = books.ledgerIds.length - 1
      for (const [index, { eventId = '' }] of events.entries()) {
        const version = outcomes[index]?.version ?? 0
        noteVersion(books, eventId, { version, era })
        const commit = books.commitOfEvent.get(eventId)
        if (commit === undefined || books.written.has(commit)) continue
        const isWhole = (books.eventsOfCommit.get(commit) ?? []).every((id) => books.versionsOfEvent.has(id))
        if (isWhole) books.written.set(commit, { version, era, atMs: nowMs() })
      }
    },

    acknowledged(workspaceId, eventIds, version) {
      const { versionsOfEvent } = booksOf(workspaceId)
      const lost = eventIds.find((eventId) => !versionsOfEvent.has(eventId))
      if (lost !== undefined)
        throw new BrokenPromise(`nothing lost: ${lost} was acknowledged and is not written`)
      const known = versionsOfEvent.get(eventIds.at(-1) ?? '')?.find((given) => given.version === version)
      if (known === undefined) throw new BrokenPromise(`nothing lost: no event was given version ${version}`)
      return known
    },
  }
}

function emptyBooks(): Books {
  return {
    ledgerIds: [],
    version: 0,
    versionsOfEvent: new Map(),
    commitOfEvent: new Map(),
    eventsOfCommit: new Map(),
    written: new Map(),
  }
}

/** Whether whoever knows of a version must know of a transaction. */
export function isIn(written: Written, known: KnownVersion): boolean {
  return written.era < known.era || (written.era === known.era && written.version <= known.version)
}

/** What is told of a ledger first is the version that it begins with. */
function noteLedger(books: Books, ledgerId: string, version: number): void {
  if (books.ledgerIds.at(-1) === ledgerId) return
  if (books.ledgerIds.includes(ledgerId)) throw new BrokenPromise('nothing lost: a ledger came back')
  if (books.ledgerIds.length > 0 && version <= books.version)
    throw new BrokenPromise('nothing lost: a ledger began with a version that the lost one had given')
  books.ledgerIds.push(ledgerId)
  books.version = version
}

/** An event has the version it had before, if the ledger remembers it, and else the next one. */
function noteVersion(books: Books, eventId: string, given: KnownVersion): void {
  const before = books.versionsOfEvent.get(eventId) ?? []
  const last = before.at(-1)
  if (last?.era === given.era && last.version === given.version) return
  if (given.version !== books.version + 1)
    throw new BrokenPromise(`nothing lost: version ${given.version} followed version ${books.version}`)
  books.version = given.version
  books.versionsOfEvent.set(eventId, [...before, given])
}
