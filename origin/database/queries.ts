import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { Database } from './database.ts'
import type { Party, Refusal } from './fair-queue.ts'
import type { Places } from './places.ts'
import { createQuery } from './query.ts'
import { createQueryFlights } from './query-flights.ts'
import type { AnswerBytes, QueryJob, ShareableQueryJob } from './query-job.ts'
import type { QueryMetrics } from './query-metrics.ts'

export interface Queries {
  /** Runs a job, or joins one with the same share key. Settles within the deadline; rejects only for a programmer's error. */
  run(job: ShareableQueryJob): Promise<AnswerBytes>
  /** Runs a job under the same bounds and shares it with nobody. A write that timed out may have been committed. */
  perform<Value>(job: QueryJob<Value>): Promise<Result<Value, Failure>>
}

interface QueriesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly metrics: QueryMetrics
  readonly places: Places
  /** For one query, its waiting included. */
  readonly queryDeadlineMs: number
}

const encoder = new TextEncoder()

/**
 * Every query of a request passes through here. It guarantees: a query runs in a place of its class (places.ts), in the
 * turn of its workspace and its caller (fair-queue.ts), and is refused at once if it may not wait; queries of one key at
 * the same time are one query (query-flights.ts); each is answered within the deadline.
 */
export function createQueries(options: QueriesOptions): Queries {
  const { database, clock, metrics, places, queryDeadlineMs } = options

  async function performInTurn<Value>(
    job: QueryJob<Value>,
    signal: AbortSignal,
    untilMs: number,
  ): Promise<Result<Value, Failure>> {
    const entered = await places[job.queryClass].enter(partyOf(job), signal)
    if (!entered.ok) return err(failureOf(entered.error))
    try {
      // The place may have come free at the deadline of the query before, ahead of this query's own timer.
      if (signal.aborted || clock.now() >= untilMs) return err({ kind: 'timeout' })
      const performed = job.perform(createQuery(database, job.callerToken, signal))
      // The place is free again at the deadline, even if the database does not settle the call.
      return await Promise.race([performed, aborted(signal)])
    } finally {
      entered.value.free()
    }
  }

  async function perform<Value>(job: QueryJob<Value>): Promise<Result<Value, Failure>> {
    const startedAtMs = clock.now()
    const answer = await withinDeadline<Result<Value, Failure>>(
      clock,
      queryDeadlineMs,
      (signal) => performInTurn(job, signal, startedAtMs + queryDeadlineMs),
      err({ kind: 'timeout' }),
    )
    metrics.record(job.name, answer.ok ? null : answer.error.kind, clock.now() - startedAtMs)
    return answer
  }

  const run = createQueryFlights({
    perform: (job) => perform({ ...job, perform: async (query) => serialized(await job.perform(query)) }),
    onFollower: ({ name }) => metrics.recordFollower(name),
  })

  return { run, perform }
}

/** Identifiers contain no white space (shared/ids.ts), so no workspace has the name of a caller's own share. */
function partyOf({ workspaceId, callerKey }: QueryJob<unknown>): Party {
  return { shareKey: workspaceId ?? `caller ${callerKey}`, callerKey }
}

function failureOf(refusal: Refusal): Failure {
  switch (refusal) {
    case 'caller':
      return { kind: 'rate_limited' }
    case 'share':
    case 'all':
      return { kind: 'overloaded' }
    case 'withdrawn':
      return { kind: 'timeout' }
  }
}

function serialized(result: Result<unknown, Failure>): AnswerBytes {
  if (!result.ok) return result
  const bytes = encoder.encode(JSON.stringify(result.value))
  return bytes.length <= limits.answerBytesMax ? ok(bytes) : err({ kind: 'answer_too_large' })
}

function aborted(signal: AbortSignal): Promise<Result<never, Failure>> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(err({ kind: 'timeout' })), { once: true })
  })
}
