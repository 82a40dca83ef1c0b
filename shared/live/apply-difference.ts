import type { Difference, ListPiece } from './difference.ts'
import type { Json, JsonObject } from './json-value.ts'
import { isJsonObject } from './json-value.ts'

/**
 * The object that a difference makes of an older one; null if it does not fit, which a client treats like a lost frame. Members that did
 * not change are the same objects as before, so that a view redraws only what changed.
 */
export function applyDifference(before: JsonObject, difference: Difference): JsonObject | null {
  const members = new Map(Object.entries(before))
  for (const name of difference.drop ?? []) members.delete(name)
  for (const [name, value] of Object.entries(difference.set ?? {})) members.set(name, value)
  for (const [name, inner] of Object.entries(difference.within ?? {})) {
    const old = members.get(name)
    const value = isJsonObject(old) ? applyDifference(old, inner) : null
    if (value === null) return null
    members.set(name, value)
  }
  for (const [name, pieces] of Object.entries(difference.lists ?? {})) {
    const old = members.get(name)
    const value = Array.isArray(old) ? listOf(old, pieces) : null
    if (value === null) return null
    members.set(name, value)
  }
  return Object.fromEntries(members)
}

function listOf(before: readonly Json[], pieces: readonly ListPiece[]): Json[] | null {
  const list: Json[] = []
  for (const piece of pieces) {
    if ('put' in piece) list.push(piece.put)
    else {
      const [first, count] = piece
      if (first < 0 || first + count > before.length) return null
      list.push(...before.slice(first, first + count))
    }
  }
  return list
}
