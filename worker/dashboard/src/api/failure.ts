import { errorBodySchema, type Fault } from '../../../../shared/contract/errors.ts'

/** A request that did not give what was asked; thrown, since TanStack Query takes failures as rejections. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  readonly code: string
  readonly faults: readonly Fault[]
  readonly requestId: string | null

  constructor(
    sentence: string,
    told: {
      readonly status: number
      readonly code: string
      readonly faults?: readonly Fault[]
      readonly requestId?: string
    },
  ) {
    super(sentence)
    this.status = told.status
    this.code = told.code
    this.faults = told.faults ?? []
    this.requestId = told.requestId ?? null
  }
}

/** The API's own sentence, where the answer has one. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  const { status } = response
  const body = errorBodySchema.safeParse(await response.json().catch(() => null))
  if (!body.success) {
    return new ApiFailure(`The server answered ${status}, without saying why.`, { status, code: 'unknown' })
  }
  const { error, code, details, requestId } = body.data
  return new ApiFailure(error, { status, code, faults: details ?? [], requestId })
}

/** What to say where no answer came at all. */
export function unreachable(error: unknown): ApiFailure {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  return new ApiFailure(
    isLate ? 'The server did not answer in time.' : 'The server cannot be reached from here.',
    { status: 0, code: isLate ? 'timeout' : 'unreachable' },
  )
}

/** The sentence for people, of any error. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
