import type { z } from 'zod'
import { errorShownSchema, type Fault } from '../../../../shared/contract/error-shown.ts'
import type { cacheMemberSchema } from '../../../../shared/resources/served.ts'

/** The members of a 404 about an absence that is cached like an answer. */
interface Absence {
  readonly cache: z.output<typeof cacheMemberSchema>
  readonly headers: Headers
}

/** A request that failed. It is thrown, since TanStack Query expects failures as rejections. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  /** HTTP status; 0 if there was no answer. */
  readonly status: number
  readonly code: string
  readonly faults: readonly Fault[]
  readonly requestId: string | null
  /** How long the server asks to wait before another try; null if it does not say. */
  readonly retryAfterSeconds: number | null
  /** Null if the failure is no absence that the cache answers. */
  readonly absence: Absence | null

  constructor(
    sentence: string,
    told: {
      readonly status: number
      readonly code: string
      readonly faults?: readonly Fault[]
      readonly requestId?: string
      readonly retryAfterSeconds?: number | null
      readonly absence?: Absence | null
    },
  ) {
    super(sentence)
    this.status = told.status
    this.code = told.code
    this.faults = told.faults ?? []
    this.requestId = told.requestId ?? null
    this.retryAfterSeconds = told.retryAfterSeconds ?? null
    this.absence = told.absence ?? null
  }
}

/** Uses the API's own sentence if the answer has one. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  const { status } = response
  const retryAfterSeconds = secondsIn(response.headers.get('Retry-After'))
  const body = errorShownSchema.safeParse(await response.json().catch(() => null))
  if (!body.success) {
    return new ApiFailure(`The server answered ${status}, without saying why.`, {
      status,
      code: 'unknown',
      retryAfterSeconds,
    })
  }
  const { error, code, details, requestId, _cache: cache } = body.data
  const absence = cache === undefined ? null : { cache, headers: response.headers }
  return new ApiFailure(error, {
    ...{ status, code, faults: details ?? [], requestId, absence },
    retryAfterSeconds,
  })
}

/** A longer wait than this is no wait for somebody who looks at a page. */
const waitSecondsMax = 600

/** The delay of `Retry-After` (RFC 9110 section 10.2.3); null for a date, and without one. */
function secondsIn(header: string | null): number | null {
  if (header === null || !/^\d+$/.test(header)) return null
  return Math.min(Math.max(Number(header), 1), waitSecondsMax)
}

/** The failure of a request without an answer. */
export function unreachable(error: unknown): ApiFailure {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  return new ApiFailure(
    isLate ? 'The server did not answer in time.' : 'The server cannot be reached from here.',
    { status: 0, code: isLate ? 'timeout' : 'unreachable' },
  )
}

/** The sentence to show for any error. The words of other errors are for developers. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiFailure ? error.message : 'Something went wrong in this page. Reload it.'
}
