import type { Clock } from '../../shared/clock.ts'
import type { AlertChange, AlertReport } from '../../shared/contract/alerts.ts'
import { byPart, type PartName } from '../../shared/contract/tier-names.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import { createChangeLog } from './alerts/change-log.ts'
import { createCourier } from './alerts/courier.ts'
import { createAlertDesk } from './alerts/desk.ts'
import type { Observation } from './alerts/observation.ts'
import { createPartWatch } from './alerts/part-watch.ts'
import type { SendChange } from './alerts/webhook.ts'
import type { Figures, Sample } from './metrics/figures.ts'
import type { Samples } from './metrics/samples.ts'
import type { Monitoring } from './monitoring-contract.ts'
import type { Now, WindowSums } from './streams/deployment-now.ts'
import { callsOfPart } from './streams/part-calls.ts'
import { columnsOf, showSample } from './streams/sample.ts'
import { describeNow, summaryOf } from './streams/snapshot.ts'
import { createStreams } from './streams/streams.ts'

/** The figures that are watched: the overview's. */
export interface Watched {
  readonly samples: Samples
  snapshot(): Figures
  /** Asks for a sample a second for a while. */
  watch(): void
}

/**
 * What watches the deployment where its figures are summed: it holds each sample against the alerts' rules, and tells streams
 * and webhook what is new. A part of the object that sums, and no object itself.
 */
export interface Monitor extends Monitoring {
  /** Takes what has just been sampled. */
  look(sample: Sample): void
}

interface MonitorOptions {
  readonly watched: Watched
  readonly storage: SqlStorage
  readonly clock: Clock
  /** Null: no webhook. */
  readonly send: SendChange | null
  /** Parts that are switched off. */
  readonly disabledParts: ReadonlySet<PartName>
  readonly newId: () => string
  readonly random: () => number
}

/** Tries that come sooner than the next sample of a quiet deployment ask for it to come sooner. */
const soonMs = 10_000

export function createMonitor(options: MonitorOptions): Monitor {
  const { watched, storage, clock, send, disabledParts, newId, random } = options
  const { samples } = watched
  const parts = createPartWatch()
  const log = createChangeLog(storage, send !== null)
  const desk = createAlertDesk({ storage, changes: log, newId })
  const courier = createCourier(log, send, clock, random)

  function now(): Now | null {
    const sample = samples.newest()
    if (sample === null) return null
    return describeNow({
      sample,
      figures: watched.snapshot(),
      lastMinute: samples.over(60).totals,
      statuses: parts.statuses(),
      disabledParts,
      alerts: desk.alerts(),
    })
  }
  /** Of the latest change: most seconds have none, and then nothing is read for any stream. */
  let changedAtMs = Math.max(0, ...log.latest().map(({ at }) => Date.parse(at)))
  const streams = createStreams(
    {
      snapshot: now,
      samplesAfter: (atMs) => columnsOf(samples.since(atMs ?? 0).map(showSample)),
      changesAfter: (atMs) => (atMs < changedAtMs ? changesAfter(log.latest(), atMs) : []),
    },
    clock,
  )

  const sumWindows = createWindowSums(watched)

  /** Somebody looks on, or a second matters to an alert or to a try. */
  function isBusy(nowMs: number): boolean {
    const dueAtMs = courier.dueAtMs()
    const isDueSoon = dueAtMs !== null && dueAtMs - nowMs < soonMs
    return streams.count > 0 || isDueSoon || desk.alerts().some(({ state }) => state === 'pending')
  }

  return {
    look(sample) {
      parts.note(callsOfParts(sample), sample.atMs, sample.spanMs)
      const seen = observationOf(sample, samples, parts.statuses(), watched.snapshot())
      if (desk.observe(seen).length > 0) changedAtMs = sample.atMs
      streams.publish()
      // Not waited for: a try writes down itself how it ended.
      void courier.deliver().catch((error: unknown) => reportFailure(error))
      if (isBusy(sample.atMs)) watched.watch()
    },
    now() {
      watched.watch()
      return now()
    },
    windowSums() {
      watched.watch()
      return sumWindows()
    },
    alertSummary: () => summaryOf(desk.alerts()),
    alertReport: () => desk.report(clock.now()),
    alertSettings: desk.settings,
    changeAlertSettings: desk.changeSettings,
    openStream(lastEventId, holder) {
      watched.watch()
      return streams.open(lastEventId, holder)
    },
  }
}

/** An hour takes a third of a second to add up: once for all who ask between two samples. */
function createWindowSums(watched: Watched): () => WindowSums {
  const { samples } = watched
  let known: { readonly of: Sample | null; readonly sums: WindowSums } | null = null
  return () => {
    const newest = samples.newest()
    if (known === null || known.of !== newest) {
      const windows = { '1m': samples.over(60), '5m': samples.over(300), '1h': samples.over(3_600) }
      known = { of: newest, sums: { windows, all: watched.snapshot().totals } }
    }
    return known.sums
  }
}

/** Of storage that cannot be written. Names the error alone: a message may hold anything. */
function reportFailure(error: unknown): void {
  const name = error instanceof Error ? error.name : 'unknown'
  console.error(JSON.stringify({ level: 'error', message: 'alerts were not told', error: name }))
}

const callsOfParts = ({ totals }: Sample) => byPart((part) => callsOfPart(totals, part))

/** What an origin told that no longer answers is not known to be so. */
function observationOf(
  { atMs }: Sample,
  samples: Samples,
  parts: Observation['parts'],
  { origin }: Figures,
): Observation {
  const told = origin?.isUp === true ? origin : null
  const oldestAgeMs = told?.outbox?.oldestAgeMs ?? null
  return {
    atMs,
    over: (windowSeconds) => samples.sumsOver(windowSeconds),
    parts,
    outbox: oldestAgeMs === null ? null : { oldestAgeMs },
    queues: { outbox: told?.outbox?.depth ?? null, origin_queries: told?.queriesWaiting ?? null },
  }
}

/** Oldest first, from changes that are newest first. */
function changesAfter(changes: AlertReport['changes'], atMs: number): AlertChange[] {
  return changes
    .filter(({ at }) => Date.parse(at) > atMs)
    .map(({ delivery: _delivery, ...change }) => change)
    .reverse()
}
