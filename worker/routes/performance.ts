import type { WireError } from '../../shared/contract/errors.ts'
import type { PerformanceAnswer } from '../../shared/contract/management.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import { cacheKey, trialKey } from '../entry/key.ts'
import type { Services } from '../services.ts'
import type { Tier } from '../tiers/tier.ts'
import { questionsInTurn, type Warming } from './warm-up.ts'

interface PerformanceServices extends Pick<Services, 'clock'> {
  readonly origin: Pick<Services['origin'], 'load'>
  readonly tiers: { readonly kv: Tier; readonly redis: Tier | null }
}

type Measured = Omit<PerformanceAnswer, 'cacheStats'>

/**
 * Measures four reads of one resource: from the database; from Redis without the entry and then from the database; from Redis
 * with the entry; from KV. The entry has a key of its own, which is removed afterwards.
 */
export async function measurePerformance(
  services: PerformanceServices,
  { workspaceId, caller }: Warming,
  declared: readonly Resource[] = resources,
): Promise<Result<Measured, WireError>> {
  const { clock, origin } = services
  const { redis, kv } = services.tiers
  const nonce = crypto.randomUUID()
  const question = measuredQuestion(declared, workspaceId)
  const key = trialKey(await cacheKey(question, workspaceId, null), nonce)

  async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; timeMs: number }> {
    const startedAtMs = clock.now()
    const value = await work()
    return { value, timeMs: clock.now() - startedAtMs }
  }
  // Each load has a version of its own, so that the origin does not answer both with one query.
  const load = (version: string) => origin.load(question, { workspaceId, userId: null, version }, caller)

  const standard = await timed(() => load(`${nonce}:1`))
  if (!standard.value.ok) return standard.value
  const body = standard.value.value
  const entry: Entry = {
    workspaceId,
    found: body !== null,
    stamp: { ledgerId: nonce, version: versionZero },
    tags: [],
    createdAtMs: clock.now(),
    loadMs: standard.timeMs,
    deleteAtMs: clock.now() + limits.kvExpirationSecondsMin * 1000,
    etag: '',
    body: body ?? new Uint8Array(),
  }
  const improvementPercent = (timeMs: number) =>
    standard.timeMs === 0 ? 0 : Math.round((1 - timeMs / standard.timeMs) * 1000) / 10

  /** Measures a read of the entry that was just put; null if the tier does not return it. */
  async function warm(tier: Tier): Promise<{ timeMs: number; improvementPercent: number } | null> {
    const put = await tier.put(key, entry)
    const got = await timed(async () => tier.get(key))
    const isHit = put.ok && got.value.ok && got.value.value !== null
    return isHit ? { timeMs: got.timeMs, improvementPercent: improvementPercent(got.timeMs) } : null
  }

  async function cold(tier: Tier): Promise<{ timeMs: number; improvementPercent: number } | null> {
    const read = await timed(async () => {
      const missed = await tier.get(key)
      return missed.ok && (await load(`${nonce}:2`)).ok
    })
    return read.value ? { timeMs: read.timeMs, improvementPercent: improvementPercent(read.timeMs) } : null
  }

  const redisCold = redis === null ? null : await cold(redis)
  const redisWarm = redis === null ? null : await warm(redis)
  const edge = await warm(kv)
  caller.keepAlive(Promise.all([kv.remove([key]), redis?.remove([key])]))
  return ok({
    resource: question.resource.name,
    performance: {
      standard: { timeMs: standard.timeMs, type: 'database' },
      redisCold: redisCold === null ? null : { ...redisCold, type: 'redis_miss' },
      redisWarm: redisWarm === null ? null : { ...redisWarm, type: 'redis_hit' },
      edge: edge === null ? null : { ...edge, type: 'kv_hit' },
    },
  })
}

/** The first question that even an empty workspace has and whose answer all its users share. */
function measuredQuestion(declared: readonly Resource[], workspaceId: WorkspaceId): Question {
  const nothingElse = { boardIds: [], leadIds: [], campaignIds: [], segmentIds: [] }
  const [question] = questionsInTurn(declared, { workspaceId, ...nothingElse }).filter(
    ({ sharing }) => sharing === 'workspace',
  )
  if (question === undefined) throw new Error('no declared resource has a question that every workspace has')
  return question
}
