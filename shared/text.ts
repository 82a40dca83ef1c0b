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

/** The text with a replacement character (U+FFFD) for whatever cannot be stored, such as a name that is shown in an error. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

/**
 * Text from outside that is stored in a database or in a key. Its length is counted in UTF-16 units, as in JavaScript.
 */
export function storableText(charactersMin: number, charactersMax: number) {
  return z.string().min(charactersMin).max(charactersMax).refine(isStorable, storableRule)
}

/**
 * Storable text with a bounded number of characters. A character is a code point, as in Postgres and in JSON Schema:
 * 100 emoji are 100 characters, although their `length` in JavaScript is 200.
 */
export function text(charactersMin: number, charactersMax: number) {
  return z
    .string()
    .min(charactersMin)
    .refine(
      (value) => hasAtMost(value, charactersMax),
      `must have at most ${charactersMax} ${charactersMax === 1 ? 'character' : 'characters'}`,
    )
    .refine(isStorable, storableRule)
    .meta({ maxLength: charactersMax })
}

function hasAtMost(value: string, charactersMax: number): boolean {
  // A code point is one or two UTF-16 units, so counting is seldom necessary.
  if (value.length <= charactersMax) return true
  if (value.length > 2 * charactersMax) return false
  let characters = 0
  for (const _character of value) characters += 1
  return characters <= charactersMax
}

const encoder = new TextEncoder()

/** The bytes of these texts in JSON, without the quotation marks around them. */
export function jsonBytes(texts: readonly (string | null | undefined)[]): number {
  return encoder.encode(JSON.stringify(texts.join(''))).length - 2
}
