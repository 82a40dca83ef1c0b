/** Members that follow from the time of the answer or of a write, and the id of a request. */
const passing = new Set(['requestId', 'local_time', 'is_working_hours', 'updated_at'])

/** The part of an answer's JSON that is the same wherever and whenever the same data are answered. */
export function lastingPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lastingPart)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !name.startsWith('_') && !passing.has(name))
  return Object.fromEntries(kept.map(([name, member]) => [name, lastingPart(member)]))
}

/** The place of the first difference of two values of JSON, such as `data.contacts[0].name`; null if they are equal. */
export function firstDifference(one: unknown, other: unknown, place = ''): string | null {
  if (Object.is(one, other)) return null
  if (Array.isArray(one) && Array.isArray(other)) {
    const longest = Math.max(one.length, other.length)
    return firstOf(
      Array.from({ length: longest }, (_, index) => [one[index], other[index], `${place}[${index}]`]),
    )
  }
  if (isObject(one) && isObject(other)) {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
    return firstOf(names.map((name) => [one[name], other[name], place === '' ? name : `${place}.${name}`]))
  }
  return place === '' ? 'the whole' : place
}

function firstOf(pairs: readonly (readonly [one: unknown, other: unknown, place: string])[]): string | null {
  for (const [one, other, place] of pairs) {
    const found = firstDifference(one, other, place)
    if (found !== null) return found
  }
  return null
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
