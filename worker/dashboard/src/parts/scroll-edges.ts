interface Scrolled {
  readonly scrollLeft: number
  readonly clientWidth: number
  readonly scrollWidth: number
}

/** Browsers round these measures, so less than this is no more content. */
const slackPx = 2

/** The sides at which a row that scrolls has more than is seen. */
export function sidesWithMore({
  scrollLeft,
  clientWidth,
  scrollWidth,
}: Scrolled): 'none' | 'start' | 'end' | 'both' {
  const hasBefore = scrollLeft > slackPx
  const hasAfter = scrollLeft + clientWidth < scrollWidth - slackPx
  if (hasBefore) return hasAfter ? 'both' : 'start'
  return hasAfter ? 'end' : 'none'
}
