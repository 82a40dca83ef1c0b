import type { Json, JsonObject } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'

/** The newer object, made of the older one's parts where they are equal, so that a view redraws only what changed. */
export function keepEqualParts(before: JsonObject | undefined, after: JsonObject): JsonObject {
  if (before === undefined) return after
  if (JSON.stringify(before) === JSON.stringify(after)) return before
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, partOf(before[name], value)]))
}

function partOf(before: Json | undefined, after: Json): Json {
  if (isJsonObject(after)) return keepEqualParts(isJsonObject(before) ? before : undefined, after)
  if (!Array.isArray(after) || !Array.isArray(before)) return after
  const known = new Map(before.map((each) => [JSON.stringify(each), each] as const))
  return after.map((each) => known.get(JSON.stringify(each)) ?? each)
}
