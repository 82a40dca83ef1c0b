import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { byQueue } from './by-queue.ts'
import { percentileMs } from './durations.ts'
import type { QueueFailure, QueueFigures, QueueStatistics, Spread } from './job-queues.ts'
import type { QueueCall } from './queue-calls.ts'

const hourSeconds = 3_600
const daySeconds = 86_400

const figuresSchema = z.object({
  queue: z.string(),
  seconds: z.int(),
  completed: z.int(),
  failed: z.int(),
  failedRuns: z.int(),
  waitTimes: z.array(z.int()),
  runTimes: z.array(z.int()),
  reasons: z.array(z.object({ reason: z.string(), count: z.int() })),
})

type Figures = z.output<typeof figuresSchema>

/** Reads what all processes have run, as they told the database every few seconds. */
export async function readStatistics(
  call: QueueCall,
  clock: Clock,
): Promise<Result<QueueStatistics, QueueFailure>> {
  const atMs = clock.now()
  const rows = await call('select private.jobs_run() as figures', [])
  if (!rows.ok) return rows
  const figures = z.array(figuresSchema).parse(rows.value[0]?.['figures'])
  const of = (queue: QueueName, seconds: number) =>
    figuresOf(figures.find((row) => row.queue === queue && row.seconds === seconds))
  return ok({
    atMs,
    queues: byQueue((queue) => ({ lastHour: of(queue, hourSeconds), lastDay: of(queue, daySeconds) })),
  })
}

function figuresOf(row: Figures | undefined): QueueFigures {
  if (row === undefined) {
    const none = { completed: 0, failedRuns: 0, failed: 0, failureRate: 0 }
    return { ...none, waitTime: null, runTime: null, reasons: [] }
  }
  const { completed, failed, failedRuns, waitTimes, runTimes, reasons } = row
  const finished = completed + failed
  return {
    completed,
    failedRuns,
    failed,
    failureRate: finished === 0 ? 0 : failed / finished,
    waitTime: spreadOf(waitTimes),
    runTime: spreadOf(runTimes),
    reasons,
  }
}

function spreadOf(counts: readonly number[]): Spread | null {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => percentileMs(counts, share))
  if (p50Ms === null || p50Ms === undefined || p95Ms == null || p99Ms == null) return null
  return { p50Ms, p95Ms, p99Ms }
}
