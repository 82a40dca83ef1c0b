import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Birth, BookLimits } from '../../worker/ledger/book.ts'
import { Book } from '../../worker/ledger/book.ts'
import { createTables } from '../../worker/ledger/book-storage.ts'
import type { LedgerStub } from '../../worker/ledger/ledger-client.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from '../../worker/ledger/ledger-messages.ts'
import { withRollout } from '../../worker/ledger/ledger-messages.ts'
import type { LedgerHead, MarkBook } from '../../worker/ledger/mark-book.ts'
import { ProvenBook } from '../../worker/ledger/proven-book.ts'
import type { RolloutCopy } from '../../worker/ledger/rollout-copy.ts'
import type { RolloutNews } from '../../worker/ledger/rollout-messages.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import type { Dice } from '../support/dice.ts'
import type { Happening } from './happenings.ts'
import { type Scheduler, startMs } from './scheduler.ts'
import { createWay, type Way, type WayFaults } from './way.ts'

/** The object that the ledgers ask for their proofs, and the way to it. */
export interface LedgersMarks {
  readonly markBook: () => MarkBook
  readonly way: Way
  readonly happened: (what: Happening) => void
}

/** The object that the ledgers ask for the rollout. */
export interface LedgersRollouts {
  /** A ledger's copy in its storage. `isThere`: whether the object is still on that machine. */
  copyOf(workspaceId: WorkspaceId, database: DatabaseSync, isThere: () => boolean): RolloutCopy
}

/** The ledgers of all workspaces with production's book, and the network to them from each location. */
export interface Ledgers {
  stubAt(location: string): (workspaceId: WorkspaceId) => LedgerStub
  wayFrom(location: string): Way
  /** Tells a ledger the rollout. It wakes up for that. */
  takeRollout(workspaceId: WorkspaceId, news: RolloutNews): Promise<number>
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
  /** How the ledgers know the rollout; null in a run without. */
  readonly rollouts?: LedgersRollouts | null
  /** How calls to the ledgers behave while there is no fault. */
  readonly usualWay: WayFaults
  /** Called when a ledger begins (without events), and at the instant at which it stores something. */
  written(
    workspaceId: WorkspaceId,
    ledgerId: string,
    events: readonly LedgerEvent[],
    advance: LedgerAdvance,
  ): void
  /** Called with each answer of a ledger that has a proof. */
  proved?(workspaceId: WorkspaceId, changes: LedgerChanges & { readonly provedAtMs: number }): void
}

export function createLedgers(options: LedgersOptions): Ledgers {
  const { scheduler, dice, locations, usualWay, written, proved } = options
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
      advance: (events, author) =>
        wayFrom(location).cross(() =>
          awake(workspaceId, ({ book }) => {
            const advance = book.advance(events, { ...author, atMs: scheduler.now() })
            written(workspaceId, book.since(null, 0).ledgerId, events, advance)
            return advance
          }),
        ),
      since: (ledgerId, version) =>
        wayFrom(location).cross(async () => {
          const changes = await awake(workspaceId, async ({ since, rollout }) => {
            await rollout?.ready()
            return withRollout(since(ledgerId, version), rollout?.state ?? 'on')
          })
          const { provedAtMs } = changes
          if (provedAtMs !== undefined) proved?.(workspaceId, { ...changes, provedAtMs })
          return changes
        }),
    }),
    takeRollout: async (workspaceId, news) => awake(workspaceId, ({ rollout }) => rollout?.take(news) ?? 0),
    ...fates,
  }
}

/** A ledger in the memory of a machine. */
interface Ledger {
  readonly book: Book
  since(ledgerId: string | null, version: number): LedgerChanges
  readonly rollout: RolloutCopy | null
  /** Settles once the ledger may answer; null if it may already. */
  readonly waking: Promise<unknown> | null
}

/** The books of all ledgers, and what can happen to them. */
function createBooks({ scheduler, bounds, written, marks = null, rollouts = null }: LedgersOptions) {
  const databases = new Map<WorkspaceId, DatabaseSync>()
  const ledgers = new Map<WorkspaceId, Ledger>()
  const speaking = new Map<WorkspaceId, string>()
  /** The greatest version that each ledger has told when it asked for its proof. */
  const told = new Map<WorkspaceId, number>()
  const toldBy = (workspaceId: WorkspaceId) => told.get(workspaceId) ?? 0
  const birth = createBirths(scheduler)

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
    const note = ({ version }: LedgerHead) => told.set(workspaceId, Math.max(toldBy(workspaceId), version))
    const isThere = () => ledgers.get(workspaceId)?.book === book
    const proven =
      marks === null
        ? { book, waking: null, since: book.since.bind(book) }
        : provenLedger(book, scheduler, { ...marks, workspaceId, isHeard, isThere, note })
    const ledger = withCopy(proven, rollouts?.copyOf(workspaceId, database, isThere) ?? null)
    ledgers.set(workspaceId, ledger)
    return ledger
  }
  const ledgerOf = (workspaceId: WorkspaceId) => ledgers.get(workspaceId) ?? begin(workspaceId, false)
  const heard = <Value>(workspaceId: WorkspaceId, ledger: Ledger, act: (ledger: Ledger) => Value) => {
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
    save: (workspaceId: WorkspaceId) => ({
      ledgerId: ledgerOf(workspaceId).book.headNow().ledgerId,
      database: copyOf(databases.get(workspaceId)),
    }),
    goBack(workspaceId: WorkspaceId, saved: SavedLedger) {
      const { ledgerId, version } = ledgerOf(workspaceId).book.headNow()
      // A ledger that was lost meanwhile has no earlier state to go back to.
      if (ledgerId !== saved.ledgerId) return
      databases.set(workspaceId, saved.database)
      const ledger = begin(workspaceId, true)
      // It tells its version every ten seconds. If it goes back by less than that, the first reader notices.
      if (toldBy(workspaceId) <= ledger.book.headNow().version)
        heard(workspaceId, ledger, ({ book }) => book.since(ledgerId, version))
    },
  }
}

/** Ids in turn, so that two runs of a seed have the same ones. */
function createBirths(scheduler: Scheduler): () => Birth {
  let ledgersBegun = 0
  return () => {
    ledgersBegun += 1
    return { ledgerId: `ledger-${ledgersBegun}`, version: Math.floor(scheduler.now()) - startMs }
  }
}

interface Asking {
  readonly workspaceId: WorkspaceId
  readonly way: Way
  readonly markBook: () => MarkBook
  readonly happened: (what: Happening) => void
  /** Whether the first question is answered at once. */
  readonly isHeard: boolean
  /** A machine that the object has left does nothing any more. */
  isThere(): boolean
  /** Called with what the ledger tells. */
  note(head: LedgerHead): void
}

/** A ledger that wakes up once it knows its proof and the rollout. */
function withCopy(proven: Omit<Ledger, 'rollout'>, rollout: RolloutCopy | null): Ledger {
  const waking = rollout === null ? proven.waking : Promise.all([proven.waking, rollout.wake()])
  return { ...proven, rollout, waking }
}

/** A ledger that asks for its proof over the network. */
function provenLedger(book: Book, clock: Clock, asking: Asking): Omit<Ledger, 'rollout'> {
  const { workspaceId, way, markBook, happened, isHeard, isThere, note } = asking
  let isFirst = isHeard
  const answer = (head: LedgerHead) => {
    note(head)
    const proof = markBook().proofFor(workspaceId, head)
    if (proof.behind !== null) happened('a ledger takes another id for its marks')
    return proof
  }
  const ledger = new ProvenBook({
    book,
    clock,
    async ask(head) {
      const proof = isFirst ? answer(head) : await way.cross(() => answer(head))
      isFirst = false
      return isThere() ? proof : new Promise<never>(() => undefined)
    },
    keepAlive: () => undefined,
  })
  return {
    book,
    since: (ledgerId, version) => ledger.since(ledgerId, version),
    waking: Promise.resolve().then(() => ledger.wake()),
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
