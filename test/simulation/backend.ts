import type { WorkspaceId } from '../../shared/ids.ts'
import type { LedgerEvent } from '../../worker/ledger/contract.ts'
import { invalidate } from '../../worker/ledger/invalidate.ts'
import type { Recorder } from '../../worker/metrics/events.ts'
import type { Dice } from '../support/dice.ts'
import { changeSomething, type MakeChange } from './changes.ts'
import type { Database } from './database.ts'
import type { Isolate } from './isolate.ts'
import { during, type Life } from './life.ts'
import type { KnownVersion, Records } from './records.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'
import type { Way } from './way.ts'

/** The CRM's backend: it commits, reports each transaction through some isolate, and again until it is acknowledged. */
export interface Backend {
  /** Commits a transaction of one change or three and begins to report it. */
  write(workspaceId: WorkspaceId, makeChange?: MakeChange): void
  /** How many transactions are not acknowledged yet. */
  unacknowledged(): number
}

export interface BackendOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly records: Records
  readonly trace: Trace
  readonly way: Way
  databaseOf(workspaceId: WorkspaceId): Database
  anyIsolate(): Isolate
  /** A life of a request to an isolate. */
  beginLife(isolate: Isolate): Life
  /** Does what may find a promise broken; null where it did. */
  watch<Value>(work: () => Value): Value | null
  acknowledged(workspaceId: WorkspaceId, version: KnownVersion): void
}

interface Report {
  readonly workspaceId: WorkspaceId
  readonly commit: number
  readonly events: readonly LedgerEvent[]
}

const recorder: Recorder = { record() {} }
const retryAfterMs = [300, 4_000] as const

export function createBackend(options: BackendOptions): Backend {
  const { scheduler, dice, records, way, anyIsolate, beginLife, trace } = options
  const open = new Set<Report>()

  /** One try. The network may deliver it twice, and the second much later. */
  function send(report: Report): void {
    deliver(report)
    if (dice.happens(0.1)) scheduler.schedule(() => deliver(report), dice.between(0, 8_000))
  }

  function deliver(report: Report): void {
    const { workspaceId, events } = report
    const arrive = () => {
      const isolate = anyIsolate()
      const life = beginLife(isolate)
      return during(life, () => invalidate(isolate.ledger, recorder, new Map([[workspaceId, events]])))
    }
    way.cross(arrive).then(
      (answered) => {
        if (answered.ok) hear(report, answered.value.version)
      },
      () => {},
    )
  }

  function hear(report: Report, version: number): void {
    const { workspaceId, commit, events } = report
    const eventIds = events.map(({ eventId = '' }) => eventId)
    const known = options.watch(() => records.acknowledged(workspaceId, eventIds, version))
    if (known === null || !open.delete(report)) return
    trace.note('acknowledged', () => `${workspaceId} transaction ${commit} as version ${version}`)
    options.acknowledged(workspaceId, known)
  }

  function retry(report: Report): void {
    const [fromMs, toMs] = retryAfterMs
    scheduler.schedule(
      () => {
        if (!open.has(report)) return
        send(report)
        retry(report)
      },
      dice.between(fromMs, toMs),
    )
  }

  return {
    unacknowledged: () => open.size,
    write(workspaceId, makeChange = changeSomething) {
      const report = commit(workspaceId, makeChange, options)
      if (report.events.length === 0) return
      open.add(report)
      scheduler.schedule(() => send(report), dice.between(0, 400))
      retry(report)
    },
  }
}

/** One transaction of one change or three, and what there is to report of it. */
function commit(
  workspaceId: WorkspaceId,
  makeChange: MakeChange,
  { dice, records, trace, databaseOf }: BackendOptions,
): Report {
  const database = databaseOf(workspaceId)
  const events: LedgerEvent[] = []
  const whats: string[] = []
  const number = database.commit((tables) => {
    const changes = dice.happens(0.8) ? 1 : 3
    for (let index = 0; index < changes; index += 1) {
      const revision = 10 * database.commits() + index
      const change = makeChange(tables, dice, workspaceId, revision)
      if (change === null) continue
      events.push({ tags: change.tags, eventId: `${workspaceId}-${revision}` })
      whats.push(change.what)
    }
  })
  trace.note('committed', () => `${workspaceId} transaction ${number}: ${whats.join(', ') || 'nothing'}`)
  const eventIds = events.map(({ eventId = '' }) => eventId)
  records.committed(workspaceId, number, eventIds)
  return { workspaceId, commit: number, events }
}
