import { z } from 'zod'
import { resources } from '../../../../shared/resources/index.ts'

/** A declared resource as the page knows it: enough to offer it and to build a form for its question. */
export interface DeclaredResource {
  readonly name: string
  readonly summary: string
  /** With `{parameter}`s. */
  readonly route: string
  /** Whether the page can ask it. Some resources only answer the CRM's backend, whose key no browser has. */
  readonly isForMembers: boolean
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
  /** A value of the declaration's example, which shows the form of what is asked for; null if it has none. */
  readonly example: string | null
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

/** The parameters of a declaration's example. */
const valuesSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

/**
 * Every declared resource, in the order of the declarations. The build replaces this file by the data that it makes
 * (vite.config.ts), so that browsers load neither the schemas of the questions nor the code that turns them into JSON Schema.
 */
export const declaredResources: readonly DeclaredResource[] = resources.map(
  ({ name, summary, route, path, query, callers, example }) => ({
    ...{ name, summary, route },
    isForMembers: callers.some((caller) => caller === 'member'),
    parameters: [
      ...parametersIn(path, 'path', valuesSchema.parse(example.path)),
      ...parametersIn(query, 'query', valuesSchema.parse(example.query)),
    ],
  }),
)

function parametersIn(
  schema: z.ZodObject,
  place: DeclaredParameter['place'],
  examples: z.output<typeof valuesSchema>,
): DeclaredParameter[] {
  const { properties, required } = objectSchema.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  )
  return Object.entries(properties).map(([name, property]) => ({
    name,
    place,
    isRequired: required.includes(name),
    options: property.enum ?? null,
    preset: property.default === undefined ? null : String(property.default),
    example: examples[name] === undefined ? null : String(examples[name]),
    isNumber: property.pattern?.startsWith('^\\d') === true,
    charactersMax: property.maxLength ?? null,
  }))
}
