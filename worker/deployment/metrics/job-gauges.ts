import type { OriginMetrics } from '../../../shared/contract/origin.ts'
import { seriesOf } from './families.ts'

const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const
const percentiles = [
  ['50', 'p50'],
  ['95', 'p95'],
  ['99', 'p99'],
] as const

/** The gauges of the queues, by series. A time that nobody knows has none. */
export function jobGaugesOf(jobs: OriginMetrics['jobs']): Readonly<Record<string, number>> {
  const gauges: Record<string, number> = {}
  for (const [queue, figures] of Object.entries(jobs ?? {})) {
    const { oldestWaitingMs, isPaused, isServed, lastHour } = figures
    for (const state of states) gauges[seriesOf('queue_jobs', [queue, state])] = figures[state]
    gauges[seriesOf('queue_oldest_waiting_seconds', [queue])] = oldestWaitingMs / 1_000
    gauges[seriesOf('queue_paused', [queue])] = Number(isPaused)
    gauges[seriesOf('queue_served', [queue])] = Number(isServed)
    gauges[seriesOf('queue_ended_last_hour', [queue, 'completed'])] = lastHour.completed
    gauges[seriesOf('queue_ended_last_hour', [queue, 'failed'])] = lastHour.failed
    gauges[seriesOf('queue_failed_runs_last_hour', [queue])] = lastHour.failedRuns
    for (const [label, member] of percentiles) {
      const { waitMs, runMs } = lastHour
      if (waitMs !== null) gauges[seriesOf('queue_wait_seconds', [queue, label])] = waitMs[member] / 1_000
      if (runMs !== null) gauges[seriesOf('queue_run_seconds', [queue, label])] = runMs[member] / 1_000
    }
  }
  return gauges
}
