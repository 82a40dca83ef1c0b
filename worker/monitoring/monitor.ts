import type { Clock } from '../../shared/clock.ts'
import type {
  AlertChange,
  AlertReport,
  AlertSettings,
  AlertSettingsChange,
} from '../../shared/contract/alerts.ts'
import type { Fault } from '../../shared/contract/errors.ts'
import type { PartName, Snapshot } from '../../shared/contract/monitoring.ts'
import type { Result } from '../../shared/result.ts'
import { createChangeLog } from '../alerts/change-log.ts'
import { createCourier } from '../alerts/courier.ts'
import { createAlertDesk } from '../alerts/desk.ts'
import type { Observation } from '../alerts/observation.ts'
import { createPartWatch } from '../alerts/part-watch.ts'
import type { SendChange } from '../alerts/webhook.ts'
import type { BookStorage } from '../ledger/book.ts'
import type { Totals } from '../metrics/totals.ts'
import { createBreakerWatch } from './breaker-watch.ts'
import { createHistory } from './history.ts'
import type { OriginFigures } from './origin-figures.ts'
import { callsOfPart } from './part-calls.ts'
import { columnsOf } from './sample.ts'
import { describeSnapshot } from './snapshot.ts'
import { createStreams } from './streams.ts'

/** Sums over the windows that the routes show; `all` is of all time. */
export interface MonitorView {
  readonly snapshot: Omit<Snapshot, 'history'> | null
  readonly windows: Readonly<Record<'1m' | '5m' | '1h', { readonly totals: Totals; readonly spanMs: number }>>
  readonly all: Totals
}

/**
 * What watches the deployment where its figures are summed: it takes the sum once in a while, keeps an hour of it, holds it
 * against the alerts' rules, and tells streams and webhook what is new. A part of the object that sums, and no object itself.
 */
export interface Monitor {
  /**
   * Takes the sum of all that was ever counted, and what the origin last told of itself; to be called once a second while
   * `isBusy`, and now and then else.
   */
  note(totals: Totals, origin: OriginFigures | null, nowMs: number): void
  /** Somebody looks on, or an alert is pending or firing: a second may matter. */
  readonly isBusy: boolean
  /** Tries what is due at the webhook. Never rejects. */
  deliver(): Promise<void>
  deliveryDueAtMs(): number | null
  view(): MonitorView
  report(): AlertReport
  settings(): AlertSettings
  changeSettings(change: AlertSettingsChange): Result<AlertSettings, Fault[]>
  /** Null where there are too many. */
  openStream(lastEventId: number | null): ReadableStream<Uint8Array> | null
}

interface MonitorOptions {
  readonly storage: BookStorage
  readonly clock: Clock
  /** Null: no webhook. */
  readonly send: SendChange | null
  readonly disabledParts: ReadonlySet<PartName>
  /** The sum as the object begins. */
  readonly totals: Totals
  readonly newId: () => string
  readonly random: () => number
}

const windowsMs = { '1m': 60_000, '5m': 300_000, '1h': 3_600_000 } as const

export function createMonitor(options: MonitorOptions): Monitor {
  const { storage, clock, send, disabledParts, totals, newId, random } = options
  const history = createHistory(storage, totals, clock.now())
  const parts = createPartWatch()
  const breakers = createBreakerWatch()
  const log = createChangeLog(storage, send !== null)
  const desk = createAlertDesk({ storage, changes: log, newId })
  const courier = createCourier(log, send, clock, random)
  let [all, origin, notedAtMs]: [Totals, OriginFigures | null, number] = [totals, null, clock.now()]

  const snapshot = () =>
    describeSnapshot({
      sample: history.latest(),
      all,
      lastMinute: history.windowOf(windowsMs['1m']).totals,
      standings: parts.standings(),
      breakersOf: breakers.breakersOf,
      disabledParts,
      origin,
      alerts: desk.alerts(),
    })
  const streams = createStreams(
    {
      snapshot,
      samplesAfter: (atMs) => columnsOf(history.samplesAfter(atMs)),
      changesAfter: (atMs) => changesAfter(log.latest(), atMs),
    },
    clock,
  )

  return {
    note(sum, told, nowMs) {
      const news = history.note(sum, nowMs)
      const callsOf = (part: Parameters<typeof callsOfPart>[1]) => callsOfPart(news, part)
      parts.note(
        {
          edge_cache: callsOf('edge_cache'),
          kv: callsOf('kv'),
          redis: callsOf('redis'),
          ledger: callsOf('ledger'),
          origin: callsOf('origin'),
        },
        nowMs,
        nowMs - notedAtMs,
      )
      breakers.note(news)
      ;[all, origin, notedAtMs] = [sum, told, nowMs]
      desk.observe(observationOf(history.sumsOver, parts.standings(), told, nowMs))
      streams.publish()
    },
    get isBusy() {
      const isUneasy = desk.alerts().some(({ state }) => state === 'pending' || state === 'firing')
      return streams.count > 0 || isUneasy
    },
    deliver: courier.deliver,
    deliveryDueAtMs: courier.dueAtMs,
    view: () => ({
      snapshot: snapshot(),
      windows: {
        '1m': history.windowOf(windowsMs['1m']),
        '5m': history.windowOf(windowsMs['5m']),
        '1h': history.windowOf(windowsMs['1h']),
      },
      all,
    }),
    report: () => desk.report(clock.now()),
    settings: desk.settings,
    changeSettings: desk.changeSettings,
    openStream: streams.open,
  }
}

function observationOf(
  sumsOver: (windowSeconds: number, nowMs: number) => ReturnType<Observation['over']>,
  standings: Observation['parts'],
  origin: OriginFigures | null,
  atMs: number,
): Observation {
  const waiting = origin?.outbox?.waiting ?? null
  return {
    atMs,
    over: (windowSeconds) => sumsOver(windowSeconds, atMs),
    parts: standings,
    outbox: waiting === null ? null : { oldestAgeMs: waiting.oldestAgeMs },
    queues: { outbox: waiting?.depth ?? null, origin_queries: origin?.pool.waiting ?? null },
  }
}

/** Oldest first, from changes that are newest first. */
function changesAfter(changes: AlertReport['changes'], atMs: number): AlertChange[] {
  return changes
    .filter(({ at }) => Date.parse(at) > atMs)
    .map(({ delivery: _delivery, ...change }) => change)
    .reverse()
}
