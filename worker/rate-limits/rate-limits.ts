import type { Clock } from '../../shared/clock.ts'
import type { Config, Env } from '../config.ts'
import type { Recorder } from '../metrics/events.ts'
import type { PlatformLimit, Taken } from './limiter.ts'
import { createLimiter } from './limiter.ts'
import { createRedisCounter, createSharedCount } from './shared-count.ts'

type Take = (id: string, keepAlive: (work: Promise<unknown>) => void) => Taken

/** The limits of browser clients; null: switched off. */
export interface RateLimits {
  readonly user: Take | null
  readonly workspace: Take | null
}

/** One count in Redis serves both, so that one of them learns from the other that it is away. */
export function createRateLimits(env: Env, config: Config, clock: Clock, recorder: Recorder): RateLimits {
  const { userMax, workspaceMax, windowSeconds } = config.rateLimits
  const shared = config.redis === null ? null : createSharedCount(createRedisCounter(config.redis), clock)
  const limiterOf = (
    scope: 'user' | 'workspace',
    requestsMax: number,
    platform: PlatformLimit | undefined,
  ) =>
    requestsMax === 0
      ? null
      : createLimiter({
          scope,
          requestsMax,
          windowMs: windowSeconds * 1_000,
          shared,
          platform: platform ?? null,
          clock,
          recorder,
        }).take
  return {
    user: limiterOf('user', userMax, env.USER_RATE_LIMIT),
    workspace: limiterOf('workspace', workspaceMax, env.WORKSPACE_RATE_LIMIT),
  }
}
