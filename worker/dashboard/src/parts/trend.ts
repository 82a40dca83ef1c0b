/** How a figure stands to the thresholds of its alerts, in words as well as by a colour. */
export interface Standing {
  readonly tone: 'good' | 'warn' | 'bad'
  readonly words: string
  /** It is about another figure, which its words name, so the figure above it has no colour. */
  readonly isOfAnother: boolean
}

/** The points of a line through the values in a box of this size, for an SVG polyline. Null values leave the line out. */
export function pointsOf(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return ''
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const step = width / Math.max(1, values.length - 1)
  return values
    .flatMap((value, index) => {
      if (value === null) return []
      const share = most === least ? 0.5 : (value - least) / (most - least)
      return [`${(index * step).toFixed(1)},${(height - share * height).toFixed(1)}`]
    })
    .join(' ')
}

/** The direction of a line in words, by the means of its first and last third. */
export function trendOf(values: readonly (number | null)[]): 'rising' | 'falling' | 'steady' | null {
  const known = values.filter((value) => value !== null)
  const third = Math.floor(known.length / 3)
  if (third < 1) return null
  const mean = (part: readonly number[]) => part.reduce((sum, value) => sum + value, 0) / part.length
  const [before, after] = [mean(known.slice(0, third)), mean(known.slice(-third))]
  const change = after - before
  if (Math.abs(change) <= 0.05 * Math.max(Math.abs(before), Math.abs(after))) return 'steady'
  return change > 0 ? 'rising' : 'falling'
}
