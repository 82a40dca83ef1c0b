import type { Alert, AlertSummary } from '../../shared/contract/alerts.ts'
import type { Outbox, PartHealth, PartName, Sample, Snapshot } from '../../shared/contract/monitoring.ts'
import { partNames } from '../../shared/contract/monitoring.ts'
import type { PartStanding, WatchedPart } from '../alerts/observation.ts'
import { watchedParts } from '../alerts/observation.ts'
import { readsOf } from '../metrics/render.ts'
import type { Totals } from '../metrics/totals.ts'
import type { OriginFigures } from './origin-figures.ts'
import { callsOfPart, latencyOfPart } from './part-calls.ts'

interface Seen {
  readonly sample: Sample | null
  readonly all: Totals
  readonly lastMinute: Totals
  readonly standings: Readonly<Record<WatchedPart, PartStanding>>
  readonly breakersOf: (part: PartName) => PartHealth['breakers']
  readonly disabledParts: ReadonlySet<PartName>
  readonly origin: OriginFigures | null
  readonly alerts: Alert[]
}

/** The deployment now, in the words of the contract; null before the first sample. */
export function describeSnapshot(seen: Seen): Omit<Snapshot, 'history'> | null {
  const { sample, all, alerts, origin } = seen
  if (sample === null) return null
  const reads = readsOf(all)
  return {
    at_ms: sample.at_ms,
    sample,
    totals: {
      requests: reads.total,
      errors: reads.errors,
      hit_rate: reads.total === 0 ? null : reads.hits / reads.total,
    },
    parts: partNames.map((part) => describePart(part, seen)),
    outbox: describeOutbox(origin),
    alerts,
  }
}

export function summaryOf(alerts: readonly Alert[]): AlertSummary {
  const firing = alerts.filter(({ state }) => state === 'firing')
  return {
    firing: firing.length,
    pending: alerts.filter(({ state }) => state === 'pending').length,
    names: firing.map(({ name }) => name),
  }
}

function describePart(part: PartName, seen: Seen): PartHealth {
  const { lastMinute, standings, breakersOf, disabledParts } = seen
  const { succeeded, failed } = callsOfPart(lastMinute, part)
  const latency = latencyOfPart(lastMinute, part)
  const watched = watchedParts.find((each) => each === part)
  const awayMs = watched === undefined ? 0 : standings[watched].awayMs
  const calls = succeeded + failed
  return {
    part,
    state: disabledParts.has(part) ? 'disabled' : stateOf(awayMs, calls, failed),
    calls,
    failures: failed,
    p95_ms: latency.count === 0 ? null : latency.p95_ms,
    away_seconds: awayMs > 0 ? awayMs / 1_000 : null,
    breakers: breakersOf(part),
  }
}

function stateOf(awayMs: number, calls: number, failed: number): PartHealth['state'] {
  if (awayMs > 0) return 'away'
  if (calls === 0) return 'idle'
  return failed > 0 ? 'failing' : 'healthy'
}

function describeOutbox(origin: OriginFigures | null): Outbox | null {
  if (origin === null) return null
  const { outbox } = origin
  if (outbox === null) return { status: 'off', depth: null, oldest_age_ms: null, parked: null, relayed: 0 }
  return {
    status: outbox.status,
    depth: outbox.waiting?.depth ?? null,
    oldest_age_ms: outbox.waiting?.oldestAgeMs ?? null,
    parked: outbox.waiting?.parked ?? null,
    relayed: outbox.relayed,
  }
}
