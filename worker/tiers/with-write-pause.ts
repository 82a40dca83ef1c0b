import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Tier } from './tier.ts'

/**
 * The same tier, which this isolate writes at most once in `pauseMs` for each key: an earlier put is `skipped`. The
 * skipped entry may have been newer than the stored one. Every reader judges what it reads, and writes the newer entry
 * again.
 *
 * The pause begins when a write is sent, and again when it settles, since it may be in flight until then. A refused
 * write starts the pause too: the refusal means that another isolate wrote. This isolate does not know of those writes;
 * the place refuses what comes too soon, which does no harm. The memory is bounded; a key that it forgets may be
 * written again.
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

/** Failures that happen before any I/O. */
const neverSent: ReadonlySet<string> = new Set(['breaker-open', 'too-large'])
