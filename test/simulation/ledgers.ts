import { DatabaseSync } from 'node:sqlite'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { BookLimits } from '../../worker/ledger/book.ts'
import { Book } from '../../worker/ledger/book.ts'
import { createTables } from '../../worker/ledger/book-storage.ts'
import type { LedgerStub } from '../../worker/ledger/ledger-client.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from '../../worker/ledger/ledger-messages.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import type { Dice } from '../support/dice.ts'
import { type Scheduler, startMs } from './scheduler.ts'
import { createWay, type Way, type WayFaults } from './way.ts'

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
  const { bookOf, since, ...fates } = createBooks(options)
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
        wayFrom(location).cross(() => {
          const book = bookOf(workspaceId)
          const advance = book.advance(events)
          written(workspaceId, book.since(null, 0).ledgerId, events, advance)
          return advance
        }),
      since: (ledgerId, version) => wayFrom(location).cross(() => since(workspaceId, ledgerId, version)),
    }),
    ...fates,
  }
}

/** The books of all ledgers, and what can happen to them. */
function createBooks({ scheduler, bounds, written }: LedgersOptions) {
  const databases = new Map<WorkspaceId, DatabaseSync>()
  const books = new Map<WorkspaceId, Book>()
  const speaking = new Map<WorkspaceId, string>()
  let ledgersBegun = 0

  const birth = () => {
    ledgersBegun += 1
    return { ledgerId: `ledger-${ledgersBegun}`, version: Math.floor(scheduler.now()) - startMs }
  }
  /** Reports a ledger that has begun. */
  const noteBegun = (workspaceId: WorkspaceId, { ledgerId, version }: LedgerChanges) => {
    if (speaking.get(workspaceId) === ledgerId) return
    speaking.set(workspaceId, ledgerId)
    written(workspaceId, ledgerId, [], { version, outcomes: [] })
  }
  const bookOf = (workspaceId: WorkspaceId) => {
    const known = books.get(workspaceId)
    if (known !== undefined) return known
    const database = databases.get(workspaceId) ?? new DatabaseSync(':memory:')
    databases.set(workspaceId, database)
    const book = new Book(createSqlStorage(database), birth, bounds)
    books.set(workspaceId, book)
    noteBegun(workspaceId, book.since(null, 0))
    return book
  }
  const since = (workspaceId: WorkspaceId, ledgerId: string | null, version: number) => {
    const changes = bookOf(workspaceId).since(ledgerId, version)
    noteBegun(workspaceId, changes)
    return changes
  }
  return {
    bookOf,
    since,
    restart: (workspaceId: WorkspaceId) => books.delete(workspaceId),
    lose(workspaceId: WorkspaceId) {
      books.delete(workspaceId)
      databases.delete(workspaceId)
    },
    save(workspaceId: WorkspaceId) {
      const { ledgerId } = bookOf(workspaceId).since(null, 0)
      return { ledgerId, database: copyOf(databases.get(workspaceId)) }
    },
    goBack(workspaceId: WorkspaceId, saved: SavedLedger) {
      const { ledgerId, version } = bookOf(workspaceId).since(null, 0)
      // A ledger that was lost meanwhile has no earlier state to go back to.
      if (ledgerId !== saved.ledgerId) return
      books.delete(workspaceId)
      databases.set(workspaceId, saved.database)
      since(workspaceId, ledgerId, version)
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
