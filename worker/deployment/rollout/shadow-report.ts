import type { ShadowReport } from '../../../shared/contract/rollout.ts'
import { shadowOutcomes } from '../../../shared/contract/rollout.ts'
import { counterFamilies, durationFamilies, seriesOfFamily } from '../metrics/families.ts'
import type { Totals } from '../metrics/totals.ts'

const noOutcomes = { match: 0, mismatch: 0, late: 0, miss: 0, unknown: 0, skipped: 0 }

/** The findings of shadow's comparisons by resource, from the deployment's figures. */
export function shadowReportOf(
  { counters, durations }: Totals,
  findings: Pick<ShadowReport, 'differences' | 'suspected'>,
): ShadowReport {
  const byResource = new Map<string, ShadowReport['resources'][number]>()
  const { labels } = counterFamilies.shadow_comparisons
  for (const { labels: named, value } of seriesOfFamily(counters, 'shadow_comparisons', labels)) {
    const outcome = shadowOutcomes.find((each) => each === named.outcome)
    if (named.resource === undefined || outcome === undefined) continue
    const known = byResource.get(named.resource)
    const outcomes = { ...(known?.outcomes ?? noOutcomes), [outcome]: value }
    byResource.set(named.resource, { resource: named.resource, outcomes, saved_ms: null })
  }
  const saved = seriesOfFamily(durations, 'shadow_saved', durationFamilies.shadow_saved.labels)
  for (const { labels: named, value } of saved) {
    const known = byResource.get(named.resource ?? '')
    if (known === undefined || value.count === 0) continue
    byResource.set(known.resource, { ...known, saved_ms: value.sumMicroseconds / value.count / 1_000 })
  }
  const resources = [...byResource.values()].sort((one, other) => one.resource.localeCompare(other.resource))
  return { resources, ...findings }
}
