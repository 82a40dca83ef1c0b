import type { Alert, AlertSummary } from '../../../shared/contract/alerts.ts'
import type { Outbox, PartHealth } from '../../../shared/contract/monitoring.ts'
import { type PartName, partNames } from '../../../shared/contract/tier-names.ts'
import type { PartStatus, WatchedPart } from '../alerts/observation.ts'
import { watchedParts } from '../alerts/observation.ts'
import type { Figures, OriginStatus, Sample } from '../metrics/figures.ts'
import { readSums } from '../metrics/read-sums.ts'
import type { Totals } from '../metrics/totals.ts'
import { breakersOf } from './breakers.ts'
import type { Now } from './deployment-now.ts'
import { callsOfPart, latencyOfPart } from './part-calls.ts'
import { showSample } from './sample.ts'

interface Seen {
  readonly sample: Sample
  readonly figures: Figures
  readonly lastMinute: Totals
  readonly statuses: Readonly<Record<WatchedPart, PartStatus>>
  /** Parts that are switched off by configuration. */
  readonly disabledParts: ReadonlySet<PartName>
  readonly alerts: Alert[]
}

/** The state of the deployment, in the form of the contract. */
export function describeNow(seen: Seen): Now {
  const { sample, figures, alerts } = seen
  const { requests, hits, errors } = readSums(figures.totals)
  return {
    at_ms: sample.atMs,
    sample: showSample(sample),
    totals: { requests, errors, hit_rate: requests === 0 ? null : hits / requests },
    parts: partNames.map((part) => describePart(part, seen)),
    outbox: describeOutbox(figures.origin),
    alerts,
  }
}

/** How many alerts are firing or pending, and which are firing. */
export function summaryOf(alerts: readonly Alert[]): AlertSummary {
  const firing = alerts.filter(({ state }) => state === 'firing')
  return {
    firing: firing.length,
    pending: alerts.filter(({ state }) => state === 'pending').length,
    names: firing.map(({ name }) => name),
  }
}

function describePart(part: PartName, seen: Seen): PartHealth {
  const { figures, lastMinute, statuses, disabledParts } = seen
  const { succeeded, failed } = callsOfPart(lastMinute, part)
  const latency = latencyOfPart(lastMinute, part)
  const watched = watchedParts.find((each) => each === part)
  const awayMs = watched === undefined ? 0 : statuses[watched].awayMs
  const calls = succeeded + failed
  return {
    part,
    state: disabledParts.has(part) ? 'disabled' : stateOf(awayMs, calls, failed),
    calls,
    failures: failed,
    p95_ms: latency.count === 0 ? null : latency.p95_ms,
    away_seconds: awayMs > 0 ? awayMs / 1_000 : null,
    breakers: breakersOf(part, figures.gauges),
  }
}

function stateOf(awayMs: number, calls: number, failed: number): PartHealth['state'] {
  if (awayMs > 0) return 'away'
  if (calls === 0) return 'idle'
  return failed > 0 ? 'failing' : 'healthy'
}

/** Null while the origin does not answer: its last report may no longer be true. */
function describeOutbox(origin: OriginStatus | null): Outbox | null {
  if (origin?.isUp !== true) return null
  const { outbox } = origin
  if (outbox === null) return { status: 'off', depth: null, oldest_age_ms: null, parked: null, relayed: 0 }
  const { status, depth, oldestAgeMs, parked, relayed } = outbox
  return { status, depth, oldest_age_ms: oldestAgeMs, parked, relayed }
}
