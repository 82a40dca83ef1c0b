import { LRUCache } from 'lru-cache'
import { limits } from '../../shared/limits.ts'

/**
 * How often entries of a workspace that were found wrong may be healed: a key once an hour, and ten keys a minute. A defect that
 * heals itself without an end would add load to an origin that is late already.
 */
export class Healings {
  private readonly byKey = new LRUCache<string, number>({ max: limits.healedKeysMax })
  private lately: readonly number[] = []

  /** Whether a key may be healed now. If so, it counts. */
  take(keyDigest: string, nowMs: number): boolean {
    const healedAtMs = this.byKey.get(keyDigest)
    if (healedAtMs !== undefined && nowMs - healedAtMs < limits.healKeyEveryMs) return false
    const lately = this.lately.filter((atMs) => nowMs - atMs < 60_000)
    if (lately.length >= limits.healingsPerMinuteMax) return false
    this.byKey.set(keyDigest, nowMs)
    this.lately = [...lately, nowMs]
    return true
  }
}
