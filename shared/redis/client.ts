import type { Clock } from '../clock.ts'
import { withinDeadline } from '../clock.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'

/** A command as Redis documents it, such as `['SET', 'key', 'value', 'PX', 1000]`. */
export type RedisCommand = readonly [name: string, ...rest: (string | number)[]]

export type RedisReply = string | number | null | readonly RedisReply[]

/** The answer to one command: a reply, or the first word of an error (`NOSCRIPT`), since the rest may quote the command. */
export type RedisAnswer = { readonly reply: RedisReply } | { readonly errorCode: string }

/**
 * Why there is no reply. `rate-limited`: the provider's limit is used up. `refused`: Redis answered one of the commands with an error.
 * Nothing of a command is part of a failure, so it can be logged.
 */
export type RedisFailure =
  | { readonly kind: 'timeout' | 'unavailable' | 'rate-limited' }
  | { readonly kind: 'refused'; readonly errorCode: string }

/** Commands that are sent in one request and run in their order. */
export interface RedisRequest {
  readonly commands: readonly RedisCommand[]
  /** Whether no other client's command may run in between (MULTI and EXEC). */
  readonly isAtomic: boolean
  readonly signal: AbortSignal | undefined
}

/** Sends a request and answers each of its commands. It may reject, and may ignore the signal. */
export type RedisTransport = (request: RedisRequest) => Promise<Result<readonly RedisAnswer[], RedisFailure>>

interface SendOptions {
  readonly isAtomic?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A client of one Redis. It never rejects, never retries, and settles within its deadline. */
export interface RedisClient {
  /** The replies in the order of the commands. If Redis refuses one of them, the whole is `refused`; the others may have run. */
  send(
    commands: readonly RedisCommand[],
    options?: SendOptions,
  ): Promise<Result<readonly RedisReply[], RedisFailure>>
}

interface RedisClientOptions {
  readonly transport: RedisTransport
  readonly clock: Clock
  /** The time limit of each request; null if every caller passes a signal that ends in time. */
  readonly deadlineMs: number | null
}

export function createRedisClient({ transport, clock, deadlineMs }: RedisClientOptions): RedisClient {
  async function attempt(request: RedisRequest): Promise<Result<readonly RedisReply[], RedisFailure>> {
    try {
      const answered = await transport(request)
      return answered.ok ? repliesOf(answered.value, request.commands.length) : answered
    } catch {
      // The error is dropped: its message may quote the command.
      return err({ kind: request.signal?.aborted ? 'timeout' : 'unavailable' })
    }
  }

  return {
    send(commands, { isAtomic = false, signal } = {}) {
      if (signal?.aborted) return Promise.resolve(err({ kind: 'timeout' }))
      if (deadlineMs === null) return attempt({ commands, isAtomic, signal })
      return withinDeadline<Result<readonly RedisReply[], RedisFailure>>(
        clock,
        deadlineMs,
        (own) => {
          const either = signal === undefined ? own : AbortSignal.any([own, signal])
          return attempt({ commands, isAtomic, signal: either })
        },
        err({ kind: 'timeout' }),
      )
    },
  }
}

function repliesOf(
  answers: readonly RedisAnswer[],
  expected: number,
): Result<readonly RedisReply[], RedisFailure> {
  if (answers.length !== expected) return err({ kind: 'unavailable' })
  const replies: RedisReply[] = []
  for (const answer of answers) {
    if ('errorCode' in answer) return err({ kind: 'refused', errorCode: answer.errorCode })
    replies.push(answer.reply)
  }
  return ok(replies)
}
