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
  /** Null if the failure is no absence that the cache answers. */
  readonly absence: Absence | null

  constructor(
    sentence: string,
    told: {
      readonly status: number
      readonly code: string
      readonly faults?: readonly Fault[]
      readonly requestId?: string
      readonly absence?: Absence | null
    },
  ) {
    super(sentence)
    this.status = told.status
    this.code = told.code
    this.faults = told.faults ?? []
    this.requestId = told.requestId ?? null
    this.absence = told.absence ?? null
  }
}

/** Uses the API's own sentence if the answer has one. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  const { status } = response
  const body = errorShownSchema.safeParse(await response.json().catch(() => null))
  if (!body.success) {
    return new ApiFailure(`The server answered ${status}, without saying why.`, { status, code: 'unknown' })
  }
  const { error, code, details, requestId, _cache: cache } = body.data
  const absence = cache === undefined ? null : { cache, headers: response.headers }
  return new ApiFailure(error, { status, code, faults: details ?? [], requestId, absence })
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
