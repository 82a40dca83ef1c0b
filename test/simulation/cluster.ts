import type { MarkSource, Snapshot } from '../../origin/outbox/mark-source.ts'
import type { Outbox, OutboxKey } from '../../origin/outbox/outbox.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { familyMove } from '../../shared/tags/moves.ts'

/**
 * What Postgres knows of transactions, and the outbox in it. A transaction takes its number when it begins and its rows can be seen
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
  isParked: boolean
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
  readonly workspaceIds: readonly WorkspaceId[]
  /** Called when a restored database moves everything. */
  readonly onMoveEverything: () => void
}

/** The positions of the WAL between a cluster and a copy of its disk. */
const copyIsBehind = 1_000_000

export function createCluster({ nowMs, offsetMs, workspaceIds, onMoveEverything }: ClusterOptions): Cluster {
  const digests = new Map<string, string>()
  const begun = new Map<Transaction, number>()
  let rows: Row[] = []
  let [transactions, ids, position, timeline, events] = [100, 0, 2_000_000_000, 1, 0]
  let owed: ReadonlyMap<WorkspaceId, string> = new Map()

  const seen = (): Seen => ({
    end: transactions,
    open: [...begun.keys()].map(({ number }) => number),
    takenAtMs: nowMs(),
  })
  const isVisible = (row: Row, { end, open }: Seen) =>
    row.transaction < end && !open.includes(row.transaction)
  const workspacesOf = (some: readonly Row[]) => [...new Set(some.map(({ workspaceId }) => workspaceId))]
  const database = () => `7:${timeline.toString(16).toUpperCase().padStart(8, '0')}`
  const parsed = ({ snapshot }: Snapshot): Seen => JSON.parse(snapshot)
  const find = ({ id, eventId }: OutboxKey) =>
    rows.find((row) => row.key.id === id && row.key.eventId === eventId)

  const rollBack = () => {
    for (const transaction of begun.keys()) transaction.isOver = true
    begun.clear()
  }
  let openMaxMs = 60_000
  let parkedUntilMs = 0

  const cluster: Cluster = {
    get openMaxMs() {
      return openMaxMs
    },
    calm() {
      openMaxMs = 300
      parkedUntilMs = 0
      rollBack()
    },
    begin() {
      const transaction = { number: transactions, isOver: false }
      transactions += 1
      begun.set(transaction, nowMs() + offsetMs)
      return transaction
    },
    commit(transaction, added) {
      const writtenAtMs = begun.get(transaction) ?? nowMs()
      begun.delete(transaction)
      transaction.isOver = true
      position += 1
      for (const { workspaceId, moves, digest } of added) {
        ids += 1
        events += 1
        const key = { id: ids, eventId: `event-${events}` }
        digests.set(key.eventId, digest)
        const held = {
          dueAtMs: Math.max(nowMs(), parkedUntilMs),
          attempts: 0,
          isParked: nowMs() < parkedUntilMs,
        }
        rows.push({ key, workspaceId, moves, writtenAtMs, transaction: transaction.number, ...held })
      }
    },
    outbox: {
      async claim(rowsMax) {
        const due = rows.filter(({ dueAtMs }) => dueAtMs <= nowMs()).slice(0, rowsMax)
        for (const row of due) row.dueAtMs = nowMs() + limits.outboxLeaseMs
        const claimed = due.map(({ key, workspaceId, moves, attempts }) => ({
          ...{ key, attempts },
          event: { eventId: `outbox:${key.eventId}`, workspaceId, tags: [...moves] },
        }))
        return ok({ rows: claimed, undeliverable: [] })
      },
      async acknowledge(keys) {
        const done = new Set(keys.map(find))
        rows = rows.filter((row) => !done.has(row))
        return ok({})
      },
      async release(keys) {
        for (const row of keys.map(find)) if (row !== undefined) row.dueAtMs = nowMs()
        return ok({})
      },
      async fail(failures) {
        for (const { key, delayMs } of failures) {
          const row = find(key)
          if (row === undefined) continue
          row.attempts += 1
          row.dueAtMs = nowMs() + delayMs
        }
        return ok({})
      },
      state: async () => ok({ depth: rows.length, oldestAgeMs: 0, parked: 0 }),
    },
    marks: {
      async take() {
        const snapshot = seen()
        const noted = rows.filter((row) => !isVisible(row, snapshot))
        return ok({
          said: 'taken',
          ...{ snapshot: JSON.stringify(snapshot), database: database() },
          position: `0/${position.toString(16).toUpperCase()}`,
          noted: workspacesOf(noted),
        })
      },
      async untold(mark) {
        const isSame = mark.database === database() && position >= Number.parseInt(mark.position.slice(2), 16)
        if (!isSame) return ok({ said: 'another' })
        const snapshot = parsed(mark)
        const untold = rows.filter((row) => isVisible(row, snapshot) || row.transaction >= transactions)
        return ok({ said: 'untold', untold: workspacesOf(untold) })
      },
      async moveEverything() {
        const moves = [familyMove('workspace')]
        const digestOf = (workspaceId: WorkspaceId) => owed.get(workspaceId) ?? `everything-${events}`
        const added = workspaceIds.map((workspaceId) => ({
          workspaceId,
          moves,
          digest: digestOf(workspaceId),
        }))
        cluster.commit(cluster.begin(), added)
        owed = new Map()
        onMoveEverything()
        return ok({})
      },
    },
    waiting: () => rows.length + begun.size,
    digestOf: (eventId) => digests.get(eventId),
    park(untilMs) {
      parkedUntilMs = untilMs
      for (const row of rows) Object.assign(row, { dueAtMs: untilMs, isParked: true })
    },
    backUp: () => ({ rows: rows.map((row) => ({ ...row })), transactions, ids, position }),
    restore(backup, to, restored) {
      rows = backup.rows.map((row) => ({ ...row }))
      transactions = backup.transactions
      ids = backup.ids
      if (to === 'timeline') timeline += 1
      position = to === 'timeline' ? position : backup.position - copyIsBehind
      rollBack()
      owed = restored
    },
  }
  return cluster
}
