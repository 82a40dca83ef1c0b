import type { WorkspaceId } from '../../shared/ids.ts'
import type { Recorder } from '../../worker/events.ts'
import type { ScopedEvent } from '../../worker/ledger/concerns.ts'
import { type Invalidated, invalidate } from '../../worker/ledger/invalidate.ts'
import type { Dice } from '../support/dice.ts'
import { changeSomething, type MakeChange, unseen } from './changes.ts'
import type { Cluster, NewRow } from './cluster.ts'
import type { Database } from './database.ts'
import type { Isolate } from './isolate.ts'
import { during, type Life } from './life.ts'
import type { KnownVersion, Records } from './records.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'
import type { Way } from './way.ts'

/**
 * The CRM's backend. It commits a transaction, reports it through some isolate, and repeats the report until it is
 * acknowledged. Now and then it gives an event the id of an earlier event; when the ledger refuses that, it gives the
 * event another id.
 */
export interface Backend {
  /** Commits a transaction of one change or three and begins to report it. */
  write(workspaceId: WorkspaceId, makeChange?: MakeChange): void
  /** The number of transactions that are not acknowledged yet. */
  unacknowledged(): number
}

export interface BackendOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly records: Records
  readonly trace: Trace
  readonly way: Way
  /** The database's transactions and its outbox; null in a run in which the backend reports its writes itself. */
  readonly cluster: Cluster | null
  databaseOf(workspaceId: WorkspaceId): Database
  anyIsolate(): Isolate
  /** The life of one request to an isolate. */
  beginLife(isolate: Isolate): Life
  /** Runs work that may find a broken promise, and answers null if it found one. */
  watch<Value>(work: () => Value): Value | null
  acknowledged(workspaceId: WorkspaceId, version: KnownVersion): void
}

interface Report {
  readonly workspaceId: WorkspaceId
  readonly commit: number
  /** The events keep their contents. Only an id changes, when it turns out to belong to another event. */
  readonly events: ScopedEvent[]
  /** The same changes as rows of the outbox, which can move less: the outbox knows which rows wait when it is told. */
  readonly rows: readonly NewRow[]
}

const recorder: Recorder = { record() {} }
const retryAfterMs = [300, 4_000] as const
const reusedShare = 0.05
/**
 * The number of recent ids that the backend may use again. Some ledgers of a run remember fewer, some remember all of
 * them.
 */
const reusableIds = 20
const author = { cause: 'api', userId: null } as const

export function createBackend(options: BackendOptions): Backend {
  const { scheduler, dice, records, way, anyIsolate, beginLife, trace } = options
  const open = new Set<Report>()
  const idFor = createIds(dice)

  /** Makes one try. The network may deliver it twice, the second time much later. */
  function send(report: Report): void {
    deliver(report)
    if (dice.happens(0.1)) scheduler.schedule(() => deliver(report), dice.between(0, 8_000))
  }

  function deliver(report: Report): void {
    const { workspaceId } = report
    const events = [...report.events]
    const arrive = () => {
      const isolate = anyIsolate()
      return during(beginLife(isolate), () =>
        invalidate(isolate.ledger, recorder, new Map([[workspaceId, events]]), author),
      )
    }
    way.cross(arrive).then(
      (answered) => {
        if (answered.ok) hear(report, events, answered.value)
      },
      () => {},
    )
  }

  function hear(report: Report, events: readonly ScopedEvent[], { version, conflicts }: Invalidated): void {
    const { workspaceId } = report
    const refused = new Set(conflicts.map(({ index }) => events[index]))
    const digests = events.filter((event) => !refused.has(event)).map(({ digest = '' }) => digest)
    // The events that were not refused are durable, whatever happened to the others.
    const know = () => records.acknowledged(workspaceId, digests, version)
    const known = digests.length === 0 ? null : options.watch(know)
    if (refused.size > 0) rename(report, refused, trace)
    else if (known !== null && open.delete(report)) close(report, known, options)
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

  function reportLater(report: Report): void {
    open.add(report)
    scheduler.schedule(() => send(report), dice.between(0, 400))
    retry(report)
  }

  return {
    unacknowledged: () => open.size + (options.cluster?.waiting() ?? 0),
    write(workspaceId, makeChange = changeSomething) {
      const { cluster } = options
      if (cluster !== null)
        return writeInto(cluster, options, { workspaceId, makeChange, idFor, reportLater })
      const report = commit(workspaceId, makeChange, options, idFor)
      if (report.events.length > 0) reportLater(report)
    },
  }
}

function close(
  { workspaceId, commit }: Report,
  known: KnownVersion,
  { trace, acknowledged }: BackendOptions,
): void {
  trace.note('acknowledged', () => `${workspaceId} transaction ${commit} as version ${known.version}`)
  acknowledged(workspaceId, known)
}

interface OutboxWrite {
  readonly workspaceId: WorkspaceId
  readonly makeChange: MakeChange
  readonly idFor: IdFor
  reportLater(report: Report): void
}

/** Writes in a transaction that stays open for a while, and leaves its events in the outbox. Some are reported as well. */
function writeInto(
  cluster: Cluster,
  options: BackendOptions,
  { workspaceId, makeChange, idFor, reportLater }: OutboxWrite,
): void {
  const { dice, scheduler, trace } = options
  const transaction = cluster.begin()
  const isUnseen = dice.happens(0.03)
  const change = isUnseen ? unseen(makeChange) : makeChange
  const openMs = dice.happens(0.85) ? dice.between(0, 300) : dice.between(300, cluster.openMaxMs)
  scheduler.schedule(() => {
    // A restore ends every transaction that is open.
    if (transaction.isOver) return
    const report = commit(workspaceId, change, options, idFor)
    const { rows } = report
    const told = cluster.commit(transaction, isUnseen ? [...rows, ...cluster.rowsOfEverything()] : rows)
    for (const [index, event] of report.events.entries())
      report.events[index] = { ...event, moves: told[index] ?? event.moves }
    if (isUnseen && rows.length > 0) trace.happened('a write without triggers moves everything')
    if (report.events.length > 0 && dice.happens(0.2)) reportLater(report)
  }, openMs)
}

/** Commits one transaction of one change or three, and answers the events that report it. */
function commit(
  workspaceId: WorkspaceId,
  makeChange: MakeChange,
  { dice, records, trace, databaseOf }: BackendOptions,
  idFor: IdFor,
): Report {
  const database = databaseOf(workspaceId)
  const events: ScopedEvent[] = []
  const rows: NewRow[] = []
  const whats: string[] = []
  const number = database.commit((tables) => {
    const changes = dice.happens(0.8) ? 1 : 3
    for (let index = 0; index < changes; index += 1) {
      const revision = 10 * database.commits() + index
      const change = makeChange(tables, dice, workspaceId, revision)
      if (change === null) continue
      const digest = `${workspaceId}-${revision}`
      const { concern, amongUntold: lateMoves = [] } = change
      const moves = [...concern.moves, ...lateMoves]
      events.push({ ...concern, moves, eventId: idFor(workspaceId, digest), digest })
      rows.push({ workspaceId, moves: concern.moves, lateMoves, digest })
      whats.push(change.what)
    }
  })
  trace.note('committed', () => `${workspaceId} transaction ${number}: ${whats.join(', ') || 'nothing'}`)
  const digests = events.map(({ digest = '' }) => digest)
  records.committed(workspaceId, number, digests)
  return { workspaceId, commit: number, events, rows }
}

type IdFor = (workspaceId: WorkspaceId, digest: string) => string

/** Usually gives an event an id of its own. */
function createIds(dice: Dice): IdFor {
  const usedIds = new Map<WorkspaceId, string[]>()
  return (workspaceId, digest) => {
    const used = usedIds.get(workspaceId) ?? []
    const reused = dice.happens(reusedShare) ? dice.pickOrNone(used) : undefined
    if (reused !== undefined) return reused
    usedIds.set(workspaceId, [...used, digest].slice(-reusableIds))
    return digest
  }
}

/** Gives the refused events other ids for the next try. */
function rename(
  { workspaceId, commit, events }: Report,
  refused: ReadonlySet<ScopedEvent | undefined>,
  trace: Trace,
): void {
  for (const [index, event] of events.entries()) {
    if (!refused.has(event)) continue
    trace.note('refused', () => `${event.eventId} of ${workspaceId} transaction ${commit}`)
    events[index] = { ...event, eventId: `${event.digest}-renamed` }
  }
}
