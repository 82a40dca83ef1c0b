import { z } from 'zod'

/** The fault of text that is not storable. */
export const storableRule = 'must not contain NUL or half of a surrogate pair'

/**
 * Whether the text can be stored. Postgres refuses NUL and half of a surrogate pair, in text and in jsonb. UTF-8, and
 * so SQLite and every key, turns each half of a pair into the same replacement character.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/**
 * Text from outside that is stored in a database or in a key. Its length is counted in UTF-16 units, as in JavaScript.
 */
export function storableText(charactersMin: number, charactersMax: number) {
  return z.string().min(charactersMin).max(charactersMax).refine(isStorable, storableRule)
}
