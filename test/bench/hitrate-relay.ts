import type { WorkspaceId } from '../../shared/ids.ts'
import type { Move } from '../../shared/tags/moves.ts'
import type { Recorder } from '../../worker/events.ts'
import { invalidateEach } from '../../worker/ledger/invalidate.ts'
import { MarkBook } from '../../worker/ledger/mark-book.ts'
import type { SqlStorage } from '../../worker/platform/sql-storage.ts'
import type { Isolate } from '../simulation/isolate.ts'
import type { LedgersMarks } from '../simulation/ledgers.ts'
import { createWay } from '../simulation/way.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import type { Operations } from './hitrate-designs.ts'
import { cpuMs } from './hitrate-prices.ts'
import type { Ground } from './hitrate-world.ts'

/** The pause between two marks (origin/outbox/marker.ts). */
const beatMs = 2_000
const recorder: Recorder = { record() {} }

/** The outbox's relay: it tells each write to its ledger, and marks up to when everything was told. */
export interface BenchRelay {
  readonly marks: LedgersMarks
  /** Whether the outbox has no row of the workspace. */
  areTold(workspaceId: WorkspaceId): boolean
  /** Settles when the write is durable in the workspace's ledger. */
  tell(workspaceId: WorkspaceId, moves: readonly Move[], by: Isolate): Promise<void>
}

export function createBenchRelay({ scheduler, dice, reports, usualWay, spent }: Ground): BenchRelay {
  const { writes } = spent
  const storage = counted(createSqlStorage(), writes)
  const book = new MarkBook({ storage, now: scheduler.now, ledgerOf: (workspaceId) => workspaceId })
  /** The writes that are not told yet. */
  const untold = new Map<number, WorkspaceId>()
  let committed = 0
  let held: { readonly atMs: number; readonly committed: number } | null = null

  /** Posts the mark of the snapshot that the last beat took, and takes the next one under the instant of the answer. */
  async function beat(): Promise<void> {
    const taken = held
    const rows = [...untold].filter(([number]) => taken !== null && number <= taken.committed)
    const mark = taken && {
      at: taken.atMs,
      database: '1:00000001',
      position: `0/${taken.committed.toString(16).toUpperCase()}`,
      except: [...new Set(rows.map(([, workspaceId]) => workspaceId))],
    }
    count(writes)
    writes.objectCalls += 1
    const { now } = await reports.cross(() => book.take(mark))
    held = { atMs: now, committed }
    scheduler.schedule(() => void beat(), dice.between(0.75 * beatMs, 1.25 * beatMs))
  }
  void beat()

  return {
    marks: {
      markBook: () => {
        // Each ledger that asks is one call of the object.
        writes.objectCalls += 1
        return book
      },
      way: createWay(scheduler, dice, usualWay),
      happened: () => undefined,
    },
    areTold: (workspaceId) => ![...untold.values()].includes(workspaceId),
    async tell(workspaceId, moves, by) {
      committed += 1
      const number = committed
      untold.set(number, workspaceId)
      count(writes)
      const event = { workspaceId, eventId: `${number}`, tags: [...moves] }
      const [outcome] = await reports.cross(() => invalidateEach(by.ledger, recorder, [event]))
      if (outcome?.status !== 200) throw new Error('the ledger took no event')
      untold.delete(number)
    },
  }
}

/** A request of the relay. */
function count(writes: Operations): void {
  writes.requests += 1
  writes.cpuMs += cpuMs.request
}

function counted(storage: SqlStorage, writes: Operations): SqlStorage {
  return {
    ...storage,
    sql: {
      exec(statement, ...values) {
        if (statement.startsWith('select')) writes.objectRowsRead += 1
        else writes.objectRowsWritten += 1
        return storage.sql.exec(statement, ...values)
      },
    },
  }
}
