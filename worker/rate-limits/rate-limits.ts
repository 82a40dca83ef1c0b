import type { Clock } from '../../shared/clock.ts'
import type { Config } from '../config.ts'
import type { LimitScope, Recorder } from '../events.ts'
import type { Taken } from './limiter.ts'
import { createLimiter } from './limiter.ts'
import type { PlatformLimit } from './platform-decision.ts'
import { createPlatformDecision } from './platform-decision.ts'
import { createRedisCounter, createSharedCount } from './shared-count.ts'

type Take = (id: string, keepAlive: (work: Promise<unknown>) => void) => Taken

/** The limits for browser clients; null if switched off. */
export interface RateLimits {
  readonly user: Take | null
  readonly workspace: Take | null
}

interface RateLimitsOptions {
  readonly config: Pick<Config, 'rateLimits' | 'redis'>
  /** The platform's bindings, if they are configured. */
  readonly platform: Readonly<Record<LimitScope, PlatformLimit | undefined>>
  readonly clock: Clock
  readonly recorder: Recorder
}

/** One count in Redis serves both limits, so that each learns from the other when Redis is away. */
export function createRateLimits({ config, platform, clock, recorder }: RateLimitsOptions): RateLimits {
  const { userMax, workspaceMax, windowSeconds } = config.rateLimits
  const shared = config.redis === null ? null : createSharedCount(createRedisCounter(config.redis), clock)
  const takeOf = (scope: LimitScope, requestsMax: number): Take | null => {
    if (requestsMax === 0) return null
    const withoutRedis = createPlatformDecision({ scope, platform: platform[scope] ?? null, clock, recorder })
    const windowMs = windowSeconds * 1_000
    return createLimiter({ scope, requestsMax, windowMs, shared, withoutRedis, clock, recorder }).take
  }
  return { user: takeOf('user', userMax), workspace: takeOf('workspace', workspaceMax) }
}
