const atStart = 30
const atWordStart = 20
const inARow = 10
const anywhere = 1
/** Less than the score of any title that fits. */
const behindTitles = -1_000

/**
 * How well a text fits what somebody typed: the letters of each typed word must be in the text, in their order. Letters at the beginning of
 * the text, at the beginnings of its words and in a row count more, and a shorter text wins. Null if it does not fit.
 */
export function fuzzyScore(typed: string, text: string): number | null {
  const folded = fold(text)
  let score = 0
  for (const word of fold(typed).split(/\s+/)) {
    if (word === '') continue
    const found = scoreOfWord(word, folded)
    if (found === null) return null
    score += found
  }
  return score - text.length / 100
}

/** The best of all ways in which a word lies in the text, of which there is one for each place of its first letter. */
function scoreOfWord(word: string, text: string): number | null {
  let best: number | null = null
  for (let at = text.indexOf(word.charAt(0)); at >= 0; at = text.indexOf(word.charAt(0), at + 1)) {
    const score = scoreFrom(word, text, at)
    if (score !== null && (best === null || score > best)) best = score
  }
  return best
}

function scoreFrom(word: string, text: string, first: number): number | null {
  let score = 0
  let before = -2
  let at = first
  for (const letter of word) {
    at = text.indexOf(letter, at)
    if (at < 0) return null
    score += worthOf(text, at, before)
    before = at
    at += letter.length
  }
  return score
}

function worthOf(text: string, at: number, before: number): number {
  if (at === before + 1) return inARow
  if (at === 0) return atStart
  return /[\p{L}\p{N}]/u.test(text.charAt(at - 1)) ? anywhere : atWordStart
}

/** Whether each typed word is the beginning of a word of the text. */
function hasBeginnings(typed: string, text: string): boolean {
  const words = fold(text).split(/[^\p{L}\p{N}]+/u)
  return fold(typed)
    .trim()
    .split(/\s+/)
    .every((beginning) => words.some((word) => word.startsWith(beginning)))
}

function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** The entries that fit, the best first. In the order given as long as nothing is typed. */
export function bestFits<Entry extends { readonly title: string; readonly more: string }>(
  entries: readonly Entry[],
  typed: string,
  max: number,
): Entry[] {
  if (typed.trim() === '') return entries.slice(0, max)
  return entries
    .flatMap((entry) => {
      const byTitle = fuzzyScore(typed, entry.title)
      if (byTitle !== null) return [{ entry, score: byTitle }]
      // The other words of an entry find it by their beginnings, behind all entries whose titles fit. Letters that lie apart are in
      // nearly every long text.
      return hasBeginnings(typed, `${entry.title} ${entry.more}`) ? [{ entry, score: behindTitles }] : []
    })
    .sort((one, other) => other.score - one.score)
    .slice(0, max)
    .map(({ entry }) => entry)
}
