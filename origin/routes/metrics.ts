import { randomUUID } from 'node:crypto'
import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import type { OriginMetrics } from '../../shared/contract/origin.ts'
import type { ImportTurns } from '../contacts/import-turns.ts'
import type { Places } from '../database/places.ts'
import type { QueryMetrics } from '../database/query-metrics.ts'
import type { UnfitValues } from '../database/rows.ts'
import type { OriginEnv } from '../http/respond.ts'
import type { Relay } from '../outbox/relay.ts'
import type { QueueReadings } from '../queues/queue-readings.ts'
import { queueMetricsOf } from './queues.ts'

interface MetricsRouteOptions {
  readonly places: Places
  readonly importTurns: ImportTurns
  readonly metrics: QueryMetrics
  readonly unfitValues: UnfitValues
  readonly relay: Relay | null
  readonly readings: QueueReadings
  readonly clock: Clock
  readonly queriesAtOnceMax: number
  readonly queriesWaitingMax: number
}

/** GET /metrics. */
export function metricsRoute(options: MetricsRouteOptions): Handler<OriginEnv> {
  const { places, importTurns, metrics, unfitValues, relay, readings, clock } = options
  const { queriesAtOnceMax, queriesWaitingMax } = options
  const startedAtMs = clock.now()
  const instance = randomUUID()
  return async (context) => {
    const figures: OriginMetrics = {
      instance,
      uptimeSeconds: Math.round((clock.now() - startedAtMs) / 1_000),
      queries: metrics.figures(),
      unfitValues: unfitValues.figures(),
      pool: {
        running: sumOver(places, 'running'),
        runningMax: queriesAtOnceMax,
        waiting: sumOver(places, 'waiting'),
        waitingMax: queriesWaitingMax,
      },
      queues: {
        reads: figuresOf(places.reads),
        writes: figuresOf(places.writes),
        imports: figuresOf(places.imports),
        mails: figuresOf(places.mails),
        'import-turns': figuresOf(importTurns.queue),
      },
      jobs: await jobFigures(readings),
      outbox: relay === null ? null : await relay.figures(),
    }
    return context.json(figures)
  }
}

/** Null if there are no queues, or they do not answer: the figures of the origin itself are worth telling anyway. */
async function jobFigures(readings: QueueReadings): Promise<OriginMetrics['jobs']> {
  const [counts, statistics] = await Promise.all([readings.counts(), readings.statistics()])
  return counts.ok && statistics.ok ? queueMetricsOf(counts.value, statistics.value).queues : null
}

function sumOver(places: Places, what: 'running' | 'waiting'): number {
  return Object.values(places).reduce((sum, queue) => sum + queue[what], 0)
}

function figuresOf({ bounds, running, waiting, refused }: ImportTurns['queue']) {
  const { placesMax: runningMax, waitingMax } = bounds.all
  return { running, runningMax, waiting, waitingMax, refused }
}
