const pageRows = 8

/** The row of a list that a key leads to, from the one at `at`; null if it is no such key. The arrows go on at the other end. */
export function placeAfter(key: string, at: number, rows: number): number | null {
  const last = rows - 1
  if (key === 'ArrowDown') return at >= last ? 0 : at + 1
  if (key === 'ArrowUp') return at <= 0 ? Math.max(0, last) : at - 1
  if (key === 'PageDown') return Math.max(0, Math.min(last, at + pageRows))
  return key === 'PageUp' ? Math.max(0, at - pageRows) : null
}
