import fc from 'fast-check'
import { z } from 'zod'

/**
 * Values of nearly the form of a schema: objects with its members and lists of its items. Any part may be `junk` or
 * missing, and there may be members that the schema does not have. So they also reach faults of its inner parts.
 */
export function valueNear(schema: z.core.$ZodType, junk: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const fitting = fittingOf(schema, junk)
  return fitting === null ? junk : fc.oneof({ arbitrary: fitting, weight: 4 }, { arbitrary: junk, weight: 1 })
}

function fittingOf(schema: z.core.$ZodType, junk: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> | null {
  if (schema instanceof z.ZodObject) {
    const members = Object.entries<z.core.$ZodType>(schema.shape).map(
      ([name, member]) => [name, valueNear(member, junk)] as const,
    )
    const known = fc.record(Object.fromEntries(members), { requiredKeys: [] })
    const unknown = fc.dictionary(fc.constantFrom('colum_id', 'other'), junk, { maxKeys: 1 })
    return fc.tuple(known, unknown).map(([one, other]) => ({ ...other, ...one }))
  }
  if (schema instanceof z.ZodArray) return fc.array(valueNear(schema.element, junk), { maxLength: 3 })
  if (schema instanceof z.ZodRecord) {
    return fc.dictionary(fc.constantFrom('a', 'b c', ''), valueNear(schema.valueType, junk), { maxKeys: 2 })
  }
  if (schema instanceof z.ZodUnion)
    return fc.oneof(...schema.options.map((option) => valueNear(option, junk)))
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options)
  if (schema instanceof z.ZodPipe) return valueNear(schema.in, junk)
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  ) {
    return valueNear(schema.unwrap(), junk)
  }
  return null
}
