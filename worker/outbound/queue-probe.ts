import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Config } from '../config.ts'
import { readAs } from './read-as.ts'

/** The part of the queues' health that is shown beside the other databases. */
const queueHealthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  redis: z.object({ connected: z.boolean() }),
  totals: z.record(z.string(), z.int().nonnegative()),
})

export interface QueueState {
  readonly status: 'healthy' | 'degraded' | 'unhealthy' | 'disabled'
  readonly isConnected: boolean
  /** Jobs that are waiting, running, or kept after their end; null if nobody knows. */
  readonly jobs: number | null
}

const away: QueueState = { status: 'unhealthy', isConnected: false, jobs: null }
const off: QueueState = { status: 'disabled', isConnected: false, jobs: null }

/** Asks the origin, where the queues live. An origin without queues says that there is no such route. */
export function probeQueues(
  { originUrl, internalAuthKey }: Pick<Config, 'originUrl' | 'internalAuthKey'>,
  clock: Clock,
): Promise<QueueState> {
  return withinDeadline(
    clock,
    limits.probeDeadlineMs,
    async (signal) => {
      try {
        const headers = { Authorization: `Bearer ${internalAuthKey}` }
        const response = await fetch(`${originUrl}/api/v1/queues/health`, { headers, signal })
        if (response.status === 404) {
          await response.body?.cancel()
          return off
        }
        const health = await readAs(response, queueHealthSchema)
        if (health === null) return away
        const { status, redis, totals } = health
        const jobs = Object.values(totals).reduce((sum, count) => sum + count, 0)
        return { status, isConnected: redis.connected, jobs: redis.connected ? jobs : null }
      } catch {
        return away
      }
    },
    away,
  )
}
