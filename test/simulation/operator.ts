import { limits } from '../../shared/limits.ts'
import { createRedisClient } from '../../shared/redis/client.ts'
import { type RedisNamespaceName, redisNamespaceNames } from '../../shared/redis/names.ts'
import { ok } from '../../shared/result.ts'
import { createRedisKeeper } from '../../worker/deployment/redis/keeper.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import type { Clearings } from './clearings.ts'
import type { SimulatedRedis } from './redis.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'

/** An operator of the deployment, who clears namespaces of Redis through production's keeper. */
export interface Operator {
  /** Answers whether the operator was told that the namespace is cleared. */
  clear(database: RedisNamespaceName): Promise<boolean>
}

interface OperatorOptions {
  readonly scheduler: Scheduler
  readonly redis: SimulatedRedis
  readonly clearings: Clearings
  readonly trace: Trace
  /** Where the object is that keeps the books of Redis. */
  readonly location: string
}

export function createOperator({ scheduler, redis, clearings, trace, location }: OperatorOptions): Operator {
  let clears = 0
  const access = { url: 'https://redis.example', token: '' }
  const first = createRedisClient({
    transport: redis.transportAt(location),
    clock: scheduler,
    deadlineMs: null,
  })
  const keeper = createRedisKeeper({
    servers: [
      {
        config: {
          name: 'main',
          first: access,
          second: null,
          memoryMaxBytes: null,
          namespaces: redisNamespaceNames,
        },
        ...{ first, second: null, inUse: () => 'first', namespaces: {} },
      },
    ],
    storage: createSqlStorage(),
    clock: scheduler,
    newId: () => `clear-${++clears}`,
    moveEverything: async () => ok(undefined),
  })
  const by = { kind: 'internal-key', userId: null, workspaceId: null } as const
  return {
    async clear(database) {
      const askedAtMs = scheduler.now()
      trace.note('clears', () => database)
      const cleared = await keeper.clear({ database, everywhere: false, by })
      trace.note('cleared', () => `${database}: ${cleared.ok ? 'acknowledged' : cleared.error.code}`)
      if (cleared.ok && database === 'cache') clearings.acknowledged(askedAtMs)
      return cleared.ok
    },
  }
}

/** An operator hears of a clearing, or that it cannot be confirmed, within this time. */
export const clearingHeardMs = limits.redisAdminDeadlineMs + 1
