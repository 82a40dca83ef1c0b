import type { Clock } from '../../shared/clock.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import type { Config } from '../config.ts'
import type { LimitScope, Recorder } from '../events.ts'
import type { Taken } from './limiter.ts'
import { createLimiter } from './limiter.ts'
import type { PlatformLimit } from './platform-decision.ts'
import { createPlatformDecision } from './platform-decision.ts'
import { createRedisCounter, createSharedCount } from './shared-count.ts'

type Take = (id: string, keepAlive: (work: Promise<unknown>) => void) => Taken

/** The limits for browser clients and for calls; null if switched off. */
export interface RateLimits {
  readonly user: Take | null
  readonly workspace: Take | null
  readonly callNumber: Take | null
  readonly callOrganization: Take | null
}

interface RateLimitsOptions {
  readonly config: Pick<Config, 'rateLimits' | 'voice'>
  /** Where the isolates count together; null if it is switched off. */
  readonly namespace: RedisNamespace | null
  /** The platform's bindings, if they are configured. */
  readonly platform: Readonly<Record<'user' | 'workspace', PlatformLimit | undefined>>
  readonly clock: Clock
  readonly recorder: Recorder
}

/** One count in Redis serves all limits, so that each learns from the other when Redis is away. */
export function createRateLimits({
  config,
  namespace,
  platform,
  clock,
  recorder,
}: RateLimitsOptions): RateLimits {
  const { userMax, workspaceMax, windowSeconds } = config.rateLimits
  const shared = namespace === null ? null : createSharedCount(createRedisCounter(namespace), clock)
  const takeOf = (scope: LimitScope, requestsMax: number, binding: PlatformLimit | null = null) => {
    if (requestsMax === 0) return null
    const withoutRedis = createPlatformDecision({ scope, platform: binding, clock, recorder })
    const windowMs = windowSeconds * 1_000
    return createLimiter({ scope, requestsMax, windowMs, shared, withoutRedis, clock, recorder }).take
  }
  return {
    user: takeOf('user', userMax, platform.user),
    workspace: takeOf('workspace', workspaceMax, platform.workspace),
    // A call is not kept waiting for the platform's decision, so these have no binding.
    callNumber: takeOf('call-number', config.voice.numberMax),
    callOrganization: takeOf('call-organization', config.voice.organizationMax),
  }
}
