import { decodeWords } from 'postal-mime'

/** Characters that turn the direction of the text behind them (UAX 9), so that a name or a file's ending reads as another. */
const directionMarks = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu
const controls = /[\p{Cc}\u2028\u2029\ufeff]+/gu

/**
 * A text from a header as one line of plain, storable text: no control characters, so that it can never begin another header field or
 * another line of a log; no marks of direction; white space of any kind and number as one space. Cut after `charactersMax` characters.
 */
export function plainLine(text: string, charactersMax: number): string {
  const line = wellFormed(text)
    .replace(directionMarks, '')
    .replace(controls, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  // Normalizing takes quadratic time where marks are stacked on a letter, so it gets no more than is kept.
  const kept = cutText(line, charactersMax).normalize('NFC')
  return cutText(kept, charactersMax).trimEnd()
}

/** The words of a header field decoded (RFC 2047), as one line of plain text. */
export function decodedLine(field: string, charactersMax: number): string {
  return plainLine(decodeWords(field), charactersMax)
}

/** The text with half surrogate pairs replaced and without NUL, which Postgres refuses. */
export function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\0', '')
}

/** The first `charactersMax` characters of a text, counted in code points, as Postgres counts. */
export function cutText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text
  let end = 0
  for (let characters = 0; characters < charactersMax && end < text.length; characters += 1)
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
  return text.slice(0, end)
}
