import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { OriginContext } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type { QueueFailure } from '../queues/job-queues.ts'

/** The one table from a failure of the queues to the error on the wire. `effect`: what the call would have done. */
function errorOf(failure: QueueFailure, effect: 'read' | 'write'): WireError {
  switch (failure.kind) {
    case 'not_configured':
    case 'unavailable':
      return { code: 'queues_unavailable', retryAfterSeconds: limits.retryAfterSeconds }
    case 'timeout':
      return { code: effect === 'write' ? 'write_unconfirmed' : 'origin_timeout' }
    case 'job_not_found':
      return { code: 'job_not_found' }
    case 'wrong_state':
      return { code: 'job_state', details: [{ parameter: 'id', message: `is ${failure.state}` }] }
    case 'invalid_cursor':
      return { code: 'invalid_cursor' }
  }
}

export function respondQueueFailure(
  context: OriginContext,
  failure: QueueFailure,
  effect: 'read' | 'write',
): Response {
  context.set('failure', `queues ${failure.kind}`)
  return respondError(context, errorOf(failure, effect))
}

/** Answers a success in an envelope that no cache may store, or the failure. */
export function respondQueues<Value>(
  context: OriginContext,
  answer: Result<Value, QueueFailure>,
  effect: 'read' | 'write',
  shown: (value: Value) => unknown,
  status: 200 | 201 = 200,
): Response {
  if (!answer.ok) return respondQueueFailure(context, answer.error, effect)
  context.header('Cache-Control', 'no-store')
  return context.json({ success: true, data: shown(answer.value) }, status)
}

/** A reason within its bound. One that a handler did not give, such as the message of an exception, may have any length. */
export function reasonShown(reason: string): string {
  return reason.slice(0, limits.jobReasonCharactersMax).toWellFormed()
}
