import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { QueryMetrics } from '../metrics.ts'
import { createAsk } from './ask.ts'
import type { Database } from './client.ts'
import type { Party, Refusal } from './fair-queue.ts'
import type { Places } from './places.ts'
import type { Answer, Asked, Query, Statement } from './query.ts'
import { createQueryFlights } from './query-flights.ts'

export interface Queries {
  /** Settles within the deadline. Rejects only for a programmer's error. */
  run(query: Query): Promise<Answer>
  /** Within the same bounds, and shared with nobody. What has timed out may have been done all the same. */
  perform<Value>(statement: Statement<Value>): Promise<Result<Value, Failure>>
}

interface QueriesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly metrics: QueryMetrics
  readonly places: Places
  /** Of one query, its waiting included. */
  readonly queryDeadlineMs: number
}

const encoder = new TextEncoder()

/**
 * All queries of the origin pass here. It guarantees: each runs in a place of its class (places.ts), in its workspace's and
 * its caller's turn (fair-queue.ts), and what may not wait is refused at once; one query a key however many ask at the
 * same time (query-flights.ts); every answer within the deadline.
 */
export function createQueries(options: QueriesOptions): Queries {
  const { database, clock, metrics, places, queryDeadlineMs } = options

  async function performInTurn<Value>(
    statement: Statement<Value>,
    signal: AbortSignal,
    untilMs: number,
  ): Promise<Result<Value, Failure>> {
    const entered = await places[statement.queryClass].enter(partyOf(statement), signal)
    if (!entered.ok) return err(failureOf(entered.error))
    try {
      // By the clock: the place came free at the deadline of the one before, perhaps ahead of this one's own timer.
      if (signal.aborted || clock.now() >= untilMs) return err({ kind: 'timeout' })
      const performed = statement.perform(createAsk(database, statement.callerToken, signal))
      // The place is free again at the deadline, even if the database does not let go.
      return await Promise.race([performed, aborted(signal)])
    } finally {
      entered.value.free()
    }
  }

  async function perform<Value>(statement: Statement<Value>): Promise<Result<Value, Failure>> {
    const askedAtMs = clock.now()
    const answer = await withinDeadline<Result<Value, Failure>>(
      clock,
      queryDeadlineMs,
      (signal) => performInTurn(statement, signal, askedAtMs + queryDeadlineMs),
      err({ kind: 'timeout' }),
    )
    metrics.record(statement.name, answer.ok ? null : answer.error.kind, clock.now() - askedAtMs)
    return answer
  }

  const run = createQueryFlights({
    perform: ({ perform: work, ...asked }) =>
      perform({ ...asked, perform: async (ask) => serialized(await work(ask)) }),
    onFollower: ({ name }) => metrics.recordFollower(name),
  })

  return { run, perform }
}

/** Identifiers hold no white space (shared/ids.ts): no workspace is called as a caller's own share. */
function partyOf({ workspaceId, callerKey }: Asked): Party {
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

function serialized(result: Result<unknown, Failure>): Answer {
  if (!result.ok) return result
  const bytes = encoder.encode(JSON.stringify(result.value))
  return bytes.length <= limits.answerBytesMax ? ok(bytes) : err({ kind: 'answer_too_large' })
}

function aborted(signal: AbortSignal): Promise<Result<never, Failure>> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(err({ kind: 'timeout' })), { once: true })
  })
}
