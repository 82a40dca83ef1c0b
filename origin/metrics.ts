import type { RecordableHistogram } from 'node:perf_hooks'
import { createHistogram } from 'node:perf_hooks'
import type { ResourceName } from '../shared/resources/index.ts'
import type { FailureKind } from './failures.ts'

export type QueryName =
  | ResourceName
  | 'membership'
  | 'boards'
  | 'settings-read'
  | 'settings-write'
  | 'contact-write'
  | 'contact-import'

export interface QueryFigures {
  /** Queries that were begun, failed ones and such as were refused for overload included. */
  readonly count: number
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>
  /** Requests that were given another request's answer instead of a query of their own. */
  readonly followers: number
  /** From asking to answer, waiting included, since the start of the process. */
  readonly latencyMs: {
    readonly p50: number
    readonly p95: number
    readonly p99: number
    readonly avg: number
  }
}

/** Counts what `queries.ts` does. Names are a closed set, so it grows with nobody's input. */
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
