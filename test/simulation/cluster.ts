import type { Marked, MarkSource, Snapshot } from '../../origin/outbox/mark-source.ts'
import type { Look, Outbox, OutboxKey, OutboxRow } from '../../origin/outbox/outbox.ts'
import type { Clock } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { familyMove } from '../../shared/tags/moves.ts'
import type { Happening } from './happenings.ts'
import { createOutboxWatch, type OutboxWatch } from './outbox-watch.ts'

/**
 * The transactions of a Postgres, and the outbox in it. A transaction takes its number when it begins and its rows can be seen
 * when it has committed, which may be minutes later. A restored cluster gives out numbers and ids again.
 */
export interface Cluster {
  begin(): Transaction
  /**
   * Commits a transaction with its rows, and answers the moves of each as its writer may tell them now. The changes of the tables become
   * visible at the same instant.
   */
  commit(transaction: Transaction, rows: readonly NewRow[]): readonly (readonly Move[])[]
  /** The outbox for a process that knows of this mark. */
  outbox(marked: () => Marked | null): Outbox
  /** Tells writers which database was marked last. */
  noteMarked(marked: Marked): void
  readonly marks: MarkSource
  /** Rows with which a transaction moves everything, because no trigger saw what it wrote. */
  rowsOfEverything(digests?: ReadonlyMap<WorkspaceId, string>): readonly NewRow[]
  /** The longest time for which a transaction stays open. */
  readonly openMaxMs: number
  /** Rolls back every open transaction. From now on transactions are short. */
  calm(): void
  /** The rows that nobody has acknowledged, and the transactions that are open. */
  waiting(): number
  /** The digest of the event that a row is about. */
  digestOf(eventId: string): string | undefined
  /** Parks every row that is there or comes, as if the Worker had refused it again and again, until this instant. */
  park(untilMs: number): void
  backUp(): Backup
  /** Goes back to a backup. Open transactions are lost. */
  restore(backup: Backup, to: Restored, digests: ReadonlyMap<WorkspaceId, string>): void
}

export interface Transaction {
  readonly number: number
  isOver: boolean
}

export interface NewRow {
  readonly workspaceId: WorkspaceId
  readonly moves: readonly Move[]
  /** The further moves of the row if it is told while another row of its workspace waits, or in a database that may have been restored. */
  readonly lateMoves?: readonly Move[]
  readonly digest: string
}

interface Row {
  readonly key: OutboxKey
  readonly workspaceId: WorkspaceId
  readonly moves: readonly Move[]
  readonly lateMoves: readonly Move[]
  readonly transaction: number
  readonly writtenAtMs: number
  readonly committedAtMs: number
  dueAtMs: number
  attempts: number
}

export interface Backup {
  readonly rows: readonly Row[]
  readonly transactions: number
  readonly ids: number
  readonly position: number
}

/** A restored backup and a promoted replica have another timeline. A copy of the disk is far behind in the WAL. */
export type Restored = 'timeline' | 'failover' | 'copy'

interface Seen {
  readonly end: number
  readonly open: readonly number[]
  readonly takenAtMs: number
}

interface ClusterOptions {
  readonly clock: Clock
  /** How far the database's clock is from the marks'. */
  readonly offsetMs: number
  /** How long after its commit a row is due: a writer holds it, or relays lag. */
  lagMs(): number
  readonly workspaceIds: readonly WorkspaceId[]
  /** The longest time for which a transaction stays open at first. */
  readonly openMaxMs: number
  readonly happened: (what: Happening) => void
}

/** A copy of the disk is behind by so many positions of the WAL: behind everything, so that two copies can be told apart. */
const copyIsBehind = 1_000_000

const longMs = 60_000
const lateMs = 10_000

/** The content of the disk, the transactions that are open, and what Postgres derives from both. */
class State {
  rows: Row[] = []
  transactions = 100
  ids = 0
  position = 2_000_000_000
  /** No position was ever lower. */
  firstPosition = 2_000_000_000
  timeline = 1
  events = 0
  parkedUntilMs = 0
  isCalm = false
  /** The database of the last mark, as writers know it. */
  marked: Marked | null = null
  /** The digests under which a restore will be told. */
  owed: ReadonlyMap<WorkspaceId, string> = new Map()
  readonly digests = new Map<string, string>()
  readonly watch: OutboxWatch
  readonly begun = new Map<Transaction, number>()
  readonly options: ClusterOptions

  constructor(options: ClusterOptions) {
    this.options = options
    this.watch = createOutboxWatch(options.clock, () => Math.min(...this.rows.map(({ dueAtMs }) => dueAtMs)))
  }

  nowMs(): number {
    return this.options.clock.now()
  }

  database(): string {
    return `7:${this.timeline.toString(16).toUpperCase().padStart(8, '0')}`
  }

  /** Whether this is a database that was marked, and not behind the mark. */
  isMarked(marked: Marked | null): boolean {
    return marked !== null && marked.database === this.database() && this.position >= positionIn(marked)
  }

  seen(): Seen {
    const open = [...this.begun.keys()].map(({ number }) => number)
    return { end: this.transactions, open, takenAtMs: this.nowMs() }
  }

  find({ id, eventId }: OutboxKey): Row | undefined {
    if (this.rows.some((row) => row.key.id === id && row.key.eventId !== eventId))
      this.options.happened('a row is named by an id of before the restore')
    return this.rows.find((row) => row.key.id === id && row.key.eventId === eventId)
  }

  begin(): Transaction {
    const transaction = { number: this.transactions, isOver: false }
    this.transactions += 1
    this.begun.set(transaction, this.nowMs() + this.options.offsetMs)
    return transaction
  }

  commit(transaction: Transaction, added: readonly NewRow[]): readonly (readonly Move[])[] {
    const nowMs = this.nowMs()
    const writtenAtMs = this.begun.get(transaction) ?? nowMs
    this.begun.delete(transaction)
    transaction.isOver = true
    this.position += 1
    if (nowMs + this.options.offsetMs - writtenAtMs >= longMs)
      this.options.happened('a transaction stays open for a minute')
    for (const { workspaceId, moves, lateMoves = [], digest } of added) {
      this.ids += 1
      this.events += 1
      const key = { id: this.ids, eventId: `event-${this.events}` }
      this.digests.set(key.eventId, digest)
      const lagMs = this.isCalm ? 0 : this.options.lagMs()
      const dueAtMs = Math.max(nowMs + lagMs, this.parkedUntilMs)
      const times = { writtenAtMs, committedAtMs: nowMs, dueAtMs }
      const row = { key, workspaceId, moves, lateMoves, transaction: transaction.number, attempts: 0 }
      this.rows.push({ ...row, ...times })
    }
    this.watch.glance()
    const own = added.length === 0 ? [] : this.rows.slice(-added.length)
    return toldTogether(this, own, this.marked).map(({ event }) => event.tags)
  }

  rollBack(): void {
    for (const transaction of this.begun.keys()) transaction.isOver = true
    this.begun.clear()
  }

  restore(backup: Backup, to: Restored): void {
    this.rows = backup.rows.map((row) => ({ ...row }))
    this.transactions = backup.transactions
    this.ids = backup.ids
    if (to === 'copy') {
      this.firstPosition -= copyIsBehind
      this.position = this.firstPosition
    } else {
      this.timeline += 1
      this.position = backup.position
    }
    this.rollBack()
    this.watch.glance()
  }
}

export function createCluster(options: ClusterOptions): Cluster {
  const state = new State(options)
  let { openMaxMs } = options
  return {
    get openMaxMs() {
      return openMaxMs
    },
    calm() {
      openMaxMs = 300
      state.parkedUntilMs = 0
      state.isCalm = true
      state.rollBack()
    },
    begin: () => state.begin(),
    rowsOfEverything: (digests = new Map()) => everything(state, digests),
    commit: (transaction, rows) => state.commit(transaction, rows),
    outbox: (marked) => outboxOf(state, marked),
    noteMarked(marked) {
      state.marked = marked
    },
    marks: marksOf(state),
    waiting: () => state.rows.length + state.begun.size,
    digestOf: (eventId) => state.digests.get(eventId),
    park(untilMs) {
      state.parkedUntilMs = untilMs
      for (const row of state.rows) row.dueAtMs = untilMs
    },
    backUp: () => ({ ...state, rows: state.rows.map((row) => ({ ...row })) }),
    restore(backup, to, digests) {
      state.restore(backup, to)
      state.owed = digests
    },
  }
}

const lookHappenings: Readonly<Record<Look, Happening>> = {
  rows: 'a look sees a row',
  none: 'a look ends without a row',
  busy: 'another relay looks already',
}

/** The outbox's SQL functions. */
function outboxOf(state: State, marked: () => Marked | null): Outbox {
  const nowMs = () => state.nowMs()
  const known = (keys: readonly OutboxKey[]) => keys.flatMap((key) => state.find(key) ?? [])
  return {
    async look() {
      const seen = await state.watch.look()
      state.options.happened(lookHappenings[seen])
      return ok(seen)
    },
    async claim(rowsMax) {
      const due = state.rows.filter(({ dueAtMs }) => dueAtMs <= nowMs()).slice(0, rowsMax)
      for (const row of due) row.dueAtMs = nowMs() + limits.outboxLeaseMs
      return ok({ rows: toldTogether(state, due, marked()), undeliverable: [] })
    },
    read: async (keys) => ok({ rows: toldTogether(state, known(keys), marked()), undeliverable: [] }),
    async acknowledge(keys) {
      const done = new Set(known(keys))
      for (const { committedAtMs } of done)
        if (nowMs() - committedAtMs >= lateMs) state.options.happened('a row waits for ten seconds')
      state.rows = state.rows.filter((row) => !done.has(row))
      return ok({})
    },
    async release(keys) {
      for (const row of known(keys)) row.dueAtMs = nowMs()
      state.watch.glance()
      return ok({})
    },
    async fail(failures) {
      for (const { key, delayMs } of failures) {
        const row = state.find(key)
        if (row === undefined) continue
        row.attempts += 1
        row.dueAtMs = nowMs() + delayMs
      }
      return ok({})
    },
    state: async () => ok({ depth: state.rows.length, oldestAgeMs: 0, parked: 0 }),
  }
}

/** The rows as they are told in one call: with more moves if other rows of their workspace wait, or if this is not the marked database. */
function toldTogether(state: State, some: readonly Row[], marked: Marked | null): OutboxRow[] {
  const { rows, options } = state
  const others = new Set(rows.filter((row) => !some.includes(row)).map(({ workspaceId }) => workspaceId))
  return some.map(({ key, workspaceId, moves, lateMoves, attempts }) => {
    const isFirst = !others.has(workspaceId)
    const isWide = lateMoves.length > 0 && (!isFirst || !state.isMarked(marked))
    if (isWide) options.happened(wideBecause(isFirst))
    const tags = isWide ? [...moves, ...lateMoves] : [...moves]
    return { key, attempts, event: { eventId: `outbox:${key.eventId}`, workspaceId, tags } }
  })
}

function wideBecause(isFirst: boolean): Happening {
  return isFirst
    ? 'a row moves whole lists, because its database is not the marked one'
    : 'a row moves whole lists, because another one waits'
}

/** The SQL functions of marks. */
function marksOf(state: State): MarkSource {
  const workspacesOf = (some: readonly Row[]) => [...new Set(some.map(({ workspaceId }) => workspaceId))]
  return {
    async take() {
      const snapshot = state.seen()
      return ok({
        said: 'taken',
        ...{ snapshot: JSON.stringify(snapshot), database: state.database() },
        position: `0/${state.position.toString(16).toUpperCase()}`,
        noted: workspacesOf(state.rows.filter((row) => !isVisible(row, snapshot))),
      })
    },
    async untold(mark) {
      if (!state.isMarked(mark)) return ok({ said: 'another' })
      const snapshot = parsed(mark)
      const untold = state.rows.filter(
        (row) => isVisible(row, snapshot) || row.transaction >= state.transactions,
      )
      return ok({ said: 'untold', untold: workspacesOf(untold) })
    },
    async moveEverything() {
      state.commit(state.begin(), everything(state, state.owed))
      state.owed = new Map()
      state.options.happened('a restored database moves everything')
      return ok({})
    },
  }
}

/** The rows of outbox_move_everything, told under these digests. */
function everything(state: State, digests: ReadonlyMap<WorkspaceId, string>): NewRow[] {
  return state.options.workspaceIds.map((workspaceId) => ({
    workspaceId,
    moves: [familyMove('workspace')],
    digest: digests.get(workspaceId) ?? `everything-${state.events}`,
  }))
}

function isVisible(row: Row, { end, open }: Seen): boolean {
  return row.transaction < end && !open.includes(row.transaction)
}

function positionIn({ position }: Marked): number {
  return Number.parseInt(position.slice(2), 16)
}

function parsed({ snapshot }: Snapshot): Seen {
  return JSON.parse(snapshot)
}
