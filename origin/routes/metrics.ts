import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import type { OriginEnv } from '../answers.ts'
import type { QueryFigures, QueryMetrics, QueryName } from '../metrics.ts'
import type { Relay, RelayFigures } from '../outbox/relay.ts'
import type { Queries } from '../queries.ts'

/** The origin's own figures since its start. */
export interface OriginMetrics {
  readonly uptimeSeconds: number
  readonly queries: Partial<Record<QueryName, QueryFigures>>
  /** Places for queries: taken now, and how many there are. */
  readonly pool: {
    readonly running: number
    readonly runningMax: number
    readonly waiting: number
    readonly waitingMax: number
  }
  /** Null where no relay is set up. */
  readonly outbox: RelayFigures | null
}

interface MetricsRouteOptions {
  readonly queries: Queries
  readonly metrics: QueryMetrics
  readonly relay: Relay | null
  readonly clock: Clock
  readonly queriesAtOnceMax: number
  readonly queriesWaitingMax: number
}

/** GET /metrics. */
export function metricsRoute(options: MetricsRouteOptions): Handler<OriginEnv> {
  const { queries, metrics, relay, clock, queriesAtOnceMax, queriesWaitingMax } = options
  const startedAtMs = clock.now()
  return async (context) => {
    const figures: OriginMetrics = {
      uptimeSeconds: Math.round((clock.now() - startedAtMs) / 1_000),
      queries: metrics.figures(),
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
