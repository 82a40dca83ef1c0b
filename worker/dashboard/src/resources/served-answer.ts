import { z } from 'zod'
import { type SourceName, sourceNames } from '../../../../shared/contract/tier-names.ts'
import { explanationSchema } from '../../../../shared/resources/explanation.ts'
import { cacheMemberSchema } from '../../../../shared/resources/served.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiFailure } from '../api/failure.ts'

/** How an answer of a resource came about, in one form for all of them. */
export interface ServedAnswer {
  readonly status: string
  readonly source: SourceName
  readonly explanation: z.output<typeof explanationSchema> | null
  /** How many contacts match the question; null if the answer does not say. */
  readonly total: number | null
  /** The sentence that says that the thing does not exist; null if it exists. */
  readonly absence: string | null
}

const totalSchema = z
  .object({ pagination: z.object({ total: z.number() }) })
  .transform(({ pagination }) => pagination.total)
  .or(z.object({ total: z.number() }).transform(({ total }) => total))
  .nullable()
  .catch(null)

/** The member `_cache`, which answers of most resources have. */
const withCacheMember = z
  .object({ _cache: cacheMemberSchema })
  .transform(({ _cache: { status, source, explanation } }) => ({
    ...{ status, source },
    explanation: explanation ?? null,
  }))

/** The members of the counts, whose form is older. */
const withCountsMembers = z
  .object({
    _cached: z.boolean(),
    _source: z.enum(sourceNames),
    _cacheEnabled: z.boolean(),
    _explanation: explanationSchema.optional(),
  })
  .transform(({ _cached, _source, _cacheEnabled, _explanation }) => ({
    status: _cached ? 'HIT' : _cacheEnabled ? 'MISS' : 'BYPASS',
    source: _source,
    explanation: _explanation ?? null,
  }))

/** Reads the `data` of any declared resource. */
export const servedAnswerSchema: z.ZodType<ServedAnswer> = z
  .looseObject({})
  .transform((data, context): ServedAnswer => {
    const told = withCacheMember.or(withCountsMembers).safeParse(data)
    if (told.success) return { ...told.data, total: totalSchema.parse(data), absence: null }
    context.issues.push({ code: 'custom', input: data, message: 'must say how it was served' })
    return z.NEVER
  })

/** An answer of a resource as the page got it. */
interface ServedRead {
  readonly served: ServedAnswer
  readonly headers: Headers
  /** The time that the page waited, network included. */
  readonly durationMs: number
}

/** Reads a resource. That something does not exist is an answer too; any other failure is thrown. */
export async function readServed(
  api: Pick<ApiClient, 'fetch'>,
  request: Parameters<ApiClient['fetch']>[1],
): Promise<ServedRead> {
  const startedAtMs = performance.now()
  try {
    const { data, headers, durationMs } = await api.fetch(servedAnswerSchema, request)
    return { served: data, headers, durationMs }
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.absence === null) throw error
    const durationMs = performance.now() - startedAtMs
    const { cache, headers } = error.absence
    const { status, source, explanation = null } = cache
    return {
      ...{ headers, durationMs },
      served: { status, source, explanation, total: null, absence: error.message },
    }
  }
}
