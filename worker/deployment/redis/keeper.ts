import { type Clock, withinDeadline } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import type { RedisClear } from '../../../shared/contract/redis.ts'
import { limits } from '../../../shared/limits.ts'
import type { RedisClient, RedisFailure } from '../../../shared/redis/client.ts'
import { createGenerations, type Generation } from '../../../shared/redis/generation.ts'
import type { RedisNamespaceName } from '../../../shared/redis/names.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import type { RedisServer } from '../../redis/databases.ts'
import { readRedisMemory } from '../../redis/memory.ts'
import { seriesOf } from '../metrics/families.ts'
import type { Gauges } from '../metrics/gauges.ts'
import type { ClearRequest } from './clear-log.ts'
import { createClearLog } from './clear-log.ts'
import { createSizeBook, type NamespaceSize } from './size-book.ts'
import { createWalker, type Walker } from './walker.ts'

/** The size of a Redis, as it says itself or as the configuration says. */
interface ServerMemory {
  readonly usedBytes: number | null
  readonly maxBytes: number | null
}

/** The facts about Redis that one object of the deployment keeps. */
export interface RedisFindings {
  readonly sizes: Readonly<Partial<Record<RedisNamespaceName, NamespaceSize>>>
  /** By the name of the server. */
  readonly memories: Readonly<Record<string, ServerMemory>>
  readonly clears: readonly RedisClear[]
}

export interface ClearedAt {
  readonly id: string
  readonly atMs: number
}

/**
 * Keeps the books of every Redis of the deployment: walks through the keys by the clock, reads the memory, clears a namespace and
 * writes down who asked for it. It is part of the object that watches the deployment, so there is one.
 */
export interface RedisKeeper {
  /** Begins what is due. Returns at once, and never rejects. */
  tick(): void
  findings(): RedisFindings
  gauges(): Gauges
  /** The share of its memory that each Redis uses, by name, for those whose size is known. */
  memoryShares(): Readonly<Record<string, number>>
  clear(request: ClearRequest): Promise<Result<ClearedAt, WireError>>
}

interface RedisKeeperOptions {
  readonly servers: readonly RedisServer[]
  /** Those of other regions, which keep copies of cached answers: cleared with the others, and never walked through. */
  readonly regional?: readonly RedisServer[]
  readonly storage: SqlStorage
  readonly clock: Clock
  readonly newId: () => string
  /** Moves the tags of all workspaces and of the deployment. */
  readonly moveEverything: () => Promise<Result<void, WireError>>
}

export function createRedisKeeper(options: RedisKeeperOptions): RedisKeeper {
  const { servers, regional = [], storage, clock, newId, moveEverything } = options
  const log = createClearLog(storage)
  const sizes = createSizeBook(storage)
  const memories = new Map<string, ServerMemory>()
  const walkers = servers.map((server) => createWalker({ server, sizes, log, clock }))
  let memoryReadAtMs = Number.NEGATIVE_INFINITY

  async function readMemory({ config, first }: RedisServer): Promise<void> {
    const memory = await readRedisMemory(first, AbortSignal.timeout(limits.redisAdminDeadlineMs))
    memories.set(config.name, {
      usedBytes: memory?.usedBytes ?? null,
      maxBytes: memory?.maxBytes ?? config.memoryMaxBytes,
    })
  }

  return {
    tick() {
      const nowMs = clock.now()
      for (const walker of walkers) walker.tick()
      if (nowMs - memoryReadAtMs < limits.redisMemoryEveryMs) return
      memoryReadAtMs = nowMs
      for (const server of [...servers, ...regional]) void readMemory(server).catch(() => undefined)
    },
    findings: () => ({
      sizes: sizes.all(),
      memories: Object.fromEntries(memories),
      clears: log.latest(),
    }),
    gauges: () => gaugesOf(sizes.all(), memories),
    memoryShares() {
      const shares: Record<string, number> = {}
      for (const [name, { usedBytes, maxBytes }] of memories)
        if (usedBytes !== null && maxBytes !== null) shares[name] = usedBytes / maxBytes
      return shares
    },
    async clear(request) {
      const id = newId()
      const server = servers.find(({ config }) => config.namespaces.includes(request.database))
      if (server === undefined) return err({ code: 'redis_unavailable' })
      log.begin(request, id, clock.now())
      const moved = request.everywhere ? await moveEverything() : ok(undefined)
      const alike = regional.filter(({ config }) => config.namespaces.includes(request.database))
      const cleared = moved.ok ? await clearOn([server, ...alike], request.database, clock) : moved
      log.end(id, cleared.ok ? 'cleared' : 'unconfirmed', clock.now())
      walkerOf(walkers, request.database)?.sweepSoon()
      return cleared.ok ? ok({ id, atMs: clock.now() }) : cleared
    },
  }
}

function walkerOf(walkers: readonly Walker[], database: RedisNamespaceName): Walker | undefined {
  return walkers.find(({ namespaces }) => namespaces.includes(database))
}

/**
 * Starts a new generation on each Redis that a reader may use. All of them must confirm it: a namespace that is cleared on one of them
 * only would be full again at the next switch.
 */
async function clearOn(
  servers: readonly RedisServer[],
  database: RedisNamespaceName,
  clock: Clock,
): Promise<Result<void, WireError>> {
  const readBy: readonly RedisClient[] = servers.flatMap(({ first, second }) =>
    second === null || database === 'sessions' ? [first] : [first, second],
  )
  const started = await Promise.all(
    readBy.map((client) =>
      withinDeadline<Result<Generation, RedisFailure>>(
        clock,
        limits.redisAdminDeadlineMs,
        (signal) => createGenerations(client, database, clock).start(signal),
        err({ kind: 'timeout' }),
      ),
    ),
  )
  const isConfirmed = started.every((one) => one.ok)
  return isConfirmed
    ? ok(undefined)
    : err({ code: 'redis_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
}

function gaugesOf(sizes: RedisFindings['sizes'], memories: ReadonlyMap<string, ServerMemory>): Gauges {
  const gauges: Record<string, number> = {}
  for (const [database, { keys, memoryBytes, atMs }] of Object.entries(sizes)) {
    gauges[seriesOf('redis_keys', [database])] = keys
    gauges[seriesOf('redis_memory_bytes', [database])] = memoryBytes
    gauges[seriesOf('redis_walked_seconds', [database])] = Math.floor(atMs / 1_000)
  }
  for (const [server, { usedBytes, maxBytes }] of memories) {
    if (usedBytes !== null) gauges[seriesOf('redis_used_memory_bytes', [server])] = usedBytes
    if (maxBytes !== null) gauges[seriesOf('redis_max_memory_bytes', [server])] = maxBytes
  }
  return gauges
}
