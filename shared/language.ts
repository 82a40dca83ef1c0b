import { limits } from './limits.ts'
import { text } from './text.ts'

/** A language as the database keeps it and answers show it. */
export const storedLanguageSchema = text(2, limits.languageCharactersMax).meta({
  examples: ['en'],
})

/** A language as it is written: a tag of BCP 47. */
export const languageSchema = text(2, limits.languageCharactersMax)
  .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, 'must be a language such as de or en-GB')
  .meta({ examples: ['en-GB'] })
