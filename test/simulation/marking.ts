import type { WorkspaceId } from '../../shared/ids.ts'
import type { LedgerEvent } from '../../worker/ledger/ledger-messages.ts'
import { MarkBook } from '../../worker/ledger/mark-book.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import { type Cluster, createCluster } from './cluster.ts'
import { putBack, type Tables } from './database.ts'
import type { Isolate } from './isolate.ts'
import type { Life } from './life.ts'
import type { Nature } from './nature.ts'
import { workspaceIds } from './questions.ts'
import type { Records } from './records.ts'
import { createRelays, type Relays } from './relays.ts'
import { createWay, goodWay, type Way } from './way.ts'

/** The database's transactions, the relays that tell and mark them, and the object of the marks. */
export interface Marking {
  readonly cluster: Cluster
  /** The object as it is now: it starts again from what it had stored. */
  markBook(): MarkBook
  readonly databaseWay: Way
  /** The way of relays and ledgers to the object of the marks. */
  readonly marksWay: Way
  /** The event as the backend named it, if the outbox told it. */
  asRecorded(event: LedgerEvent): LedgerEvent
  begin(worker: WorkerSide): void
  killRelay(): void
  stallRelay(): void
  parkRows(): void
  restartMarks(): void
  /** Backs the database up now, and restores that a while later. */
  restoreLater(): void
  /** Nothing happens to the database any more, and its relays run. */
  calm(): void
}

interface WorkerSide {
  readonly workerWay: Way
  anyIsolate(): Isolate
  beginLife(isolate: Isolate): Life
}

export function createMarking(nature: Nature, records: Records): Marking {
  const { scheduler, dice, trace } = nature
  const storage = createSqlStorage()
  const open = () => new MarkBook({ storage, now: scheduler.now, ledgerOf: (workspaceId) => workspaceId })
  let markBook = open()
  let relays: Relays | null = null
  let isCalm = false
  const lagMaxMs = dice.pick([0, 2_000, 12_000])
  const cluster = createCluster({
    clock: scheduler,
    offsetMs: dice.between(-3_000, 3_000),
    lagMs: () => dice.between(0, lagMaxMs),
    workspaceIds,
    openMaxMs: nature.isLong ? 240_000 : 60_000,
    happened: trace.happened,
  })
  const usual = { ...goodWay, slowShare: dice.pick([0.05, 0.4]), slowMs: dice.pick([200, 2_500]) }
  const databaseWay = createWay(scheduler, dice, usual)
  const marksWay = createWay(scheduler, dice, usual)
  const processes = dice.pick([1, 2])

  function stallRelay(): void {
    trace.happened('a relay stalls')
    relays?.stall(dice.between(0, processes - 1), dice.between(1_000, 20_000))
  }

  return {
    cluster,
    databaseWay,
    marksWay,
    markBook: () => markBook,
    asRecorded(event) {
      const id = /^outbox:([^#]*)#/.exec(event.eventId ?? '')?.[1]
      const digest = id === undefined ? undefined : cluster.digestOf(id)
      return digest === undefined ? event : { ...event, digest }
    },
    begin(worker) {
      if (processes > 1) trace.happened('two relays run')
      relays = createRelays({
        ...{ scheduler, dice, trace, cluster, databaseWay, marksWay, processes },
        markBook: () => markBook,
        ...worker,
      })
    },
    killRelay() {
      trace.happened('a relay is killed')
      relays?.kill(dice.between(0, processes - 1), dice.between(0, nature.isLong ? 90_000 : 12_000))
    },
    stallRelay,
    parkRows() {
      trace.happened('rows are parked')
      cluster.park(scheduler.now() + dice.between(2_000, 30_000))
    },
    restartMarks() {
      trace.happened('the marks restart')
      markBook = open()
    },
    restoreLater: () => restoreLater(nature, records, { cluster, isOver: () => isCalm, stallRelay }),
    calm() {
      isCalm = true
      cluster.calm()
      relays?.replaceAll()
    },
  }
}

interface Restoring {
  readonly cluster: Cluster
  isOver(): boolean
  stallRelay(): void
}

/** Backs the database up now, and restores that a while later. */
function restoreLater(nature: Nature, records: Records, { cluster, isOver, stallRelay }: Restoring): void {
  const { scheduler, dice, trace } = nature
  const backup = cluster.backUp()
  const saved = new Map(workspaceIds.map((id) => [id, nature.databaseOf(id).save()]))
  const to = dice.pick(['timeline', 'failover', 'copy'] as const)
  const isStalled = dice.happens(0.7)
  scheduler.schedule(
    () => {
      if (isOver() || trace.counts['a mark is taken'] === undefined) return
      if (isStalled) stallRelay()
      trace.note('fault', () => `database: ${to}`)
      trace.happened(restores[to])
      cluster.restore(backup, to, restored(nature, records, saved))
    },
    // A replica is late by little.
    to === 'failover' ? dice.between(0, 2_000) : dice.between(200, nature.isLong ? 120_000 : 20_000),
  )
}

const restores = {
  timeline: 'the database is restored to another timeline',
  failover: 'a replica is promoted',
  copy: 'the disk of the database is copied back',
} as const

/** Puts every workspace back to what was saved, and answers the digest under which that will be told. */
function restored(
  { databaseOf }: Nature,
  records: Records,
  saved: ReadonlyMap<WorkspaceId, Tables>,
): ReadonlyMap<WorkspaceId, string> {
  return new Map(
    [...saved].map(([workspaceId, tables]) => {
      const commit = databaseOf(workspaceId).commit((now) => putBack(now, tables))
      const digest = `${workspaceId}-restored-${commit}`
      records.committed(workspaceId, commit, [digest])
      records.restored(workspaceId, commit)
      return [workspaceId, digest]
    }),
  )
}
