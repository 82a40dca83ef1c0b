import { z } from 'zod'
import type { Result } from './result.ts'
import { storableText } from './text.ts'

interface Described {
  readonly description: string
  readonly examples: string[]
}

/**
 * A parameter in one of the notations that people use, as the one value that `parse` makes of it. A text that cannot be parsed is
 * refused with the sentence of `parse`.
 */
export function typedText<Value>(
  charactersMax: number,
  parse: (text: string) => Result<Value, string>,
  described: Described,
) {
  return storableText(1, charactersMax)
    .meta({ ...described })
    .transform((text, context): Value => {
      const parsed = parse(text)
      if (parsed.ok) return parsed.value
      context.issues.push({ code: 'custom', input: text, message: parsed.error })
      return z.NEVER
    })
}
