import { z } from 'zod'

/** What to say of text that is not storable. */
export const storableRule = 'must not contain NUL or half of a surrogate pair'

/**
 * Whether the text survives being stored. Postgres refuses a NUL and half of a surrogate pair, in text and in jsonb; UTF-8, and
 * so SQLite and every key, turns each half of a pair into the same replacement character.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Text from outside that goes to a database or into a key. Its length counts UTF-16 units, as JavaScript does. */
export function storableText(charactersMin: number, charactersMax: number) {
  return z.string().min(charactersMin).max(charactersMax).refine(isStorable, storableRule)
}
