import type { WireError } from '../../shared/contract/errors.ts'
import type { Performance } from '../../shared/contract/management.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import { cacheKey, trialKey } from '../entry/key.ts'
import type { Services } from '../services.ts'
import { type Tier, unaborted } from '../tiers/tier.ts'
import type { Warming } from './warm-up.ts'

/**
 * Reads the workspace's counts four times, really: from the database; from Redis where it is not, and then from
 * the database; from Redis where it is; from KV. Under a key of its own, which is removed afterwards.
 */
export async function measurePerformance(
  services: Services,
  { workspaceId, caller }: Warming,
): Promise<Result<Performance, WireError>> {
  const { clock, origin } = services
  const { redis, kv } = services.tiers
  const nonce = crypto.randomUUID()
  const question = contactCounts.questionOf({})
  const key = trialKey(await cacheKey(question, workspaceId, null), nonce)

  async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; timeMs: number }> {
    const startedAtMs = clock.now()
    const value = await work()
    return { value, timeMs: clock.now() - startedAtMs }
  }
  // A version of its own each time: the origin must not answer both loads with one query.
  const load = (version: string) => origin.load(question, { workspaceId, userId: null, version }, caller)

  const standard = await timed(() => load(`${nonce}:1`))
  if (!standard.value.ok) return standard.value
  const body = standard.value.value
  if (body === null) return err({ code: 'internal' })
  const entry: Entry = {
    workspaceId,
    found: true,
    stamp: { ledgerId: nonce, version: versionZero },
    tags: [],
    createdAtMs: clock.now(),
    loadMs: standard.timeMs,
    deleteAtMs: clock.now() + limits.kvExpirationSecondsMin * 1000,
    etag: '',
    body,
  }
  const improvementPercent = (timeMs: number) =>
    standard.timeMs === 0 ? 0 : Math.round((1 - timeMs / standard.timeMs) * 1000) / 10

  /** A read from the tier, or null where it did not give what was put. */
  async function warm(tier: Tier): Promise<{ timeMs: number; improvementPercent: number } | null> {
    const put = await tier.put(key, entry, unaborted())
    const got = await timed(() => tier.get(key, unaborted()))
    const isHit = put.ok && got.value.ok && got.value.value !== null
    return isHit ? { timeMs: got.timeMs, improvementPercent: improvementPercent(got.timeMs) } : null
  }

  async function cold(tier: Tier): Promise<{ timeMs: number; improvementPercent: number } | null> {
    const read = await timed(async () => {
      const missed = await tier.get(key, unaborted())
      return missed.ok && (await load(`${nonce}:2`)).ok
    })
    return read.value ? { timeMs: read.timeMs, improvementPercent: improvementPercent(read.timeMs) } : null
  }

  const redisCold = redis === null ? null : await cold(redis)
  const redisWarm = redis === null ? null : await warm(redis)
  const edge = await warm(kv)
  caller.keepAlive(Promise.all([kv.remove([key], unaborted()), redis?.remove([key], unaborted())]))
  return ok({
    standard: { timeMs: standard.timeMs, type: 'database' },
    redisCold: redisCold === null ? null : { ...redisCold, type: 'redis_miss' },
    redisWarm: redisWarm === null ? null : { ...redisWarm, type: 'redis_hit' },
    edge: edge === null ? null : { ...edge, type: 'kv_hit' },
  })
}
