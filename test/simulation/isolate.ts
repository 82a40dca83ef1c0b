import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { CacheSettings } from '../../shared/contract/settings.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Memberships } from '../../worker/auth/membership.ts'
import { createMemberships } from '../../worker/auth/membership.ts'
import type { AnswerQuestion } from '../../worker/cache/answer.ts'
import { createReadPath } from '../../worker/cache/read-path.ts'
import type { Entry } from '../../worker/entry/entry.ts'
import type { Recorder } from '../../worker/events.ts'
import type { LedgerClient, LedgerStub } from '../../worker/ledger/ledger-client.ts'
import { createLedgerClient } from '../../worker/ledger/ledger-client.ts'
import { createSharedViews } from '../../worker/ledger/shared-views.ts'
import type { LoadTarget, Origin } from '../../worker/outbound/origin-client.ts'
import type { LocationCache } from '../../worker/platform/location-cache.ts'
import { createMemoryTier } from '../../worker/tiers/memory.ts'
import type { TierSlot } from '../../worker/tiers/slots.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { withBreaker } from '../../worker/tiers/with-breaker.ts'
import { withDeadline } from '../../worker/tiers/with-deadline.ts'
import { withWritePause } from '../../worker/tiers/with-write-pause.ts'
import type { Random } from '../support/random.ts'
import type { SeenRedisRead } from './clearings.ts'
import { lagMaxMsAt } from './clearings.ts'
import { createLivingClock, heardWhileAlive, type Life } from './life.ts'
import { namespaceFor } from './redis.ts'
import type { SimulatedTiers } from './tiers.ts'

/** The settings of a run's deployment, as wrangler.toml and the platform determine them. */
export interface Setup {
  readonly boundMs: number
  readonly staleIfErrorSeconds: number
  /** With 0 there is no memory tier. */
  readonly memoryBytes: number
  readonly hasEdgeCache: boolean
  readonly hasRedis: boolean
  readonly hasSharedViews: boolean
  /** Whether writes are told by the outbox and its relay, with marks. */
  readonly hasMarks: boolean
  /** Whether an operator changes the rollout meanwhile. */
  readonly hasRollouts: boolean
}

/** The read path of one isolate, with production's own code. */
export interface Isolate {
  readonly name: string
  readonly location: string
  readonly clock: Clock
  readonly answer: AnswerQuestion
  readonly memberships: Memberships
  readonly ledger: LedgerClient
  /** Its clients of Redis; null in a run without. */
  readonly redis: IsolateRedis | null
  /** The life of everything that the isolate does. It ends when the isolate vanishes. */
  readonly life: Life
  vanish(): void
}

interface IsolateRedis {
  /** The tier as it is, without policy around it. */
  readonly tier: Tier
  readonly limits: RedisNamespace
}

/** The parts of the world that an isolate can reach. */
export interface Surroundings {
  readonly setup: Setup
  readonly world: Clock
  readonly random: Random
  readonly tiers: SimulatedTiers
  /** The location of Redis' primary. */
  readonly primary: string
  /** The part of the location's cache that holds shared views. */
  readonly viewCache: Pick<LocationCache, 'match' | 'put'>
  ledgerStub(workspaceId: WorkspaceId): LedgerStub
  /** The database's answer through the origin. It rejects or never settles if the origin cannot be reached. */
  readonly origin: SimulatedOrigin
  /** Sees every entry that is given to a tier. */
  sawPut(entry: Entry): void
  /** Sees every read of Redis. */
  sawRedisRead(read: SeenRedisRead): void
}

export interface SimulatedOrigin {
  load(
    question: Pick<Question, 'resource' | 'params'>,
    target: Pick<LoadTarget, 'workspaceId' | 'userId'>,
  ): Promise<Uint8Array | null>
  settings(workspaceId: WorkspaceId): Promise<CacheSettings>
  isMember(workspaceId: WorkspaceId, userId: UserId): Promise<boolean>
}

const recorder: Recorder = { record() {} }
const encoder = new TextEncoder()

export function createIsolate(
  name: string,
  location: string,
  offsetMs: number,
  around: Surroundings,
): Isolate {
  let hasVanished = false
  const { setup, random } = around
  const { boundMs, staleIfErrorSeconds } = setup
  const clock = createLivingClock(around.world, offsetMs)
  const ledger = createLedgerClient(
    (workspaceId) => heardStub(around.ledgerStub(workspaceId)),
    clock,
    recorder,
  )
  const redis = setup.hasRedis ? redisOf(location, clock, around) : null
  const { answer, views } = createReadPath({
    ...{ clock, random, recorder, ledger, staleIfErrorSeconds, etagOf },
    sharedViews: setup.hasSharedViews ? createSharedViews(heardCache(around.viewCache), clock) : null,
    slots: slotsOf(location, clock, around, redis?.tier ?? null),
    origin: originOf(around.origin, clock),
    stalenessBoundMs: boundMs,
    // The checker already compares every answer with the database.
    consistencySampleRate: 0,
    report: () => undefined,
    instant: async () => null,
    heal: async () => false,
    noteViolation: async () => undefined,
  })
  const memberships = createMemberships({
    ...{ views, boundMs, clock, recorder },
    lookUp: ({ principal: { userId }, workspaceId }) =>
      withinOriginDeadline(clock, async () =>
        (await around.origin.isMember(workspaceId, userId)) ? 'member' : null,
      ),
  })
  return {
    name,
    location,
    clock,
    answer,
    memberships,
    ledger,
    redis,
    life: { isOver: () => hasVanished },
    vanish() {
      hasVanished = true
    },
  }
}

/** Arranges the tiers as worker/tiers/tiers.ts does. */
function slotsOf(location: string, clock: Clock, around: Surroundings, redis: Tier | null): TierSlot[] {
  const { setup, tiers } = around
  const guarded = (tier: Tier, deadlineMs: number) =>
    withBreaker(withDeadline(heardTier(tier), clock, deadlineMs), clock, recorder)
  const everyFill = { admits: 'every-fill' } as const
  const slots: (TierSlot | null)[] = [
    setup.memoryBytes === 0
      ? null
      : {
          tier: createMemoryTier(clock, setup.memoryBytes),
          source: 'memory',
          isNear: true,
          ...everyFill,
        },
    setup.hasEdgeCache
      ? {
          tier: guarded(tiers.edgeCache.at(location), limits.edgeCacheDeadlineMs),
          source: 'edge_cache',
          isNear: true,
          ...everyFill,
        }
      : null,
    {
      tier: withWritePause(guarded(tiers.kv.at(location), limits.kvDeadlineMs), clock),
      source: 'cloudflare_kv',
      isNear: false,
      admits: redis === null ? 'every-fill' : 'settled',
    },
    redis === null
      ? null
      : {
          tier: guarded(redis, limits.redisDeadlineMs),
          source: 'redis_cache',
          isNear: false,
          admits: setup.hasEdgeCache ? 'shared-fill' : 'every-fill',
        },
  ]
  return slots.filter((slot) => slot !== null).map((slot) => ({ ...slot, tier: seen(slot.tier, around) }))
}

/** Production's namespaces and its tier, on this location's way to Redis. */
function redisOf(location: string, clock: Clock, around: Surroundings): IsolateRedis {
  const { redis } = around.tiers
  const client = { clock, hear: heardWhileAlive }
  const tier = redis.at(location, client)
  const door = redis.doorAt(location)
  return {
    limits: namespaceFor(client, redis.transportAt(location), 'rateLimit'),
    tier: {
      ...tier,
      async get(key, signal) {
        const [startedAtMs, changes] = [around.world.now(), door.changes()]
        const got = await tier.get(key, signal)
        const wasHealthy =
          door.changes() === changes && door.faults().state === 'up' && signal?.aborted !== true
        around.sawRedisRead({
          key,
          got,
          startedAtMs,
          lagMaxMs: lagMaxMsAt(location, around.primary),
          wasHealthy,
        })
        return got
      },
    },
  }
}

function seen(tier: Tier, { sawPut }: Surroundings): Tier {
  return {
    ...tier,
    put(key, entry, signal) {
      sawPut(entry)
      return tier.put(key, entry, signal)
    },
  }
}

function heardTier(tier: Tier): Tier {
  return {
    name: tier.name,
    heedsSignals: tier.heedsSignals,
    get: (key, signal) => heardWhileAlive(Promise.resolve(tier.get(key, signal))),
    put: (key, entry, signal) => heardWhileAlive(tier.put(key, entry, signal)),
    remove: (keys, signal) => heardWhileAlive(tier.remove(keys, signal)),
    probe: (signal) => heardWhileAlive(tier.probe(signal)),
  }
}

function heardStub(stub: LedgerStub): LedgerStub {
  return {
    advance: (events, author) => heardWhileAlive(stub.advance(events, author)),
    since: (ledgerId, version) => heardWhileAlive(stub.since(ledgerId, version)),
  }
}

function heardCache({
  match,
  put,
}: Pick<LocationCache, 'match' | 'put'>): Pick<LocationCache, 'match' | 'put'> {
  return {
    match: (url) => heardWhileAlive(match(url)),
    put: (url, response) => heardWhileAlive(put(url, response)),
  }
}

/** The origin's client, which answers within a deadline and never rejects, like worker/outbound/origin-client.ts. */
function originOf({ load, settings }: SimulatedOrigin, clock: Clock): Pick<Origin, 'load' | 'settings'> {
  return {
    load: (question, target) => withinOriginDeadline(clock, () => load(question, target)),
    settings: (workspaceId) =>
      withinOriginDeadline(clock, async () => encoder.encode(JSON.stringify(await settings(workspaceId)))),
  }
}

function withinOriginDeadline<Value>(
  clock: Clock,
  call: () => Promise<Value>,
): Promise<Result<Value, WireError>> {
  const away: Result<never, WireError> = err({ code: 'origin_unavailable' })
  return withinDeadline<Result<Value, WireError>>(
    clock,
    limits.originDeadlineMs,
    () => heardWhileAlive(call()).then(ok, () => away),
    err({ code: 'origin_timeout' }),
  )
}

/**
 * Makes a validator at once, because the platform's digests come from another thread at an instant that this world
 * does not know.
 */
async function etagOf(body: Uint8Array): Promise<string> {
  let hash = 0x811c9dc5
  for (const byte of body) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(36)
}
