import { z } from 'zod'
import type { Dice } from '../support/dice.ts'

/** The part of JSON Schema that the product's own schemas use. */
export interface JsonSchema {
  readonly type?: string | readonly string[] | undefined
  readonly const?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly anyOf?: readonly JsonSchema[] | undefined
  readonly oneOf?: readonly JsonSchema[] | undefined
  readonly allOf?: readonly JsonSchema[] | undefined
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: JsonSchema | undefined
  readonly format?: string | undefined
  readonly pattern?: string | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly examples?: readonly unknown[] | undefined
}

export const jsonSchemaSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(jsonSchemaSchema).optional(),
    oneOf: z.array(jsonSchemaSchema).optional(),
    allOf: z.array(jsonSchemaSchema).optional(),
    properties: z.record(z.string(), jsonSchemaSchema).optional(),
    required: z.array(z.string()).optional(),
    items: jsonSchemaSchema.optional().catch(undefined),
    format: z.string().optional(),
    pattern: z.string().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    examples: z.array(z.unknown()).optional(),
  }),
)

/** Texts that exist in the reference data, by the name of the field or parameter that takes them. */
export type Known = Readonly<Record<string, readonly string[]>>

/** A value that the schema accepts, or nearly: everything required is there, and some of the rest. */
export function sampleOf(schema: JsonSchema, dice: Dice, known: Known, name = ''): unknown {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return sampleOf(dice.pick(choices), dice, known, name)
  if (schema.allOf?.[0] !== undefined) return sampleOf(schema.allOf[0], dice, known, name)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) {
    const likely = schema.enum.filter((each) => known[name]?.some((text) => text === each))
    return dice.pick(likely.length > 0 && dice.happens(0.5) ? likely : schema.enum)
  }
  const type = typeof schema.type === 'object' ? dice.pick(schema.type) : schema.type
  switch (type) {
    case 'object':
      if (schema.examples?.length !== undefined && dice.happens(0.3)) return dice.pick(schema.examples)
      return objectOf(schema, dice, known)
    case 'array':
      return Array.from({ length: dice.between(1, 3) }, () => sampleOf(schema.items ?? {}, dice, known, name))
    case 'integer':
    case 'number':
      return dice.between(Math.max(schema.minimum ?? 0, 0), Math.min(schema.maximum ?? 1_000, 1_000))
    case 'boolean':
      return dice.happens(0.5)
    case 'null':
      return null
    default:
      return textOf(schema, dice, known, name)
  }
}

function objectOf({ properties = {}, required = [] }: JsonSchema, dice: Dice, known: Known): object {
  const names = Object.keys(properties).filter((each) => required.includes(each) || dice.happens(0.4))
  return Object.fromEntries(names.map((each) => [each, sampleOf(properties[each] ?? {}, dice, known, each)]))
}

function textOf({ format, pattern, examples }: JsonSchema, dice: Dice, known: Known, name: string): string {
  const texts = known[name] ?? examples?.filter((each) => typeof each === 'string')
  if (texts?.[0] !== undefined) return dice.pick(texts)
  if (format === 'date-time') return '2026-01-01T12:00:00.000000Z'
  return pattern?.includes('\\d') === true ? String(dice.between(1, 50)) : 'abc'
}
