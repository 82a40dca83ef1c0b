import type { RecordableHistogram } from 'node:perf_hooks'
import { createHistogram } from 'node:perf_hooks'
import type { ResourceName } from '../../shared/resources/index.ts'
import type { FailureKind } from '../failures.ts'

export type QueryName =
  | ResourceName
  | 'membership'
  | 'boards'
  | 'needs'
  | 'settings-read'
  | 'settings-write'
  | 'contact-write'
  | 'contact-import'
  | 'ended-call'
  | 'backend-write'
  | 'webhook-endpoints'
  | 'background-work'
  | 'inbound-email'

interface QueryFigures {
  /** Queries that began, including those that failed or were refused for overload. */
  readonly count: number
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>
  /** Requests that shared another request's answer and ran no query of their own. */
  readonly followers: number
  /** Time to answer since the start of the process, waiting included. */
  readonly latencyMs: {
    readonly p50: number
    readonly p95: number
    readonly p99: number
    readonly avg: number
  }
}

/** Counts the queries of `queries.ts`. The names are a closed set, so no input can make it grow. */
export interface QueryMetrics {
  record(name: QueryName, failure: FailureKind | null, durationMs: number): void
  recordFollower(name: QueryName): void
  figures(): Partial<Record<QueryName, QueryFigures>>
}

interface Tally {
  readonly latencyUs: RecordableHistogram
  readonly failures: Partial<Record<FailureKind, number>>
  followers: number
}

export function createQueryMetrics(): QueryMetrics {
  const tallies = new Map<QueryName, Tally>()

  function tallyOf(name: QueryName): Tally {
    const known = tallies.get(name)
    if (known !== undefined) return known
    const tally: Tally = { latencyUs: createHistogram(), failures: {}, followers: 0 }
    tallies.set(name, tally)
    return tally
  }

  return {
    record(name, failure, durationMs) {
      const { latencyUs, failures } = tallyOf(name)
      latencyUs.record(Math.max(1, Math.round(durationMs * 1_000)))
      if (failure !== null) failures[failure] = (failures[failure] ?? 0) + 1
    },
    recordFollower(name) {
      tallyOf(name).followers += 1
    },
    figures() {
      return Object.fromEntries([...tallies].map(([name, tally]) => [name, figuresOf(tally)]))
    },
  }
}

function figuresOf({ latencyUs, failures, followers }: Tally): QueryFigures {
  const isEmpty = latencyUs.count === 0
  const percentileMs = (percent: number) => (isEmpty ? 0 : inMs(latencyUs.percentile(percent)))
  return {
    count: latencyUs.count,
    failures,
    followers,
    latencyMs: {
      p50: percentileMs(50),
      p95: percentileMs(95),
      p99: percentileMs(99),
      avg: isEmpty ? 0 : inMs(latencyUs.mean),
    },
  }
}

function inMs(microseconds: number): number {
  return Math.round(microseconds) / 1_000
}
