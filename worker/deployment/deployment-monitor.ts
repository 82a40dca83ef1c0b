import { systemClock } from '../../shared/clock.ts'
import { type PartName, wireNamesOfTiers } from '../../shared/contract/tier-names.ts'
import type { Config } from '../config.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { RedisServerConfig } from '../redis-config.ts'
import { createWebhook } from './alerts/webhook.ts'
import { createMonitor, type Monitor, type Watched } from './monitor.ts'

/** Creates the monitor from the deployment's configuration. */
export function createDeploymentMonitor(
  config: Config,
  watched: Watched,
  storage: SqlStorage,
  redisMemory: () => Readonly<Record<string, number>>,
): Monitor {
  const { alertWebhook } = config
  return createMonitor({
    watched,
    storage,
    clock: systemClock,
    send: alertWebhook === null ? null : createWebhook(alertWebhook, systemClock),
    disabledParts: disabledPartsOf(config),
    redisMemory,
    newId: () => crypto.randomUUID(),
    random: Math.random,
  })
}

function holdsEntries({ namespaces }: RedisServerConfig): boolean {
  return namespaces.includes('cache') || namespaces.includes('emailCache')
}

function disabledPartsOf({ redis, memoryCacheBytes, isEdgeCacheEnabled }: Config): ReadonlySet<PartName> {
  const disabled = new Set<PartName>()
  if (!redis.some(holdsEntries)) disabled.add(wireNamesOfTiers.redis.part)
  if (memoryCacheBytes === 0) disabled.add(wireNamesOfTiers.memory.part)
  if (!isEdgeCacheEnabled) disabled.add(wireNamesOfTiers['edge-cache'].part)
  return disabled
}
