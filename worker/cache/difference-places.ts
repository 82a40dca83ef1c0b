import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import type { Resource } from '../../shared/resources/question.ts'

/** A member whose name the resource does not declare: it may come from data, such as the id of a user. */
const undeclared = '*'

/**
 * The places at which two bodies of a resource differ, as paths (`$.contacts[].name`), each once. A path consists of names that the
 * resource declares, so it tells nothing that is in the answers. Positions of lists are left out too.
 */
export function placesOfDifference(resource: Resource, one: string, other: string): readonly string[] {
  const places = new Set<string>()
  const parsed = [parseJson(one), parseJson(other)]
  compare(parsed[0], parsed[1], '$', { names: namesOf(resource), places, depth: 0 })
  return [...places]
}

interface Comparison {
  readonly names: ReadonlySet<string>
  readonly places: Set<string>
  readonly depth: number
}

function compare(one: unknown, other: unknown, place: string, comparison: Comparison): void {
  const { places, depth } = comparison
  if (places.size >= limits.differencePlacesMax || Object.is(one, other)) return
  const deeper = { ...comparison, depth: depth + 1 }
  const isTooDeep = depth >= limits.jsonDepthMax || place.length >= limits.differencePlaceCharactersMax - 42
  if (!isTooDeep && Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) places.add(`${place}.length`)
    else for (const [at, item] of one.entries()) compare(item, other[at], `${place}[]`, deeper)
    return
  }
  if (!isTooDeep && isObject(one) && isObject(other)) {
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const shown = comparison.names.has(name) ? name : undeclared
      compare(one[name], other[name], `${place}.${shown}`, deeper)
    }
    return
  }
  places.add(place)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const known = new WeakMap<Resource, ReadonlySet<string>>()

/** The names of all members that the schema of a resource's data declares. They are short, since people wrote them. */
function namesOf(resource: Resource): ReadonlySet<string> {
  const remembered = known.get(resource)
  if (remembered !== undefined) return remembered
  const names = new Set<string>()
  collect(z.toJSONSchema(resource.data, { io: 'input', unrepresentable: 'any' }), names)
  known.set(resource, names)
  return names
}

function collect(schema: unknown, names: Set<string>): void {
  if (Array.isArray(schema)) {
    for (const each of schema) collect(each, names)
    return
  }
  if (!isObject(schema)) return
  for (const [keyword, value] of Object.entries(schema)) {
    // Examples and constants are data, and not declarations.
    if (keyword === 'examples' || keyword === 'const' || keyword === 'enum' || keyword === 'default') continue
    if (keyword === 'properties' && isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        if (name.length <= 40) names.add(name)
        collect(member, names)
      }
    } else collect(value, names)
  }
}
