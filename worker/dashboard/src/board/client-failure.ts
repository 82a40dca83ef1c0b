import { BoardcacheError } from '../../../client/client-error.ts'
import { ApiFailure } from '../api/failure.ts'

/** Sentences for failures that have none from the API. */
const sentences: Readonly<Record<string, string>> = {
  offline: 'There is no network.',
  network: 'The server cannot be reached from here.',
  timeout: 'The server did not answer in time.',
  token_unavailable: 'Your session could not be renewed.',
  answer_invalid: 'The server gave an answer that this page does not understand.',
  closed: 'The session has ended.',
}

/** A failure of the client library, in the form in which the page shows failures. */
export function failureOfClient(error: unknown): ApiFailure {
  if (!(error instanceof BoardcacheError))
    return new ApiFailure('Something went wrong in this page. Reload it.', { status: 0, code: 'unknown' })
  const { code, status, details, requestId, retryAfterMs } = error
  return new ApiFailure(sentences[code] ?? error.message, {
    status: status ?? 0,
    code,
    faults: details,
    ...(requestId === null ? {} : { requestId }),
    retryAfterSeconds: retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1_000),
  })
}
