import type { Json, JsonObject } from './json-value.ts'
import { isJsonObject } from './json-value.ts'

/**
 * Changes one JSON object into another, by its members. Lists are copied in runs, so that a page in which one row changed costs one row.
 * The browser client applies differences (apply-difference.ts).
 */
export interface Difference {
  /** Members that the object no longer has. */
  readonly drop?: readonly string[]
  /** Members with a new value. */
  readonly set?: JsonObject
  /** Members that are objects before and after, by their own differences. */
  readonly within?: Readonly<Record<string, Difference>>
  /** Members that are lists before and after. */
  readonly lists?: Readonly<Record<string, readonly ListPiece[]>>
}

/** A run of elements of the older list, by the index of the first and their number; or one new element. */
export type ListPiece = readonly [first: number, count: number] | { readonly put: Json }

/** The difference that changes `before` into `after`. Equal objects have an empty one. */
export function differenceOf(before: JsonObject, after: JsonObject): Difference {
  const drop = Object.keys(before).filter((name) => !Object.hasOwn(after, name))
  const set: [string, Json][] = []
  const within: [string, Difference][] = []
  const lists: [string, readonly ListPiece[]][] = []
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined
    if (old !== undefined && isSame(old, value)) continue
    if (Array.isArray(old) && Array.isArray(value)) lists.push([name, piecesOf(old, value)])
    else if (isJsonObject(old) && isJsonObject(value)) within.push([name, differenceOf(old, value)])
    else set.push([name, value])
  }
  return {
    ...(drop.length > 0 && { drop }),
    ...(set.length > 0 && { set: Object.fromEntries(set) }),
    ...(within.length > 0 && { within: Object.fromEntries(within) }),
    ...(lists.length > 0 && { lists: Object.fromEntries(lists) }),
  }
}

/** The pieces that make `after` from `before`. */
function piecesOf(before: readonly Json[], after: readonly Json[]): ListPiece[] {
  const texts = before.map((element) => JSON.stringify(element))
  const firstPlaces = new Map(texts.map((text, index) => [text, index] as const).reverse())
  const pieces: (readonly [number, number] | { readonly put: Json })[] = []
  for (const element of after) {
    const text = JSON.stringify(element)
    const last = pieces.at(-1)
    const run = last !== undefined && 'length' in last ? last : null
    const follows = run !== null && texts[run[0] + run[1]] === text
    const place = firstPlaces.get(text)
    if (follows) pieces[pieces.length - 1] = [run[0], run[1] + 1]
    else pieces.push(place === undefined ? { put: element } : [place, 1])
  }
  return pieces
}

function isSame(one: Json, other: Json): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
