import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { isStorable, storable, storableRule } from '../text.ts'
import type { Fault } from './error-shown.ts'
import type { WireError } from './errors.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * An escape that can produce NUL or half of a surrogate pair. Valid UTF-8 cannot contain half a pair, and JSON text no
 * NUL, in any other way.
 */
const suspectEscape = /\\u(?:0000|[dD][89a-fA-F])/

/** A number that may be greater than the greatest double, which JSON.parse reads as Infinity and JSON.stringify writes as null. */
const suspectNumber = /[\d.][eE]\+?\d{3}|\d{309}/
const numberRule = 'must be a number of at most 1.7976931348623157e308'

/**
 * Parses a request's body as JSON (RFC 8259). A byte order mark at its start is ignored (section 8.1 permits that). Of
 * two members with the same name the later one counts, as with every JSON.parse. Text that no database can store is
 * refused wherever it occurs, names of members included, and so is nesting deeper than `limits.jsonDepthMax`, so that
 * later code may recurse, and so is a number that is greater than a double can be: it would be stored as null.
 */
export function parseJson(bytes: ArrayBuffer | Uint8Array): Result<unknown, WireError> {
  let text: string
  let json: unknown
  try {
    text = decoder.decode(bytes)
    json = JSON.parse(text)
  } catch {
    return err({ code: 'invalid_json' })
  }
  // The walk costs several times as much as the parse, and most bodies evidently do not need it.
  if (!suspectEscape.test(text) && !suspectNumber.test(text) && !canBeDeep(text)) return ok(json)
  const fault = faultIn(json)
  return fault === null ? ok(json) : err({ code: 'invalid_body', details: [fault] })
}

/** Whether the text has at least as many opening brackets as a body that is nested too deep. */
function canBeDeep(text: string): boolean {
  let opened = 0
  for (const _bracket of text.matchAll(/[[{]/g)) {
    opened += 1
    if (opened > limits.jsonDepthMax) return true
  }
  return false
}

/** An object or array, and the path to it. */
interface Place {
  readonly value: object
  readonly name: string | number
  readonly parent: Place | null
  /** The outermost object has depth 1. */
  readonly depth: number
}

/** The first fault found. Not recursive, since a body could exhaust the stack. */
function faultIn(json: unknown): Fault | null {
  const open: Place[] = []
  const visit = (value: unknown, name: string | number, parent: Place | null): Fault | null => {
    const isText = [name, value].every((text) => typeof text !== 'string' || isStorable(text))
    if (!isText) return faultAt(name, parent, storableRule)
    if (typeof value === 'number' && !Number.isFinite(value)) return faultAt(name, parent, numberRule)
    if (typeof value !== 'object' || value === null) return null
    const depth = (parent?.depth ?? 0) + 1
    if (depth > limits.jsonDepthMax) {
      return faultAt(name, parent, `must not be nested more than ${limits.jsonDepthMax} deep`)
    }
    open.push({ value, name, parent, depth })
    return null
  }
  let fault = visit(json, '', null)
  for (let place = open.pop(); fault === null && place !== undefined; place = open.pop()) {
    for (const [name, value] of membersOf(place.value)) {
      fault ??= visit(value, name, place)
    }
  }
  return fault
}

/** One at a time: a body may be a list of half a million numbers. */
function* membersOf(value: object): Generator<[string | number, unknown]> {
  if (Array.isArray(value)) yield* value.entries()
  else for (const name of Object.keys(value)) yield [name, Reflect.get(value, name)]
}

function faultAt(name: string | number, parent: Place | null, message: string): Fault {
  const names = parent === null ? [] : [name]
  for (let place = parent; place !== null && place.parent !== null; place = place.parent)
    names.unshift(place.name)
  // Names come from the caller and may have any length, and the faults of an import are kept in the database.
  const path = storable(names.join('.').slice(0, limits.faultParameterCharactersMax))
  return { parameter: path || '(input)', message }
}
