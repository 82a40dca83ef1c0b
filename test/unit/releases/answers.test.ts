import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { originRouteList } from '../../../shared/contract/origin-routes.ts'
import { routes } from '../../../worker/app.ts'

/** The paths of a schema at which it refuses members that it does not know. */
function strictPlaces(schema: unknown, path = '$', seen = new Set<unknown>()): string[] {
  if (!(schema instanceof z.ZodType) || seen.has(schema)) return []
  seen.add(schema)
  const own = schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever ? [path] : []
  return [...own, ...partsOf(schema).flatMap(([name, part]) => strictPlaces(part, `${path}${name}`, seen))]
}

function partsOf(schema: z.ZodType): (readonly [string, unknown])[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).map(([name, part]) => [`.${name}`, part])
  if (schema instanceof z.ZodArray) return [['[]', schema.element]]
  if (schema instanceof z.ZodTuple) return schema.def.items.map((item) => ['[]', item])
  if (schema instanceof z.ZodRecord) return [['[]', schema.valueType]]
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => ['', option])
  if (schema instanceof z.ZodIntersection)
    return [schema.def.left, schema.def.right].map((each) => ['', each])
  if (schema instanceof z.ZodPipe) return [schema.in, schema.out].map((each) => ['', each])
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodLazy ||
    schema instanceof z.ZodReadonly
  )
    return [['', schema.unwrap()]]
  return []
}

describe('members that a later release adds to an answer', () => {
  it('are no reason for its reader to refuse it, in all routes of Worker and origin', () => {
    const answers = [
      ...routes.map((route) => ({ ...route, side: 'Worker' })),
      ...routes.map(({ givesAccepted: gives, ...route }) => ({ ...route, gives, side: 'Worker, later:' })),
      ...originRouteList.map(({ gives: { schema: gives }, ...route }) => ({
        ...route,
        gives,
        side: 'origin',
      })),
    ]
    const strict = answers.flatMap(({ side, method, path, gives }) =>
      strictPlaces(gives).map((place) => `${side} ${method} ${path} ${place}`),
    )
    // A week gets no further days.
    expect(strict.filter((place) => !place.endsWith('.working_hours'))).toEqual([])
    expect(answers.filter(({ gives }) => gives instanceof z.ZodObject).length).toBeGreaterThan(100)
  })

  it('would be found: a strict object in a list, in an optional member, in one of several forms', () => {
    const strict = z.strictObject({ a: z.string() })
    expect(strictPlaces(z.object({ list: z.array(strict) }))).toEqual(['$.list[]'])
    expect(strictPlaces(z.object({ maybe: z.union([z.string(), strict]).nullable().optional() }))).toEqual([
      '$.maybe',
    ])
  })
})
