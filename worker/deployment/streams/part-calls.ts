import { type PartName, tierOfPart } from '../../../shared/contract/tier-names.ts'
import type { PartCalls } from '../alerts/part-watch.ts'
import { latencyOf, outcomesOf } from '../metrics/render.ts'
import type { Totals } from '../metrics/totals.ts'

/**
 * Outcomes in which a caller did not reach the part. A corrupt entry is an answer, and a call that was refused before
 * any I/O says nothing about the part.
 */
const failures = new Set(['timeout', 'unavailable', 'rate-limited', 'breaker-open'])
const silent = new Set(['too-large', 'skipped'])

/**
 * How often each outcome of a part's calls occurred. Of a tier only reads count, since that is what its callers wait
 * for.
 */
function outcomesOfPart(totals: Totals, part: PartName): Record<string, number> {
  if (part === 'ledger') return outcomesOf(totals, 'ledger_calls')
  if (part === 'origin') return outcomesOf(totals, 'origin_calls')
  return outcomesOf(totals, 'tier_gets', tierOfPart(part))
}

export function callsOfPart(totals: Totals, part: PartName): PartCalls {
  let succeeded = 0
  let failed = 0
  for (const [outcome, times] of Object.entries(outcomesOfPart(totals, part))) {
    if (failures.has(outcome)) failed += times
    else if (!silent.has(outcome)) succeeded += times
  }
  return { succeeded, failed }
}

export function latencyOfPart(totals: Totals, part: PartName) {
  if (part === 'ledger') return latencyOf(totals, 'ledger_call')
  if (part === 'origin') return latencyOf(totals, 'origin_call')
  return latencyOf(totals, 'tier_get', { tier: tierOfPart(part) })
}
