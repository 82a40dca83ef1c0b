import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import type { OriginRouteName } from '../../shared/contract/origin-routes.ts'
import {
  queueMetricsFormatOf,
  queueMetricsText,
  queueMetricsTextType,
} from '../../shared/contract/queue-metrics-text.ts'
import { queueNames } from '../../shared/contract/queue-names.ts'
import type { JobCounts, QueueHealth, QueueMetrics, QueueSpan } from '../../shared/contract/queues.ts'
import {
  cleaningSchema,
  type jobStates,
  queueMetricsQuerySchema,
  queuePath,
} from '../../shared/contract/queues.ts'
import { limits } from '../../shared/limits.ts'
import { parseBody, parsePath, parseQuery } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type {
  JobQueues,
  QueueCount,
  QueueCounts,
  QueueFigures,
  QueueStatistics,
} from '../queues/job-queues.ts'
import type { QueueReadings } from '../queues/queue-readings.ts'
import { reasonShown, respondQueueFailure, respondQueues } from './queue-answers.ts'

type QueuesHandler = Handler<OriginEnv>

/** The operators' routes of queues (shared/contract/queues.ts). */
export function queueRoutes(queues: JobQueues, readings: QueueReadings, clock: Clock) {
  return {
    pauseQueue: switchRoute(queues, true),
    resumeQueue: switchRoute(queues, false),
    cleanQueue: cleanRoute(queues),
    queueHealth: queueHealthRoute(readings, clock),
    queueMetrics: queueMetricsRoute(readings),
    queueStatistics: statisticsRoute(readings),
  } satisfies Partial<Record<OriginRouteName, QueuesHandler>>
}

/** POST …/pause and …/resume */
function switchRoute(queues: JobQueues, isPaused: boolean): QueuesHandler {
  return async (context) => {
    const path = parsePath(context, queuePath)
    if (!path.ok) return respondError(context, path.error)
    const { queue } = path.value
    const switched = await (isPaused ? queues.pause(queue) : queues.resume(queue))
    return respondQueues(context, switched, 'write', () => ({ queue, isPaused }))
  }
}

/** POST …/clean */
function cleanRoute(queues: JobQueues): QueuesHandler {
  return async (context) => {
    const path = parsePath(context, queuePath)
    if (!path.ok) return respondError(context, path.error)
    const body = await parseBody(context, cleaningSchema, limits.cleanBodyBytesMax)
    if (!body.ok) return respondError(context, body.error)
    const { queue } = path.value
    const { state, olderThanMs, limit: jobsMax } = body.value
    const cleaned = await queues.clean(queue, { state, olderThanMs, jobsMax })
    return respondQueues(context, cleaned, 'write', (removed) => ({ queue, removed }))
  }
}

/** GET …/health: 503, with the same body, while the queues do not answer. */
function queueHealthRoute(readings: QueueReadings, clock: Clock): QueuesHandler {
  return async (context) => {
    const counts = await readings.counts()
    context.header('Cache-Control', 'no-store')
    if (!counts.ok) return context.json(unreachable(clock), 503)
    const unserved = unservedQueues(counts.value)
    const health: QueueHealth = {
      status: unserved.length === 0 ? 'healthy' : 'degraded',
      redis: { connected: true },
      unserved,
      queues: Object.fromEntries(
        queueNames.map((name) => {
          const { isPaused, ...count } = counts.value.queues[name]
          return [name, { name, ...jobCountsOf(count), isPaused }]
        }),
      ),
      totals: totalsOf(counts.value),
      timestamp: new Date(counts.value.atMs).toISOString(),
    }
    return context.json(health)
  }
}

function unreachable(clock: Clock): QueueHealth {
  return {
    status: 'unhealthy',
    redis: { connected: false },
    unserved: [],
    queues: {},
    totals: { waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0 },
    timestamp: new Date(clock.now()).toISOString(),
  }
}

/** The queues whose jobs wait although nobody has paused them, because no process runs them or there is nowhere to send them. */
export function unservedQueues({ queues }: QueueCounts) {
  return queueNames.filter((name) => {
    const { waiting, isPaused, isServed } = queues[name]
    return waiting > 0 && !isPaused && !isServed
  })
}

function jobCountsOf(count: JobCounts): JobCounts {
  const { waiting, active, completed, failed, delayed } = count
  return { waiting, active, completed, failed, delayed }
}

function totalsOf({ queues }: QueueCounts): JobCounts {
  const sumOf = (state: (typeof jobStates)[number]) =>
    queueNames.reduce((sum, name) => sum + queues[name][state], 0)
  return {
    waiting: sumOf('waiting'),
    active: sumOf('active'),
    completed: sumOf('completed'),
    failed: sumOf('failed'),
    delayed: sumOf('delayed'),
  }
}

/** GET …/metrics */
function queueMetricsRoute(readings: QueueReadings): QueuesHandler {
  return async (context) => {
    const query = parseQuery(context, queueMetricsQuerySchema)
    if (!query.ok) return respondError(context, query.error)
    const [counts, statistics] = await Promise.all([readings.counts(), readings.statistics()])
    if (!counts.ok) return respondQueueFailure(context, counts.error, 'read')
    if (!statistics.ok) return respondQueueFailure(context, statistics.error, 'read')
    const metrics = queueMetricsOf(counts.value, statistics.value)
    context.header('Cache-Control', 'no-store')
    context.header('Vary', 'Accept')
    const format = queueMetricsFormatOf(query.value.format, context.req.header('Accept') ?? null)
    if (format === 'json') return context.json(metrics)
    return context.body(queueMetricsText(metrics), 200, { 'Content-Type': queueMetricsTextType })
  }
}

/** The figures of all queues: what is there now, and what the last hour was like. */
export function queueMetricsOf(counts: QueueCounts, statistics: QueueStatistics): QueueMetrics {
  return {
    queues: Object.fromEntries(
      queueNames.map((name) => {
        const { reasons: _reasons, ...lastHour } = spanOf(statistics.queues[name].lastHour, 60)
        return [name, { ...nowOf(counts.queues[name]), lastHour }]
      }),
    ),
    timestamp: new Date(counts.atMs).toISOString(),
  }
}

function nowOf(count: QueueCount) {
  const { isPaused, oldestWaitingMs, isServed } = count
  return { ...jobCountsOf(count), isPaused, oldestWaitingMs, isServed }
}

/** GET …/statistics */
function statisticsRoute(readings: QueueReadings): QueuesHandler {
  return async (context: OriginContext) =>
    respondQueues(context, await readings.statistics(), 'read', ({ queues, atMs }) => ({
      queues: Object.fromEntries(
        queueNames.map((name) => {
          const { lastHour, lastDay } = queues[name]
          return [name, { '1h': spanOf(lastHour, 60), '24h': spanOf(lastDay, 24 * 60) }]
        }),
      ),
      timestamp: new Date(atMs).toISOString(),
    }))
}

function spanOf(figures: QueueFigures, minutes: number): QueueSpan {
  const { completed, failed, failedRuns, failureRate, waitTime, runTime, reasons } = figures
  return {
    completed,
    failed,
    failedRuns,
    perMinute: Math.round(((completed + failed) / minutes) * 1_000) / 1_000,
    failureRate,
    waitMs: spreadOf(waitTime),
    runMs: spreadOf(runTime),
    reasons: reasons.map(({ reason, count }) => ({ reason: reasonShown(reason), count })),
  }
}

function spreadOf(spread: QueueFigures['waitTime']): QueueSpan['waitMs'] {
  return spread === null ? null : { p50: spread.p50Ms, p95: spread.p95Ms, p99: spread.p99Ms }
}
