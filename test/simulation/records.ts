import type { WorkspaceId } from '../../shared/ids.ts'
import type { LedgerAdvance, LedgerEvent } from '../../worker/ledger/ledger-messages.ts'

/** A promise that was not kept. */
export class BrokenPromise extends Error {}

/** A version that a ledger handed out, with the number of that ledger among the workspace's ledgers. */
export interface KnownVersion {
  readonly version: number
  readonly era: number
}

/** A transaction whose events the ledger has stored. */
export interface Written extends KnownVersion {
  readonly atMs: number
}

/** Remembers when each ledger stored which events, and checks that no ledger takes anything back. */
export interface Records {
  /** Notes that a transaction was committed. Its events, each with a digest of its own, are reported later. */
  committed(workspaceId: WorkspaceId, commit: number, digests: readonly string[]): void
  /** Notes that a ledger began (without events) or stored events. */
  written(
    workspaceId: WorkspaceId,
    ledgerId: string,
    events: readonly LedgerEvent[],
    advance: LedgerAdvance,
  ): void
  /** Notes that the backend received an acknowledgement, and answers which ledger gave that version. */
  acknowledged(workspaceId: WorkspaceId, digests: readonly string[], version: number): KnownVersion
  /** The transaction in the ledger, or undefined if it is not there yet. */
  find(workspaceId: WorkspaceId, commit: number): Written | undefined
  /** Notes that a transaction put the workspace back to a backup, which takes earlier transactions back. */
  restored(workspaceId: WorkspaceId, commit: number): void
  /** The transactions whose changes are not taken back by a restore before an instant, and that were committed before it. */
  standingBefore(workspaceId: WorkspaceId, instantMs: number): readonly number[]
  /** The instant at which a transaction was committed. */
  committedAtMs(workspaceId: WorkspaceId, commit: number): number
  /** The number of the workspace's ledger that has this id, counted from 0, or -1 if none has. */
  eraOf(workspaceId: WorkspaceId, ledgerId: string): number
  /** The number of the workspace's present ledger. */
  era(workspaceId: WorkspaceId): number
}

/** Everything that is known about one workspace. */
interface Books {
  /** The workspace's ledgers in order. A version of one ledger means nothing to another. */
  readonly ledgerIds: string[]
  /** The newest version of the last ledger. */
  version: number
  /**
   * The versions that each event received, by its digest. There is more than one if the ledger had forgotten its id.
   */
  readonly versionsOfEvent: Map<string, KnownVersion[]>
  /** The digests of the events that the ledgers accepted under an id. */
  readonly takenUnder: Map<string, Set<string>>
  readonly commitOfEvent: Map<string, number>
  readonly eventsOfCommit: Map<number, readonly string[]>
  readonly committedAtMs: Map<number, number>
  readonly written: Map<number, Written>
  readonly restores: Set<number>
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
    committedAtMs: (workspaceId, commit) =>
      booksOf(workspaceId).committedAtMs.get(commit) ?? Number.NEGATIVE_INFINITY,
    restored: (workspaceId, commit) => void booksOf(workspaceId).restores.add(commit),
    standingBefore(workspaceId, instantMs) {
      const { committedAtMs, eventsOfCommit, restores } = booksOf(workspaceId)
      const before = [...committedAtMs].filter(([, atMs]) => atMs < instantMs).map(([commit]) => commit)
      const restored = before.findLastIndex((commit) => restores.has(commit))
      return before
        .slice(Math.max(0, restored))
        .filter((commit) => (eventsOfCommit.get(commit) ?? []).length > 0)
    },
    era: (workspaceId) => booksOf(workspaceId).ledgerIds.length - 1,

    committed(workspaceId, commit, digests) {
      const books = booksOf(workspaceId)
      books.committedAtMs.set(commit, nowMs())
      books.eventsOfCommit.set(commit, digests)
      for (const digest of digests) books.commitOfEvent.set(digest, commit)
    },

    written(workspaceId, ledgerId, events, { version: newest, outcomes }) {
      const books = booksOf(workspaceId)
      noteLedger(books, ledgerId, newest)
      const era = books.ledgerIds.length - 1
      for (const [index, event] of events.entries()) {
        const { eventId = '', digest = '' } = event
        const taken = books.takenUnder.get(eventId) ?? new Set()
        const outcome = outcomes[index]
        if (outcome === undefined || !('version' in outcome)) {
          checkRefusal(event, taken)
          continue
        }
        const { version } = outcome
        noteVersion(books, digest, { version, era })
        books.takenUnder.set(eventId, taken.add(digest))
        const commit = books.commitOfEvent.get(digest)
        if (commit === undefined || books.written.has(commit)) continue
        const isWhole = (books.eventsOfCommit.get(commit) ?? []).every((own) =>
          books.versionsOfEvent.has(own),
        )
        if (isWhole) books.written.set(commit, { version, era, atMs: nowMs() })
      }
    },

    acknowledged(workspaceId, digests, version) {
      const { versionsOfEvent } = booksOf(workspaceId)
      const lost = digests.find((digest) => !versionsOfEvent.has(digest))
      if (lost !== undefined)
        throw new BrokenPromise(`nothing lost: ${lost} was acknowledged and is not written`)
      const given = digests.flatMap((digest) => versionsOfEvent.get(digest) ?? [])
      const known = given.find((each) => each.version === version)
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
    takenUnder: new Map(),
    commitOfEvent: new Map(),
    eventsOfCommit: new Map(),
    committedAtMs: new Map(),
    written: new Map(),
    restores: new Set(),
  }
}

/** Whether a reader that knows a version must know a transaction. */
export function isIn(written: Written, known: KnownVersion): boolean {
  return written.era < known.era || (written.era === known.era && written.version <= known.version)
}

/** The first version that is reported for a ledger is the one with which it begins. */
function noteLedger(books: Books, ledgerId: string, version: number): void {
  if (books.ledgerIds.at(-1) === ledgerId) return
  if (books.ledgerIds.includes(ledgerId))
    throw new BrokenPromise('nothing lost: a ledger came back after it was replaced')
  if (books.ledgerIds.length > 0 && version <= books.version)
    throw new BrokenPromise('nothing lost: a ledger began with a version that the lost one had already given')
  books.ledgerIds.push(ledgerId)
  books.version = version
}

/** An event may be refused only if the ledger accepted another event under its id. */
function checkRefusal({ eventId, digest = '' }: LedgerEvent, taken: ReadonlySet<string>): void {
  if ([...taken].some((other) => other !== digest)) return
  throw new BrokenPromise(
    `nothing lost: ${digest} was refused, though ${eventId} never belonged to another event`,
  )
}

/**
 * An event keeps an earlier version if the ledger, or the one that it was before, remembers it. Otherwise it gets the
 * next version.
 */
function noteVersion(books: Books, digest: string, given: KnownVersion): void {
  const before = books.versionsOfEvent.get(digest) ?? []
  if (before.some(({ version }) => version === given.version)) return
  if (given.version !== books.version + 1)
    throw new BrokenPromise(`nothing lost: version ${given.version} followed version ${books.version}`)
  books.version = given.version
  books.versionsOfEvent.set(digest, [...before, given])
}
