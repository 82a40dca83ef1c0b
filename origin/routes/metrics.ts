import { randomUUID } from 'node:crypto'
import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import type { OriginMetrics } from '../../shared/contract/origin.ts'
import type { OriginEnv } from '../answers.ts'
import type { QueryMetrics } from '../metrics.ts'
import type { Relay } from '../outbox/relay.ts'
import type { Queries } from '../queries.ts'
import type { UnfitValues } from '../rows.ts'

interface MetricsRouteOptions {
  readonly queries: Queries
  readonly metrics: QueryMetrics
  readonly unfitValues: UnfitValues
  readonly relay: Relay | null
  readonly clock: Clock
  readonly queriesAtOnceMax: number
  readonly queriesWaitingMax: number
}

/** GET /metrics. */
export function metricsRoute(options: MetricsRouteOptions): Handler<OriginEnv> {
  const { queries, metrics, unfitValues, relay, clock, queriesAtOnceMax, queriesWaitingMax } = options
  const startedAtMs = clock.now()
  const instance = randomUUID()
  return async (context) => {
    const figures: OriginMetrics = {
      instance,
      uptimeSeconds: Math.round((clock.now() - startedAtMs) / 1_000),
      queries: metrics.figures(),
      unfitValues: unfitValues.figures(),
      pool: {
        running: queries.running,
        runningMax: queriesAtOnceMax,
        waiting: queries.waiting,
        waitingMax: queriesWaitingMax,
      },
      outbox: relay === null ? null : await relay.figures(),
    }
    return context.json(figures)
  }
}
