import pLimit from 'p-limit'
import type { Clock } from '../shared/clock.ts'
import { withinDeadline } from '../shared/clock.ts'
import { limits } from '../shared/limits.ts'
import type { Result } from '../shared/result.ts'
import { err, ok } from '../shared/result.ts'
import type { Ask } from './ask.ts'
import { createAsk } from './ask.ts'
import type { Failure } from './failures.ts'
import { isPersonal } from './failures.ts'
import type { QueryMetrics, QueryName } from './metrics.ts'
import type { Database } from './supabase.ts'

/** What is asked of the database, in whose name, and with whom the answer may be shared. */
export interface Query {
  readonly name: QueryName
  /** Queries of one key are one query. Null: never shared. */
  readonly shareKey: string | null
  readonly callerToken: string | null
  perform(ask: Ask): Promise<Result<unknown, Failure>>
}

/** What is done in the database once, for one caller alone. Null is the service role. */
export interface Statement<Value> {
  readonly name: QueryName
  readonly callerToken: string | null
  perform(ask: Ask): Promise<Result<Value, Failure>>
}

/** The answer as the bytes of its JSON, made once however many share it. */
export type Answer = Result<Uint8Array<ArrayBuffer>, Failure>

export interface Queries {
  /** Settles within the deadline. Rejects only for a programmer's error. */
  run(query: Query): Promise<Answer>
  /** Within the same bounds, and shared with nobody. What has timed out may have been done all the same. */
  perform<Value>(statement: Statement<Value>): Promise<Result<Value, Failure>>
  readonly running: number
  readonly waiting: number
}

interface QueriesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly metrics: QueryMetrics
  readonly queriesAtOnceMax: number
  readonly queriesWaitingMax: number
  /** Of one query, its waiting included. */
  readonly queryDeadlineMs: number
}

interface Flight {
  readonly callerToken: string | null
  readonly answer: Promise<Answer>
}

/** How many others' queries one caller follows before it asks on its own. */
const leadersMax = 2

const encoder = new TextEncoder()

/**
 * All queries of the origin pass here. It guarantees: one query a key however many ask at the same time; at most
 * `queriesAtOnceMax` running and `queriesWaitingMax` waiting, beyond that `overloaded` at once; every answer within
 * the deadline.
 *
 * Callers of one key share the answer that row level security gave to the first of them, under that one's token. That
 * is sound because the Worker, known by the internal key, has checked that each of them is a member of the workspace
 * before it asks, because what differs from user to user has the user in its key, and because the SQL functions answer
 * `forbidden`, never an empty page, to who is no member. A failure that is about the first caller alone (its token
 * has expired, it has left the workspace) is not shared: the others ask again.
 *
 * A query belongs to nobody's connection: a caller who goes away cancels nothing, and only the deadline does.
 */
export function createQueries(options: QueriesOptions): Queries {
  const { database, clock, metrics, queriesAtOnceMax, queriesWaitingMax, queryDeadlineMs } = options
  const limit = pLimit(queriesAtOnceMax)
  const flights = new Map<string, Flight>()

  async function performWhenAdmitted<Value>(
    statement: Statement<Value>,
    signal: AbortSignal,
    untilMs: number,
  ): Promise<Result<Value, Failure>> {
    if (limit.activeCount + limit.pendingCount >= queriesAtOnceMax + queriesWaitingMax) {
      return err({ kind: 'overloaded' })
    }
    return limit(() => {
      // By the clock: the place came free at the deadline of the one before, perhaps ahead of this one's own timer.
      if (clock.now() >= untilMs) return err({ kind: 'timeout' })
      const performed = statement.perform(createAsk(database, statement.callerToken, signal))
      // The place is free again at the deadline, even if the database does not let go.
      return Promise.race([performed, aborted(signal)])
    })
  }

  async function perform<Value>(statement: Statement<Value>): Promise<Result<Value, Failure>> {
    const askedAtMs = clock.now()
    const answer = await withinDeadline<Result<Value, Failure>>(
      clock,
      queryDeadlineMs,
      (signal) => performWhenAdmitted(statement, signal, askedAtMs + queryDeadlineMs),
      err({ kind: 'timeout' }),
    )
    metrics.record(statement.name, answer.ok ? null : answer.error.kind, clock.now() - askedAtMs)
    return answer
  }

  async function performSerialized({ name, callerToken, perform: work }: Query): Promise<Answer> {
    return perform({ name, callerToken, perform: async (ask) => serialized(await work(ask)) })
  }

  function lead(shareKey: string, query: Query): Promise<Answer> {
    const answer = performSerialized(query).finally(() => flights.delete(shareKey))
    flights.set(shareKey, { callerToken: query.callerToken, answer })
    return answer
  }

  return {
    async run(query) {
      const { shareKey, callerToken } = query
      if (shareKey === null) return performSerialized(query)
      for (let followed = 0; followed < leadersMax; followed += 1) {
        const flight = flights.get(shareKey)
        if (flight === undefined) return lead(shareKey, query)
        metrics.recordFollower(query.name)
        const answer = await flight.answer
        const isOwn = answer.ok || flight.callerToken === callerToken || !isPersonal(answer.error)
        if (isOwn) return answer
      }
      return performSerialized(query)
    },
    perform,
    get running() {
      return limit.activeCount
    },
    get waiting() {
      return limit.pendingCount
    },
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
