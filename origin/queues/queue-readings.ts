import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'
import type { JobQueues, QueueCounts, QueueFailure, QueueStatistics } from './job-queues.ts'

/** The readings from which health, metrics and statistics are made. */
export interface QueueReadings {
  counts(): Promise<Result<QueueCounts, QueueFailure>>
  statistics(): Promise<Result<QueueStatistics, QueueFailure>>
}

const statisticsKeptMs = 5_000

/**
 * Counts are asked for once a second at most, and statistics every few seconds, however often they are called for: health is public, and
 * the Worker and a scraper read the figures all the time. Failures are kept for as long, so that a database that is away is not asked
 * more often.
 */
export function createQueueReadings(queues: JobQueues, clock: Clock): QueueReadings {
  return {
    counts: shared(clock, limits.publicAnswerMs, () => queues.counts()),
    statistics: shared(clock, statisticsKeptMs, () => queues.statistics()),
  }
}

function shared<Value>(clock: Clock, keptMs: number, read: () => Promise<Value>): () => Promise<Value> {
  const flights = createSingleFlight<null, Value>({
    clock,
    patienceMs: limits.originDeadlineMs,
    lingers: () => true,
    lingerMs: keptMs,
  })
  return async () => {
    const { value } = await flights.share(
      '',
      null,
      () => true,
      read,
      () => undefined,
    )
    return value
  }
}
