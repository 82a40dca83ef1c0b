import { systemClock } from '../../../shared/clock.ts'
import { everythingMovedSchema } from '../../../shared/contract/origin.ts'
import { ok } from '../../../shared/result.ts'
import type { Config } from '../../config.ts'
import { createOrigin } from '../../outbound/origin-client.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import { createRedisDatabases, createRegionRedis } from '../../redis/databases.ts'
import { createRedisKeeper, type RedisKeeper } from './keeper.ts'

/** Creates the keeper from the deployment's configuration. */
export function createDeploymentKeeper(config: Config, storage: SqlStorage): RedisKeeper {
  const clock = systemClock
  const origin = createOrigin({
    ...{ url: config.originUrl, internalAuthKey: config.internalAuthKey, clock },
    // The figures count the calls of requests, and this object is what they are reported to.
    recorder: { record: () => undefined },
  })
  const send = (url: string, init: RequestInit) => fetch(url, init)
  return createRedisKeeper({
    servers: createRedisDatabases(config.redis, clock, send).servers,
    regional: createRegionRedis(config.regions, clock, send).flatMap(({ redis }) => redis ?? []),
    storage,
    clock,
    newId: () => crypto.randomUUID(),
    async moveEverything() {
      const requestId = crypto.randomUUID()
      const moved = await origin.write(
        everythingMovedSchema,
        { method: 'POST', path: '/deployment/move-everything', body: {} },
        { kind: 'service', userId: null, requestId },
      )
      return moved.ok ? ok(undefined) : moved
    },
  })
}
