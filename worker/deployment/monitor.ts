import type { Clock } from '../../shared/clock.ts'
import type { AlertChange, AlertReport } from '../../shared/contract/alerts.ts'
import { byPart, type PartName } from '../../shared/contract/tier-names.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import { authorOf, createActivityLog, type VersionRun } from './activity/activity-log.ts'
import { alertSettingsChanges } from './activity/alert-settings-changes.ts'
import { createChangeLog } from './alerts/change-log.ts'
import { createCourier } from './alerts/courier.ts'
import { createAlertDesk } from './alerts/desk.ts'
import type { Observation } from './alerts/observation.ts'
import { createPartWatch } from './alerts/part-watch.ts'
import type { SendChange } from './alerts/webhook.ts'
import type { NotedDeed } from './deeds/deed-log.ts'
import type { Figures, Sample } from './metrics/figures.ts'
import type { Samples } from './metrics/samples.ts'
import type { Monitoring, RolloutAnswers } from './monitoring-contract.ts'
import type { ClearRequest } from './redis/clear-log.ts'
import { rolloutHappening } from './rollout/rollout-activity.ts'
import type { RolloutChanged } from './rollout/rollout-desk.ts'
import type { Now, WindowSums } from './streams/deployment-now.ts'
import { callsOfPart } from './streams/part-calls.ts'
import { columnsOf, showSample } from './streams/sample.ts'
import { describeNow, summaryOf } from './streams/snapshot.ts'
import { createStreams } from './streams/streams.ts'

/** The figures that the monitor watches: those of the overview. */
export interface Watched {
  readonly samples: Samples
  snapshot(): Figures
  /** Requests a sample a second for a while. */
  watch(): void
}

/** The answers that other parts of the object give. */
type OfOthers = 'redisFindings' | 'clearRedis' | 'noteDeed' | 'deeds' | keyof RolloutAnswers

/**
 * Watches the deployment where its figures are summed: it evaluates the alerts with each sample, and sends news to the
 * streams and to the webhook. It is part of the object that sums, and not an object of its own.
 */
export interface Monitor extends Omit<Monitoring, OfOthers> {
  /** Takes the latest sample. */
  look(sample: Sample): void
  /** Takes the version of the Worker that runs. */
  seeVersion(version: string): void
  /** The versions in the order in which each began to run, the oldest first. */
  versionRuns(): readonly VersionRun[]
  /** Takes a clearing of Redis that was confirmed. */
  seeClearing(request: ClearRequest): void
  /** Takes a change of the rollout. */
  seeRollout(changed: RolloutChanged): void
  /** Takes a deed of an operator that is about to be done. */
  seeDeed(deed: NotedDeed): void
}

interface MonitorOptions {
  readonly watched: Watched
  readonly storage: SqlStorage
  readonly clock: Clock
  /** Null if no webhook is configured. */
  readonly send: SendChange | null
  /** Parts that are switched off by configuration. */
  readonly disabledParts: ReadonlySet<PartName>
  /** The share of its memory that each Redis uses, by name. */
  readonly redisMemory: () => Readonly<Record<string, number>>
  readonly newId: () => string
  readonly random: () => number
}

/** If the next try of a delivery is due within this time, the next sample of a quiet deployment is taken earlier. */
const soonMs = 10_000

export function createMonitor(options: MonitorOptions): Monitor {
  const { watched, storage, clock, send, disabledParts, redisMemory, newId, random } = options
  const { samples } = watched
  const parts = createPartWatch()
  const log = createChangeLog(storage, send !== null)
  const { desk, told } = createToldDesk({ storage, changes: log, newId }, clock)
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
  /** The time of the latest change. Most seconds have none, and then nothing is read for the streams. */
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

  /** Whether samples should come every second: somebody watches, or an alert or a delivery depends on it. */
  function isBusy(nowMs: number): boolean {
    const dueAtMs = courier.dueAtMs()
    const isDueSoon = dueAtMs !== null && dueAtMs - nowMs < soonMs
    return streams.count > 0 || isDueSoon || desk.alerts().some(({ state }) => state === 'pending')
  }

  return {
    look(sample) {
      parts.note(callsOfParts(sample), sample.atMs, sample.spanMs)
      const seen = observationOf(sample, samples, parts.statuses(), watched.snapshot(), redisMemory())
      if (desk.observe(seen).length > 0) changedAtMs = sample.atMs
      streams.publish()
      // Not awaited: each delivery records its own outcome.
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
    ...told,
    openStream(lastEventId, holder) {
      watched.watch()
      return streams.open(lastEventId, holder)
    },
  }
}

/** The desk of the alerts, and the log of activity that is told what it changes and what operators do. */
function createToldDesk(options: Parameters<typeof createAlertDesk>[0], clock: Clock) {
  const desk = createAlertDesk(options)
  const activity = createActivityLog(options.storage, clock)
  const told: Pick<
    Monitor,
    | 'changeAlertSettings'
    | 'activity'
    | 'seeVersion'
    | 'versionRuns'
    | 'seeClearing'
    | 'seeDeed'
    | 'seeRollout'
  > = {
    changeAlertSettings(change, by) {
      const before = desk.settings()
      const changed = desk.changeSettings(change)
      if (!changed.ok) return changed
      const listed = alertSettingsChanges(before, changed.value)
      if (listed.changes.length > 0) {
        activity.append({ kind: 'alert_settings', by: authorOf(by), ...listed })
      }
      return changed
    },
    activity: activity.page,
    seeVersion: activity.seeVersion,
    versionRuns: activity.runs,
    seeDeed: activity.appendDeed,
    seeClearing: ({ database, everywhere, by }) =>
      activity.append({ kind: 'redis_clear', by: authorOf(by), database, everywhere }),
    seeRollout: (changed) => activity.append(rolloutHappening(changed)),
  }
  const observe: typeof desk.observe = (observation) => {
    const changes = desk.observe(observation)
    activity.appendAlerts(changes)
    return changes
  }
  return { desk: { ...desk, observe }, told }
}

/** Summing an hour takes a third of a second, so the sums are shared by all requests between two samples. */
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

/** Storage could not be written. Only the error's name is logged: a message may contain anything. */
function reportFailure(error: unknown): void {
  const name = error instanceof Error ? error.name : 'unknown'
  console.error(
    JSON.stringify({ level: 'error', message: 'changes of alerts were not delivered', error: name }),
  )
}

const callsOfParts = ({ totals }: Sample) => byPart((part) => callsOfPart(totals, part))

/** While the origin does not answer, nothing is assumed about its outbox and queues. */
function observationOf(
  { atMs }: Sample,
  samples: Samples,
  parts: Observation['parts'],
  { origin }: Figures,
  redisMemory: Observation['redisMemory'],
): Observation {
  const told = origin?.isUp === true ? origin : null
  const oldestAgeMs = told?.outbox?.oldestAgeMs ?? null
  return {
    atMs,
    over: (windowSeconds) => samples.sumsOver(windowSeconds),
    parts,
    outbox: oldestAgeMs === null ? null : { oldestAgeMs },
    queues: { outbox: told?.outbox?.depth ?? null, origin_queries: told?.queriesWaiting ?? null },
    jobs: jobsSeen(told?.jobs ?? null),
    redisMemory,
  }
}

function jobsSeen(jobs: NonNullable<Figures['origin']>['jobs']): Observation['jobs'] {
  const seen = Object.entries(jobs ?? {}).map(([queue, { waiting, oldestWaitingMs, lastHour }]) => {
    const { completed, failed } = lastHour
    return [queue, { waiting, oldestWaitingMs, ended: completed + failed, failed }]
  })
  return Object.fromEntries(seen)
}

/** The changes after `atMs`, oldest first, from a list that has the newest first. */
function changesAfter(changes: AlertReport['changes'], atMs: number): AlertChange[] {
  return changes
    .filter(({ at }) => Date.parse(at) > atMs)
    .map(({ delivery: _delivery, ...change }) => change)
    .reverse()
}
