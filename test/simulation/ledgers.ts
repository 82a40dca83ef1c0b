import { DatabaseSync } from 'node:sqlite'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { BookLimits } from '../../worker/ledger/book.ts'
import { Book } from '../../worker/ledger/book.ts'
import { createTables } from '../../worker/ledger/book-storage.ts'
import type { LedgerStub } from '../../worker/ledger/ledger-client.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from '../../worker/ledger/ledger-messages.ts'
import type { LedgerHead, MarkBook } from '../../worker/ledger/mark-book.ts'
import { ProvenBook } from '../../worker/ledger/proven-book.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import type { Dice } from '../support/dice.ts'
import { type Scheduler, startMs } from './scheduler.ts'
import { createWay, type Way, type WayFaults } from './way.ts'

/** What the ledgers need to prove what they answer; without it nothing is proved. */
export interface LedgersMarks {
  readonly book: () => MarkBook
  readonly way: Way
}

/** The ledgers of all workspaces with production's book, and the network to them from each location. */
export interface Ledgers {
  stubAt(location: string): (workspaceId: WorkspaceId) => LedgerStub
  wayFrom(location: string): Way
  /** Moves the object to another machine, where it starts from what it had stored. */
  restart(workspaceId: WorkspaceId): void
  /** Loses its storage. Readers must never notice a wrong answer because of it. */
  lose(workspaceId: WorkspaceId): void
  /** Saves what is stored now, so that the ledger can go back to it. */
  save(workspaceId: WorkspaceId): SavedLedger
  /**
   * Puts its storage back to an earlier state, like a recovery to a point in time. The first reader that calls it
   * afterwards knows the newest version; before such a reader comes, nobody could tell.
   */
  goBack(workspaceId: WorkspaceId, saved: SavedLedger): void
}

export interface SavedLedger {
  readonly ledgerId: string
  readonly database: DatabaseSync
}

export interface LedgersOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly locations: readonly string[]
  readonly bounds: BookLimits
  readonly marks?: LedgersMarks | null
  /** How calls to the ledgers behave while there is no fault. */
  readonly usualWay: WayFaults
  /** Called when a ledger begins (without events), and at the instant at which it stores something. */
  written(
    workspaceId: WorkspaceId,
    ledgerId: string,
    events: readonly LedgerEvent[],
    advance: LedgerAdvance,
  ): void
}

export function createLedgers(options: LedgersOptions): Ledgers {
  const { scheduler, dice, locations, usualWay, written } = options
  const { awake, ...fates } = createBooks(options)
  const ways = new Map(locations.map((location) => [location, createWay(scheduler, dice, usualWay)]))
  const wayFrom = (location: string) => {
    const way = ways.get(location)
    if (way === undefined) throw new Error(`${location} is not a location of this simulation`)
    return way
  }
  return {
    wayFrom,
    stubAt: (location) => (workspaceId) => ({
      advance: (events) =>
        wayFrom(location).cross(() =>
          awake(workspaceId, ({ book }) => {
            const advance = book.advance(events)
            written(workspaceId, book.since(null, 0).ledgerId, events, advance)
            return advance
          }),
        ),
      since: (ledgerId, version) =>
        wayFrom(location).cross(() => awake(workspaceId, ({ since }) => since(ledgerId, version))),
    }),
    ...fates,
  }
}

/** A ledger in the memory of a machine. */
interface Ledger {
  readonly book: Book
  since(ledgerId: string | null, version: number): LedgerChanges
  /** Settles once the ledger may answer; null if it may already. */
  readonly waking: Promise<void> | null
}

/** The books of all ledgers, and what can happen to them. */
function createBooks({ scheduler, bounds, written, marks = null }: LedgersOptions) {
  const databases = new Map<WorkspaceId, DatabaseSync>()
  const ledgers = new Map<WorkspaceId, Ledger>()
  const speaking = new Map<WorkspaceId, string>()
  /** The greatest version that each ledger has told when it asked for its proof. */
  const told = new Map<WorkspaceId, number>()
  let ledgersBegun = 0

  const birth = () => {
    ledgersBegun += 1
    return { ledgerId: `ledger-${ledgersBegun}`, version: Math.floor(scheduler.now()) - startMs }
  }
  /** Reports a ledger that has begun. */
  const noteBegun = (workspaceId: WorkspaceId, { ledgerId, version }: LedgerHead) => {
    if (speaking.get(workspaceId) === ledgerId) return
    speaking.set(workspaceId, ledgerId)
    written(workspaceId, ledgerId, [], { version, outcomes: [] })
  }
  /** `isHeard`: the ledger's first question for its proof is answered at once. */
  const begin = (workspaceId: WorkspaceId, isHeard: boolean): Ledger => {
    const database = databases.get(workspaceId) ?? new DatabaseSync(':memory:')
    databases.set(workspaceId, database)
    const book = new Book(createSqlStorage(database), birth, bounds)
    const ledger = marks === null ? plain(book) : proven(workspaceId, book, marks, isHeard)
    ledgers.set(workspaceId, ledger)
    return ledger
  }
  const plain = (book: Book): Ledger => ({
    ...{ book, waking: null },
    since: (ledgerId, version) => book.since(ledgerId, version),
  })
  const proven = (
    workspaceId: WorkspaceId,
    book: Book,
    { book: markBook, way }: LedgersMarks,
    isHeard: boolean,
  ) => {
    let isFirst = isHeard
    const isThere = () => ledgers.get(workspaceId)?.book === book
    const ledger = new ProvenBook({
      book,
      clock: scheduler,
      async ask(head) {
        const answer = () => {
          told.set(workspaceId, Math.max(told.get(workspaceId) ?? 0, head.version))
          return markBook().proofFor(workspaceId, head)
        }
        const proof = isFirst ? answer() : await way.cross(answer)
        isFirst = false
        // A machine that the object has left does nothing any more.
        return isThere() ? proof : new Promise<never>(() => undefined)
      },
      keepAlive: () => undefined,
    })
    const since: Ledger['since'] = (ledgerId, version) => ledger.since(ledgerId, version)
    const here: Ledger = { book, since, waking: Promise.resolve().then(() => ledger.wake()) }
    return here
  }
  const ledgerOf = (workspaceId: WorkspaceId) => ledgers.get(workspaceId) ?? begin(workspaceId, false)
  const heard = <Value>(workspaceId: WorkspaceId, ledger: Ledger, act: (ledger: Ledger) => Value): Value => {
    noteBegun(workspaceId, ledger.book.headNow())
    const value = act(ledger)
    noteBegun(workspaceId, ledger.book.headNow())
    return value
  }
  return {
    /** Lets a ledger act once it is awake. Rejects if the object moves to another machine before. */
    awake<Value>(workspaceId: WorkspaceId, act: (ledger: Ledger) => Value): Value | Promise<Value> {
      const ledger = ledgerOf(workspaceId)
      if (ledger.waking === null) return heard(workspaceId, ledger, act)
      return ledger.waking.then(() => {
        if (ledgers.get(workspaceId) !== ledger) throw new Error('the object was restarted')
        return heard(workspaceId, ledger, act)
      })
    },
    restart: (workspaceId: WorkspaceId) => ledgers.delete(workspaceId),
    lose(workspaceId: WorkspaceId) {
      ledgers.delete(workspaceId)
      databases.delete(workspaceId)
    },
    save(workspaceId: WorkspaceId) {
      const { ledgerId } = ledgerOf(workspaceId).book.headNow()
      return { ledgerId, database: copyOf(databases.get(workspaceId)) }
    },
    goBack(workspaceId: WorkspaceId, saved: SavedLedger) {
      const { ledgerId, version } = ledgerOf(workspaceId).book.headNow()
      // A ledger that was lost meanwhile has no earlier state to go back to.
      if (ledgerId !== saved.ledgerId) return
      databases.set(workspaceId, saved.database)
      const ledger = begin(workspaceId, true)
      // What it told within ten seconds before may be older than what it goes back to. Then the first reader notices.
      if ((told.get(workspaceId) ?? 0) <= ledger.book.headNow().version)
        heard(workspaceId, ledger, ({ book }) => book.since(ledgerId, version))
    },
  }
}

function copyOf(database: DatabaseSync | undefined): DatabaseSync {
  const copy = new DatabaseSync(':memory:')
  createTables(createSqlStorage(copy))
  for (const table of ['snapshot', 'log']) {
    for (const row of database?.prepare(`select * from ${table}`).all() ?? []) {
      const cells = Object.values(row)
      copy.prepare(`insert into ${table} values (${cells.map(() => '?').join(', ')})`).run(...cells)
    }
  }
  return copy
}
