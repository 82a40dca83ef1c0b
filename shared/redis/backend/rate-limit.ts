import { systemClock } from '../../clock.ts'
import { hexDigest } from '../../hex-digest.ts'
import { workspaceIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { err, ok, type Result } from '../../result.ts'
import type { RedisReply } from '../client.ts'
import { newGeneration } from '../generation.ts'
import { counterPrefix } from '../namespace.ts'
import {
  assertWithin,
  type BackendRedisFailure,
  type BackendRedisOptions,
  openNamespace,
} from './open-namespace.ts'

interface RateLimitVerdict {
  readonly allowed: boolean
  /** How many more requests would be allowed now. */
  readonly remaining: number
  /** When the next request may pass that would be refused now, in milliseconds since 1970: as the oldest one leaves the window. */
  readonly resetAt: number
}

interface WorkspaceRateLimit {
  /**
   * Counts a request of an identifier to an endpoint, if fewer than `max` were counted in the `windowMs` before it. A refused request does not
   * count. While Redis is away there is no verdict: the caller decides whether the request passes. Never rejects but for bounds.
   */
  check(
    identifier: string,
    endpoint: string,
    max: number,
    windowMs: number,
  ): Promise<Result<RateLimitVerdict, BackendRedisFailure>>
}

interface RateLimit {
  /** Throws for an id that no workspace can have. */
  forWorkspace(workspaceId: string): WorkspaceRateLimit
}

/**
 * Rate limits in the namespace `rateLimit` of any Redis by HTTP, exact in every window: no two instants that lie less than `windowMs` apart have more
 * than `max` requests between them, as far as the clocks of the callers agree. Redis decides in one step, by a script. Each request
 * that counts is a member of a sorted set, so a limit is for thousands of requests and not for millions; the Worker's own limits are
 * estimates with two counters (worker/rate-limits). The key contains the generation, so that clearing lets everybody go.
 */
export function createRateLimit(options: BackendRedisOptions): RateLimit {
  const { clock = systemClock } = options
  const { name, generations } = openNamespace('rateLimit', options)
  return {
    forWorkspace(workspaceId) {
      const workspace = workspaceIdSchema.parse(workspaceId)
      return {
        async check(identifier, endpoint, max, windowMs) {
          assertWithin('max', max, 1, limits.backendWindowRequestsMax)
          assertWithin('windowMs', windowMs, 1, limits.backendWindowMaxMs)
          const digest = await hexDigest(JSON.stringify([identifier, endpoint, windowMs]), 16)
          const nowMs = Math.floor(clock.now())
          const counted = await generations.sendUnder((generation) => [
            [
              ...([
                'EVAL',
                slidingWindow,
                1,
                `${counterPrefix(name)}${generation}:crm:${workspace}:${digest}`,
              ] as const),
              ...[nowMs, Math.ceil(windowMs), Math.floor(max), newGeneration()],
            ],
          ])
          return counted.ok ? verdictOf(counted.value.replies[0]) : counted
        },
      }
    },
  }
}

/** A clock that is behind another one's counts at the latest instant seen, so that a window never moves back. */
const slidingWindow = `
  local now, window, max = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local latest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
  if latest and tonumber(latest) > now and tonumber(latest) - now < window then now = tonumber(latest) end
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
  local used = redis.call('ZCARD', KEYS[1])
  local allowed = used < max
  if allowed then
    redis.call('ZADD', KEYS[1], now, ARGV[4])
    redis.call('PEXPIRE', KEYS[1], window)
    used = used + 1
  end
  local frees = redis.call('ZRANGE', KEYS[1], math.max(0, used - max), math.max(0, used - max), 'WITHSCORES')[2]
  return { allowed and 1 or 0, math.max(0, max - used), tostring(tonumber(frees) + window) }
`

function verdictOf(reply: RedisReply | undefined): Result<RateLimitVerdict, BackendRedisFailure> {
  const [allowed, remaining, resetAt] = Array.isArray(reply) ? reply : []
  if (typeof remaining !== 'number' || typeof resetAt !== 'string') return err({ kind: 'unavailable' })
  return ok({ allowed: allowed === 1, remaining, resetAt: Number(resetAt) })
}
