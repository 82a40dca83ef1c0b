import { z } from 'zod'
import { explanationSchema } from '../../../../shared/resources/explanation.ts'
import { type SourceName, sourceTitles } from '../parts/source.tsx'

/** How an answer of a resource came about, in one form for all of them. */
export interface ServedAnswer {
  readonly status: string
  readonly source: SourceName
  readonly explanation: z.output<typeof explanationSchema> | null
  /** How many there are of what was asked for; null where the answer does not say. */
  readonly total: number | null
}

const sourceSchema = z.custom<SourceName>((value) => typeof value === 'string' && value in sourceTitles)

const totalSchema = z
  .object({ pagination: z.object({ total: z.number() }) })
  .transform(({ pagination }) => pagination.total)
  .or(z.object({ total: z.number() }).transform(({ total }) => total))
  .nullable()
  .catch(null)

/** As every resource tells it. */
const cacheMemberSchema = z
  .object({
    _cache: z.object({
      status: z.string(),
      source: sourceSchema,
      explanation: explanationSchema.optional(),
    }),
  })
  .transform(({ _cache: { explanation, ...told } }) => ({ ...told, explanation: explanation ?? null }))

/** As the counts tell it, whose form is older. */
const countsMembersSchema = z
  .object({
    _cached: z.boolean(),
    _source: sourceSchema,
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
    const told = cacheMemberSchema.or(countsMembersSchema).safeParse(data)
    if (told.success) return { ...told.data, total: totalSchema.parse(data) }
    context.issues.push({ code: 'custom', input: data, message: 'must say how it was served' })
    return z.NEVER
  })
