/**
 * Durations counted by bucket, so that those of many processes and minutes add up. A bucket ends √2 times later than the one before it:
 * a percentile read from them is at most that much too high.
 */
const bucketsMax = 46
const growth = Math.SQRT2

/** The longest duration of each bucket; the last one also holds all that are longer, from an hour and a half on. */
const bucketEndsMs: readonly number[] = Array.from({ length: bucketsMax }, (_, bucket) => growth ** bucket)

export function emptyDurations(): number[] {
  return Array.from({ length: bucketsMax }, () => 0)
}

export function countDuration(counts: number[], durationMs: number): void {
  const bucket = bucketEndsMs.findIndex((endMs) => durationMs <= endMs)
  const counted = bucket < 0 ? bucketsMax - 1 : bucket
  counts[counted] = (counts[counted] ?? 0) + 1
}

/** The duration that a share of all counted ones does not exceed; null if nothing was counted. */
export function percentileMs(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  for (const [bucket, count] of counts.entries()) {
    seen += count
    if (seen >= share * total) return Math.round(bucketEndsMs[bucket] ?? 0)
  }
  return Math.round(bucketEndsMs.at(-1) ?? 0)
}
