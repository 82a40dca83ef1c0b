/**
 * The smallest value that at least this share of all values does not exceed (nearest rank), as the Worker defines
 * percentiles. NaN for an empty list.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
