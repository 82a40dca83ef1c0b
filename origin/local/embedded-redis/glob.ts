import type { Bytes } from './reply.ts'

/**
 * Whether a text matches a pattern of KEYS and SCAN: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal character. After a
 * mismatch only the last `*` takes one more character, so the time is bounded by the product of both lengths.
 */
export function matchesGlob(pattern: Bytes, text: Bytes): boolean {
  let [at, from] = [0, 0]
  let [starAt, starFrom] = [-1, 0]
  while (from < text.length) {
    if (pattern[at] === '*') {
      starAt = at
      starFrom = from
      at += 1
      continue
    }
    const step = at < pattern.length ? matchOne(pattern, at, text[from] ?? '') : null
    if (step !== null) {
      at = step
      from += 1
    } else if (starAt >= 0) {
      starFrom += 1
      from = starFrom
      at = starAt + 1
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at += 1
  return at >= pattern.length
}

/** Matches one character against the element of the pattern at `at`. Answers where the next element begins, or null. */
function matchOne(pattern: Bytes, at: number, character: string): number | null {
  const element = pattern[at]
  if (element === '?') return at + 1
  if (element === '[') return matchSet(pattern, at + 1, character)
  const isEscaped = element === '\\' && at + 1 < pattern.length
  const literal = isEscaped ? pattern[at + 1] : element
  return literal === character ? at + (isEscaped ? 2 : 1) : null
}

function matchSet(pattern: Bytes, start: number, character: string): number | null {
  const isNegated = pattern[start] === '^'
  let at = isNegated ? start + 1 : start
  let isFound = false
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === '\\' && at + 1 < pattern.length) at += 1
    const first = pattern[at] ?? ''
    if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const last = pattern[at + 2] ?? ''
      const [low, high] = first < last ? [first, last] : [last, first]
      isFound ||= character >= low && character <= high
      at += 3
    } else {
      isFound ||= first === character
      at += 1
    }
  }
  return isFound === isNegated ? null : at + 1
}
