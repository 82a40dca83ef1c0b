import { z } from 'zod'
import { resources } from '../../../../shared/resources/index.ts'
import type { Resource } from '../../../../shared/resources/question.ts'

/** A declared resource as the page knows it: enough to offer it and to build a form for its question. */
export interface DeclaredResource {
  readonly name: string
  readonly summary: string
  /** With `{parameter}`s. */
  readonly route: string
  readonly parameters: readonly DeclaredParameter[]
}

export interface DeclaredParameter {
  readonly name: string
  readonly place: 'path' | 'query'
  readonly isRequired: boolean
  /** The values that it accepts; null if the user may type any text. */
  readonly options: readonly string[] | null
  /** The value that counts if the parameter is left out. */
  readonly preset: string | null
  readonly isNumber: boolean
  readonly charactersMax: number | null
}

/** JSON Schema of the parameters, as far as a form needs it. */
const objectSchema = z.object({
  properties: z.record(
    z.string(),
    z.object({
      enum: z.array(z.string()).optional(),
      default: z.union([z.string(), z.number(), z.boolean()]).optional(),
      pattern: z.string().optional(),
      maxLength: z.number().optional(),
    }),
  ),
  required: z.array(z.string()).default([]),
})

/**
 * Every declared resource that users may read, in the order of the declarations. The build replaces this file by the data that it makes
 * (vite.config.ts), so that browsers load neither the schemas of the questions nor the code that turns them into JSON Schema.
 */
export const declaredResources: readonly DeclaredResource[] = resources
  .filter(isForMembers)
  .map(({ name, summary, route, path, query }) => ({
    name,
    summary,
    route,
    parameters: [...parametersIn(path, 'path'), ...parametersIn(query, 'query')],
  }))

function isForMembers({ callers }: Pick<Resource, 'callers'>): boolean {
  return callers.includes('member')
}

function parametersIn(schema: z.ZodObject, place: DeclaredParameter['place']): DeclaredParameter[] {
  const { properties, required } = objectSchema.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  )
  return Object.entries(properties).map(([name, property]) => ({
    name,
    place,
    isRequired: required.includes(name),
    options: property.enum ?? null,
    preset: property.default === undefined ? null : String(property.default),
    isNumber: property.pattern?.startsWith('^\\d') === true,
    charactersMax: property.maxLength ?? null,
  }))
}
