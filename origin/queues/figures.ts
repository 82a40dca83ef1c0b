import type { QueueName } from '../../shared/contract/queue-names.ts'
import { countDuration, emptyDurations } from './durations.ts'

/** One run that has ended. */
export interface RunRecord {
  readonly queue: QueueName
  readonly atMs: number
  readonly runMs: number
  /** From being due to this start; null unless it is the job's first run. */
  readonly waitMs: number | null
  readonly outcome: 'completed' | 'failed_run' | 'failed'
  /** Why it failed, or null. */
  readonly reason: string | null
}

/** Figures of a queue in a period, as private.note_jobs_run takes them. */
interface Period {
  readonly queue: QueueName
  readonly seconds: 60 | 3600
  readonly beganAt: string
  completed: number
  failed: number
  failedRuns: number
  readonly waitTimes: number[]
  readonly runTimes: number[]
}

interface Failure {
  readonly queue: QueueName
  readonly hour: string
  readonly reason: string
  runs: number
}

interface GatheredFigures {
  readonly periods: readonly Period[]
  readonly failures: readonly Failure[]
}

export interface Figures {
  record(run: RunRecord): void
  /** Hands out what was gathered, and begins again at nothing. */
  take(): GatheredFigures
  /** Takes back what could not be stored. */
  giveBack(figures: GatheredFigures): void
}

/** The reasons that are told apart between two takes. */
const reasonsMax = 100

/** Gathers what this process runs, until it is told to the database. */
export function createFigures(): Figures {
  const periods = new Map<string, Period>()
  const failures = new Map<string, Failure>()

  const periodOf = (queue: QueueName, seconds: 60 | 3600, atMs: number): Period => {
    const beganAt = beginningOf(seconds, atMs)
    const key = `${queue} ${seconds} ${beganAt}`
    const known = periods.get(key)
    if (known !== undefined) return known
    const counts = { completed: 0, failed: 0, failedRuns: 0 }
    const made = {
      queue,
      seconds,
      beganAt,
      ...counts,
      waitTimes: emptyDurations(),
      runTimes: emptyDurations(),
    }
    periods.set(key, made)
    return made
  }
  const addFailure = (failure: Failure) => {
    const keyOf = (reason: string) => `${failure.queue} ${failure.hour} ${reason}`
    const isToldApart = failures.size < reasonsMax || failures.has(keyOf(failure.reason))
    const reason = isToldApart ? failure.reason : 'other reasons'
    const known = failures.get(keyOf(reason)) ?? { ...failure, reason, runs: 0 }
    known.runs += failure.runs
    failures.set(keyOf(reason), known)
  }

  return {
    record({ queue, atMs, runMs, waitMs, outcome, reason }) {
      for (const seconds of [60, 3600] as const) {
        const period = periodOf(queue, seconds, atMs)
        if (outcome === 'completed') period.completed += 1
        else period.failedRuns += 1
        if (outcome === 'failed') period.failed += 1
        countDuration(period.runTimes, runMs)
        if (waitMs !== null) countDuration(period.waitTimes, waitMs)
      }
      if (reason !== null) addFailure({ queue, hour: beginningOf(3600, atMs), reason, runs: 1 })
    },
    take() {
      const taken = { periods: [...periods.values()], failures: [...failures.values()] }
      periods.clear()
      failures.clear()
      return taken
    },
    giveBack(figures) {
      for (const period of figures.periods) {
        const known = periodOf(period.queue, period.seconds, Date.parse(period.beganAt))
        known.completed += period.completed
        known.failed += period.failed
        known.failedRuns += period.failedRuns
        addTo(known.waitTimes, period.waitTimes)
        addTo(known.runTimes, period.runTimes)
      }
      for (const failure of figures.failures) addFailure(failure)
    },
  }
}

function addTo(counts: number[], more: readonly number[]): void {
  for (const [bucket, count] of more.entries()) counts[bucket] = (counts[bucket] ?? 0) + count
}

function beginningOf(seconds: number, atMs: number): string {
  return new Date(Math.floor(atMs / (seconds * 1_000)) * seconds * 1_000).toISOString()
}
