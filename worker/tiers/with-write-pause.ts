import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Tier } from './tier.ts'

/**
 * The same tier, written at most once in `pauseMs` a key by this isolate: a put that comes sooner is `skipped`. What is
 * skipped may have been newer than what was written; whoever reads that judges it, and brings the newer one again.
 *
 * The pause begins when a write is sent and again when it settles: until then it may still be on its way. Of a refused
 * write too, since a refusal means that another isolate wrote. Writes of other isolates are not known here: the place
 * refuses those that come too soon, and that does no harm. The memory is bounded; what it forgets may be written again.
 */
export function withWritePause<Wrapped extends Tier>(
  tier: Wrapped,
  clock: Clock,
  pauseMs: number = limits.kvWritePauseMs,
  keysMax: number = limits.isolateKvWritesMax,
): Wrapped {
  const writtenAtMs = new LRUCache<CacheKey, number>({ max: keysMax })
  return {
    ...tier,
    async put(key, entry, signal) {
      const nowMs = clock.now()
      const lastMs = writtenAtMs.get(key)
      if (lastMs !== undefined && nowMs - lastMs < pauseMs) return ok('skipped')
      writtenAtMs.set(key, nowMs)
      const put = await tier.put(key, entry, signal)
      const wasSent = put.ok ? put.value === 'stored' : !neverSent.has(put.error.kind)
      if (wasSent) writtenAtMs.set(key, clock.now())
      else writtenAtMs.delete(key)
      return put
    },
  }
}

/** Failures that come before any I/O. */
const neverSent: ReadonlySet<string> = new Set(['breaker-open', 'too-large'])
