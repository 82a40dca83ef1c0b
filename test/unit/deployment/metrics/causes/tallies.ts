import type { Tally } from '../../../../../worker/deployment/metrics/causes/sketch.ts'

export function tallyOf(reads: number, misses: number, errors: number, durationMs: number): Tally {
  return { reads, misses, errors, durationMs }
}
