import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { WorkspaceId } from '../../shared/ids.ts'
import { type Version, versionSchema } from '../../shared/ids.ts'
import type { BookLimits } from '../../worker/ledger/book.ts'
import { Book } from '../../worker/ledger/book.ts'
import type { LedgerStub } from '../../worker/ledger/client.ts'
import type { LedgerAdvance, LedgerEvent } from '../../worker/ledger/contract.ts'
import type { SqlStorage } from '../../worker/platform/sql-storage.ts'
import type { Dice } from '../support/dice.ts'
import { type Scheduler, startMs } from './scheduler.ts'
import { createWay, type Way, type WayFaults } from './way.ts'

/** The ledgers of all workspaces: production's book, and the ways to it from each location. */
export interface Ledgers {
  stubAt(location: string): (workspaceId: WorkspaceId) => LedgerStub
  wayFrom(location: string): Way
  /** The object is moved to another machine: it begins anew with what it had written down. */
  restart(workspaceId: WorkspaceId): void
  /** Its storage is lost, which nothing may make a wrong answer of. */
  lose(workspaceId: WorkspaceId): void
}

export interface LedgersOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly locations: readonly string[]
  readonly bounds: BookLimits
  /** How the ways to the ledgers are while nothing is wrong with them. */
  readonly usualWay: WayFaults
  /** Told when a ledger begins (of no events), and at the instant at which it writes something down. */
  written(
    workspaceId: WorkspaceId,
    ledgerId: string,
    events: readonly LedgerEvent[],
    advance: LedgerAdvance,
  ): void
}

export function createLedgers(options: LedgersOptions): Ledgers {
  const { scheduler, dice, locations, bounds, usualWay, written } = options
  const stores = new Map<
    WorkspaceId,
    { readonly storage: SqlStorage; readonly ledgerId: string; readonly version: Version }
  >()
  const books = new Map<WorkspaceId, Book>()
  const ways = new Map(locations.map((location) => [location, createWay(scheduler, dice, usualWay)]))
  let ledgersBegun = 0

  const storeOf = (workspaceId: WorkspaceId) => {
    const known = stores.get(workspaceId)
    if (known !== undefined) return known
    ledgersBegun += 1
    const version = versionSchema.parse(Math.floor(scheduler.now()) - startMs)
    const store = { storage: createStorage(), ledgerId: `ledger-${ledgersBegun}`, version }
    stores.set(workspaceId, store)
    written(workspaceId, store.ledgerId, [], { version, outcomes: [] })
    return store
  }
  const bookOf = (workspaceId: WorkspaceId) => {
    const known = books.get(workspaceId)
    if (known !== undefined) return known
    const { storage, ...birth } = storeOf(workspaceId)
    const book = new Book(storage, () => birth, bounds)
    books.set(workspaceId, book)
    return book
  }

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
          const advance = bookOf(workspaceId).advance(events)
          written(workspaceId, storeOf(workspaceId).ledgerId, events, advance)
          return advance
        }),
      since: (ledgerId, version) =>
        wayFrom(location).cross(() => bookOf(workspaceId).since(ledgerId, version)),
    }),
    restart: (workspaceId) => books.delete(workspaceId),
    lose(workspaceId) {
      books.delete(workspaceId)
      stores.delete(workspaceId)
    },
  }
}

/** SQLite in memory, as a Durable Object has it; each statement is prepared once. */
function createStorage(): SqlStorage {
  const database = new DatabaseSync(':memory:')
  const statements = new Map<string, StatementSync>()
  const prepare = (statement: string) => {
    const known = statements.get(statement)
    if (known !== undefined) return known
    const prepared = database.prepare(statement)
    statements.set(statement, prepared)
    return prepared
  }
  return {
    sql: {
      exec(statement, ...values) {
        if (statement.includes(';')) {
          database.exec(statement)
          return []
        }
        return prepare(statement).all(...values) as Record<string, string | number | null>[]
      },
    },
    transactionSync(work) {
      database.exec('begin')
      try {
        const value = work()
        database.exec('commit')
        return value
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },
  }
}
