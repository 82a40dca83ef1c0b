import type { EntryNamespaceName } from '../../shared/redis/names.ts'
import { ok } from '../../shared/result.ts'
import { namespaceOf } from '../entry/key.ts'
import type { BreakerState } from '../events.ts'
import type { BreakerStatus } from '../outbound/circuit-breaker.ts'
import type { BreakerTier } from './with-breaker.ts'

/**
 * One tier of two Redis, each with policy of its own around it, so that one that is away does not keep the other's entries from their
 * readers. Its probe needs both, and of each breaker it shows the one that is worse off.
 */
export function createTierByNamespace(parts: Readonly<Record<EntryNamespaceName, BreakerTier>>): BreakerTier {
  const { cache, emailCache } = parts
  return {
    name: cache.name,
    heedsSignals: cache.heedsSignals && emailCache.heedsSignals,
    get: (key, signal) => parts[namespaceOf(key)].get(key, signal),
    put: (key, entry, signal) => parts[namespaceOf(key)].put(key, entry, signal),
    async remove(keys, signal) {
      for (const part of [cache, emailCache]) {
        const removed = await part.remove(
          keys.filter((key) => parts[namespaceOf(key)] === part),
          signal,
        )
        if (!removed.ok) return removed
      }
      return ok(undefined)
    },
    async probe(signal) {
      const [one, other] = await Promise.all([cache.probe(signal), emailCache.probe(signal)])
      return one.ok ? other : one
    },
    breakers() {
      const [one, other] = [cache.breakers(), emailCache.breakers()]
      return { get: worse(one.get, other.get), put: worse(one.put, other.put) }
    },
  }
}

const badness: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

function worse(one: BreakerStatus, other: BreakerStatus): BreakerStatus {
  return badness[other.state] > badness[one.state] ? other : one
}
