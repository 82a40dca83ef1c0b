import type { JsonSchema } from './json-schema.ts'

/**
 * A value that the schema accepts, as an example. If the schema has one (`.meta({ examples: […] })`), it is taken; else one is
 * made from the schema's parts. An object gets its required members, or its first one if none is required. A test checks every
 * example of the document against its schema and so finds the schemas that need an example of their own.
 */
export function exampleOf(schema: JsonSchema): unknown {
  const [given] = schema.examples ?? []
  if (given !== undefined) return given
  if (schema.default !== undefined) return schema.default
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const [choice] = schema.anyOf ?? schema.oneOf ?? []
  if (choice !== undefined) return exampleOf(choice)
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(exampleOf))
  const type = typeof schema.type === 'object' ? schema.type[0] : schema.type
  switch (type) {
    case 'object':
      return exampleOfObject(schema)
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(schema.items)]
    case 'integer':
    case 'number':
      return Math.min(Math.max(1, schema.minimum ?? 1), schema.maximum ?? 1)
    case 'boolean':
      return true
    case 'string':
      return exampleOfText(schema)
    default:
      return null
  }
}

function exampleOfObject({ properties = {}, required = [] }: JsonSchema): object {
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1)
  return Object.fromEntries(names.map((name) => [name, exampleOf(properties[name] ?? {})]))
}

/** Examples for texts without one of their own. The first that fits the pattern and the length is taken. */
const texts = ['example', '1', 'a', 'A', 'id:1', '2026-01-31']

function exampleOfText({ format, pattern, minLength = 0, maxLength = 100 }: JsonSchema): string {
  if (format === 'date-time') return '2026-01-31T12:00:00.000Z'
  const fits = (text: string) =>
    text.length >= minLength &&
    text.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(text))
  return texts.find(fits) ?? ''
}
