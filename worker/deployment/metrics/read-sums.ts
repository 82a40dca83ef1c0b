import { bySource, type SourceName, sourceNames } from '../../../shared/contract/tier-names.ts'
import { counterFamilies, durationFamilies, seriesOfFamily } from './families.ts'
import type { ReadSums } from './figures.ts'
import type { Histogram } from './histogram.ts'
import { mailSums } from './mail-sums.ts'
import type { Totals } from './totals.ts'

/**
 * Sums the reads of cached resources, and inbound e-mail. A hit was answered from a tier, fresh or stale; everything else is a miss, errors
 * included.
 */
export function readSums(totals: Totals): ReadSums {
  let [requests, hits, errors, clientErrors] = [0, 0, 0, 0]
  const sources = bySource(() => 0)
  for (const { labels, value } of seriesOfFamily(totals.counters, 'reads', counterFamilies.reads.labels)) {
    requests += value
    if (labels.status === 'HIT' || labels.status === 'STALE') hits += value
    const code = Number(labels.code)
    if (code >= 500) errors += value
    else if (code >= 400) clientErrors += value
    if (isSource(labels.source)) sources[labels.source] += value
  }
  const microseconds = seriesOfFamily<string, Histogram>(
    totals.durations,
    'read',
    durationFamilies.read.labels,
  )
    .map(({ value }) => value.sumMicroseconds)
    .reduce((sum, each) => sum + each, 0)
  const violations = totals.counters['consistency_violations'] ?? 0
  const mail = mailSums(totals)
  const durationMs = microseconds / 1_000
  return { requests, hits, errors, clientErrors, violations, durationMs, sources, mail }
}

const sources: ReadonlySet<string | undefined> = new Set(sourceNames)

function isSource(label: string | undefined): label is SourceName {
  return sources.has(label)
}
