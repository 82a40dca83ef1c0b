import { DatabaseSync } from 'node:sqlite'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { type Birth, Book } from '../../../worker/ledger/book.ts'
import { ChangeTimes } from '../../../worker/ledger/change-times.ts'
import type { HubAnswer, Told } from '../../../worker/ledger/hub-messages.ts'
import { HubTeller } from '../../../worker/ledger/hub-teller.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from '../../../worker/ledger/ledger-messages.ts'
import { ProvenBook } from '../../../worker/ledger/proven-book.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import type { Dice } from '../../support/dice.ts'
import type { SavedLedger } from '../ledgers.ts'
import { createLivingClock, during, heardWhileAlive, type Life } from '../life.ts'
import type { KnownVersion, Records } from '../records.ts'
import { type Scheduler, startMs } from '../scheduler.ts'

/** The ledgers of all workspaces with production's book and teller, without the network to them. */
export interface LiveLedgers {
  advance(workspaceId: WorkspaceId, events: readonly LedgerEvent[]): Promise<LedgerAdvance>
  /** Registers a hub, and answers the changes after its version. */
  watch(
    workspaceId: WorkspaceId,
    hubName: string,
    ledgerId: string | null,
    version: number,
  ): Promise<LedgerChanges>
  headOf(workspaceId: WorkspaceId): ReturnType<Book['headNow']> & KnownVersion
  /** Moves the object to another machine, where it starts from what it had stored. */
  restart(workspaceId: WorkspaceId): void
  /** Loses its storage, with the registrations of its hubs. */
  lose(workspaceId: WorkspaceId): void
  save(workspaceId: WorkspaceId): SavedLedger
  /** Puts its storage back to an earlier state, as a recovery to a point in time does. The next caller knows a newer version. */
  goBack(workspaceId: WorkspaceId, saved: SavedLedger): void
}

export interface LiveLedgersOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly records: Records
  /** Runs work that may find a broken promise. */
  watched(work: () => void): void
  /** Calls a hub. */
  tell(hubName: string, told: Told): Promise<HubAnswer>
  /** The instant up to which everything that was committed is in the ledger, over the network. */
  proof(workspaceId: WorkspaceId): Promise<number>
}

/** A ledger in the memory of a machine. */
interface Ledger {
  readonly book: Book
  readonly proven: ProvenBook
  readonly times: ChangeTimes
  readonly teller: HubTeller
  readonly life: Life & { isEnded: boolean }
}

const bounds = { eventIdsMax: 10_000, logRowsMax: 10_000, batchesPerSnapshot: 1_000 }
/** All that a ledger has on its disk. */
const tables = ['snapshot', 'log', 'hubs']

export function createLiveLedgers(options: LiveLedgersOptions): LiveLedgers {
  const { scheduler, records, watched } = options
  const databases = new Map<WorkspaceId, DatabaseSync>()
  const ledgers = new Map<WorkspaceId, Ledger>()
  const birth = createBirths(scheduler)

  const begin = (workspaceId: WorkspaceId): Ledger => {
    const database = databases.get(workspaceId) ?? new DatabaseSync(':memory:')
    databases.set(workspaceId, database)
    const ledger = createLedger(workspaceId, database, birth, options)
    ledgers.set(workspaceId, ledger)
    return ledger
  }
  const ledgerOf = (workspaceId: WorkspaceId) => ledgers.get(workspaceId) ?? begin(workspaceId)
  const noteBegun = (workspaceId: WorkspaceId) => {
    const { ledgerId, version } = ledgerOf(workspaceId).book.headNow()
    const isKnown = records.eraOf(workspaceId, ledgerId) >= 0
    if (!isKnown) watched(() => records.written(workspaceId, ledgerId, [], { version, outcomes: [] }))
  }
  /** Lets a ledger act, as its object does with a call. */
  const heard = <Value>(workspaceId: WorkspaceId, act: (ledger: Ledger) => Value): Value => {
    const ledger = ledgerOf(workspaceId)
    noteBegun(workspaceId)
    const value = during(ledger.life, () => act(ledger))
    noteBegun(workspaceId)
    return value
  }
  const end = (workspaceId: WorkspaceId) => {
    const ledger = ledgers.get(workspaceId)
    if (ledger !== undefined) ledger.life.isEnded = true
    ledgers.delete(workspaceId)
  }
  return {
    async advance(workspaceId, events) {
      return heard(workspaceId, ({ book, times, teller }) => {
        const advance = advanced({ book, times }, events, scheduler.now())
        watched(() => records.written(workspaceId, book.headNow().ledgerId, events, advance))
        teller.advanced()
        return advance
      })
    },
    watch: async (workspaceId, hubName, ledgerId, version) =>
      heard(workspaceId, ({ teller }) => teller.watch(hubName, ledgerId, version)),
    headOf: (workspaceId) =>
      heard(workspaceId, ({ book }) => ({ ...book.headNow(), era: records.era(workspaceId) })),
    restart: end,
    lose(workspaceId) {
      end(workspaceId)
      databases.delete(workspaceId)
    },
    save: (workspaceId) => ({
      ledgerId: ledgerOf(workspaceId).book.headNow().ledgerId,
      database: copyOf(databases.get(workspaceId)),
    }),
    goBack(workspaceId, saved) {
      const { ledgerId, version } = ledgerOf(workspaceId).book.headNow()
      // A ledger that was lost meanwhile has no earlier state to go back to.
      if (ledgerId !== saved.ledgerId) return
      end(workspaceId)
      databases.set(workspaceId, saved.database)
      // A caller who knows the newest version notices it, or the object of the marks does.
      heard(workspaceId, ({ proven, teller }) => {
        proven.since(ledgerId, version)
        teller.advanced()
      })
    },
  }
}

/** Writes events down and notes when, as worker/ledger/ledger.ts does. */
function advanced(
  { book, times }: Pick<Ledger, 'book' | 'times'>,
  events: readonly LedgerEvent[],
  nowMs: number,
): LedgerAdvance {
  const { version } = book.headNow()
  const advance = book.advance(events)
  times.note(events, advance, version, nowMs)
  return advance
}

/** Puts the parts of a ledger together as worker/ledger/ledger.ts does. */
function createLedger(
  workspaceId: WorkspaceId,
  database: DatabaseSync,
  birth: () => Birth,
  { scheduler, dice, tell, proof }: LiveLedgersOptions,
): Ledger {
  const life = { isEnded: false, isOver: () => life.isEnded }
  const clock = createLivingClock(scheduler, 0)
  const storage = createSqlStorage(database)
  const keepAlive = () => undefined
  return during(life, () => {
    const book = new Book(storage, birth, bounds)
    const times = new ChangeTimes()
    const proven = new ProvenBook({
      book,
      clock,
      keepAlive,
      ask: async () => ({ provedAtMs: await heardWhileAlive(proof(workspaceId)), behind: null }),
    })
    const teller = new HubTeller({
      storage,
      clock,
      keepAlive,
      random: dice.random,
      head: () => book.headNow(),
      since: (ledgerId, version) => proven.since(ledgerId, version),
      timesAfter: (version) => times.after(version),
      tell: (hubName, told) => heardWhileAlive(tell(hubName, told)),
    })
    return { book, proven, times, teller, life }
  })
}

/** Ids in turn, so that two runs of a seed have the same ones. */
function createBirths(scheduler: Scheduler): () => Birth {
  let ledgersBegun = 0
  return () => {
    ledgersBegun += 1
    return { ledgerId: `ledger-${ledgersBegun}`, version: Math.floor(scheduler.now()) - startMs }
  }
}

function copyOf(database: DatabaseSync | undefined): DatabaseSync {
  const copy = new DatabaseSync(':memory:')
  const schema = database?.prepare(`select sql from sqlite_schema where sql is not null`).all() ?? []
  for (const { sql } of schema) copy.exec(String(sql))
  for (const table of tables) {
    for (const row of database?.prepare(`select * from ${table}`).all() ?? []) {
      const cells = Object.values(row)
      copy.prepare(`insert into ${table} values (${cells.map(() => '?').join(', ')})`).run(...cells)
    }
  }
  return copy
}
