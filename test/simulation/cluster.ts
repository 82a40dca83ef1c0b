import type { MarkSource, Snapshot } from '../../origin/outbox/mark-source.ts'
import type { Outbox, OutboxKey } from '../../origin/outbox/outbox.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { familyMove } from '../../shared/tags/moves.ts'

/**
 * The transactions of a Postgres, and the outbox in it. A transaction takes its number when it begins and its rows can be seen
 * when it has committed, which may be minutes later. A restored cluster gives out numbers and ids again.
 */
export interface Cluster {
  begin(): Transaction
  /** Commits a transaction with its rows. The changes of the tables become visible at the same instant. */
  commit(transaction: Transaction, rows: readonly NewRow[]): void
  readonly outbox: Outbox
  readonly marks: MarkSource
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
  /** Goes back to a backup: to another timeline, or as a copy of the disk, far behind in the WAL. Open transactions are lost. */
  restore(backup: Backup, to: 'timeline' | 'copy', digests: ReadonlyMap<WorkspaceId, string>): void
}

export interface Transaction {
  readonly number: number
  isOver: boolean
}

interface NewRow {
  readonly workspaceId: WorkspaceId
  readonly moves: readonly Move[]
  readonly digest: string
}

interface Row {
  readonly key: OutboxKey
  readonly workspaceId: WorkspaceId
  readonly moves: readonly Move[]
  readonly transaction: number
  readonly writtenAtMs: number
  dueAtMs: number
  attempts: number
}

export interface Backup {
  readonly rows: readonly Row[]
  readonly transactions: number
  readonly ids: number
  readonly position: number
}

interface Seen {
  readonly end: number
  readonly open: readonly number[]
  readonly takenAtMs: number
}

interface ClusterOptions {
  nowMs(): number
  /** How far the database's clock is from the marks'. */
  readonly offsetMs: number
  /** How long after its commit a row is due: a writer holds it, or relays lag. */
  lagMs(): number
  readonly workspaceIds: readonly WorkspaceId[]
  /** Called when a restored database moves everything. */
  readonly onMoveEverything: () => void
}

/** The positions of the WAL between a cluster and a copy of its disk. */
const copyIsBehind = 1_000_000

/** The content of the disk, the transactions that are open, and what Postgres derives from both. */
class State {
  rows: Row[] = []
  transactions = 100
  ids = 0
  position = 2_000_000_000
  timeline = 1
  events = 0
  parkedUntilMs = 0
  isCalm = false
  /** The digests under which a restore will be told. */
  owed: ReadonlyMap<WorkspaceId, string> = new Map()
  readonly digests = new Map<string, string>()
  readonly begun = new Map<Transaction, number>()
  readonly options: ClusterOptions

  constructor(options: ClusterOptions) {
    this.options = options
  }

  database(): string {
    return `7:${this.timeline.toString(16).toUpperCase().padStart(8, '0')}`
  }

  seen(): Seen {
    const open = [...this.begun.keys()].map(({ number }) => number)
    return { end: this.transactions, open, takenAtMs: this.options.nowMs() }
  }

  find({ id, eventId }: OutboxKey): Row | undefined {
    return this.rows.find((row) => row.key.id === id && row.key.eventId === eventId)
  }

  begin(): Transaction {
    const transaction = { number: this.transactions, isOver: false }
    this.transactions += 1
    this.begun.set(transaction, this.options.nowMs() + this.options.offsetMs)
    return transaction
  }

  commit(transaction: Transaction, added: readonly NewRow[]): void {
    const nowMs = this.options.nowMs()
    const writtenAtMs = this.begun.get(transaction) ?? nowMs
    this.begun.delete(transaction)
    transaction.isOver = true
    this.position += 1
    for (const { workspaceId, moves, digest } of added) {
      this.ids += 1
      this.events += 1
      const key = { id: this.ids, eventId: `event-${this.events}` }
      this.digests.set(key.eventId, digest)
      const lagMs = this.isCalm ? 0 : this.options.lagMs()
      const dueAtMs = Math.max(nowMs + lagMs, this.parkedUntilMs)
      const { number } = transaction
      this.rows.push({ key, workspaceId, moves, transaction: number, writtenAtMs, dueAtMs, attempts: 0 })
    }
  }

  rollBack(): void {
    for (const transaction of this.begun.keys()) transaction.isOver = true
    this.begun.clear()
  }

  restore(backup: Backup, to: 'timeline' | 'copy'): void {
    this.rows = backup.rows.map((row) => ({ ...row }))
    this.transactions = backup.transactions
    this.ids = backup.ids
    if (to === 'timeline') this.timeline += 1
    else this.position = backup.position - copyIsBehind
    this.rollBack()
  }
}

export function createCluster(options: ClusterOptions): Cluster {
  const state = new State(options)
  let openMaxMs = 60_000
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
    commit: (transaction, rows) => state.commit(transaction, rows),
    outbox: outboxOf(state, options.nowMs),
    marks: marksOf(state, options),
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

/** The outbox's SQL functions. */
function outboxOf(state: State, nowMs: () => number): Outbox {
  const known = (keys: readonly OutboxKey[]) => keys.flatMap((key) => state.find(key) ?? [])
  return {
    async claim(rowsMax) {
      const due = state.rows.filter(({ dueAtMs }) => dueAtMs <= nowMs()).slice(0, rowsMax)
      for (const row of due) row.dueAtMs = nowMs() + limits.outboxLeaseMs
      const rows = due.map(({ key, workspaceId, moves, attempts }) => ({
        ...{ key, attempts },
        event: { eventId: `outbox:${key.eventId}`, workspaceId, tags: [...moves] },
      }))
      return ok({ rows, undeliverable: [] })
    },
    async acknowledge(keys) {
      const done = new Set(known(keys))
      state.rows = state.rows.filter((row) => !done.has(row))
      return ok({})
    },
    async release(keys) {
      for (const row of known(keys)) row.dueAtMs = nowMs()
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

/** The SQL functions of marks. */
function marksOf(state: State, { workspaceIds, onMoveEverything }: ClusterOptions): MarkSource {
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
      const positionOfMark = Number.parseInt(mark.position.slice(2), 16)
      if (mark.database !== state.database() || state.position < positionOfMark)
        return ok({ said: 'another' })
      const snapshot = parsed(mark)
      const untold = state.rows.filter(
        (row) => isVisible(row, snapshot) || row.transaction >= state.transactions,
      )
      return ok({ said: 'untold', untold: workspacesOf(untold) })
    },
    async moveEverything() {
      const moves = [familyMove('workspace')]
      const added = workspaceIds.map((workspaceId) => {
        const digest = state.owed.get(workspaceId) ?? `everything-${state.events}`
        return { workspaceId, moves, digest }
      })
      state.commit(state.begin(), added)
      state.owed = new Map()
      onMoveEverything()
      return ok({})
    },
  }
}

function isVisible(row: Row, { end, open }: Seen): boolean {
  return row.transaction < end && !open.includes(row.transaction)
}

function parsed({ snapshot }: Snapshot): Seen {
  return JSON.parse(snapshot)
}
