import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import { respondError } from './answers.ts'
import type { Exchange } from './exchange.ts'

/** Nobody knows whether a write was made. */
const lateWrite: WireError = { code: 'write_unconfirmed' }
const lateRead: WireError = { code: 'overloaded', retryAfterSeconds: limits.retryAfterSeconds }

/** The answer to a request, or an error once its deadline has passed. Every wait behind it has a deadline of its own, and this is the last one. */
export function answerInTime(
  { method, requestId }: Pick<Exchange, 'method' | 'requestId'>,
  answer: Promise<Response>,
  clock: Clock,
): Promise<Response> {
  const isRead = method === 'GET' || method === 'HEAD'
  const deadlineMs = isRead ? limits.answerDeadlineMs : limits.workDeadlineMs
  return withinDeadline(clock, deadlineMs, () => answer, null).then(
    (given) => given ?? respondError(isRead ? lateRead : lateWrite, requestId),
  )
}
