import { z } from 'zod'
import { limits } from '../limits.ts'
import type { PartOfDay } from '../local-time.ts'
import type { GreetingTexts } from './greeting-texts.ts'
import { greetingTexts } from './greeting-texts.ts'

/** The channels on which the voice agent greets a lead. */
export const greetingChannelSchema = z.enum(['voice', 'web', 'whatsapp', 'email'])
type GreetingChannel = z.output<typeof greetingChannelSchema>

/** The facts from which a greeting's template is chosen. */
interface Occasion {
  readonly channel: GreetingChannel
  /** Tags of languages (BCP 47). The lead's is null if it is not known. */
  readonly leadLanguage: string | null
  readonly organizationLanguage: string
  /** The workspace's own template for the channel, in the language of the organization. */
  readonly ownTemplate: string | null
  readonly hasTalked: boolean
}

/** A template with the tag of its language. */
interface Template {
  readonly language: string
  readonly template: string
}

/**
 * The template of a greeting: the workspace's own, or else the product's in the lead's language, in that of the organization, or in
 * English, whichever there is first.
 */
export function chooseGreeting(occasion: Occasion): Template {
  const { channel, leadLanguage, organizationLanguage, ownTemplate, hasTalked } = occasion
  if (ownTemplate !== null) return { language: organizationLanguage, template: ownTemplate }
  const language =
    [leadLanguage, organizationLanguage].find((tag) => tag !== null && textsFor(tag) !== null) ?? 'en'
  const { voice, chat, email } = textsFor(language) ?? greetingTexts.en
  if (channel === 'email') return { language, template: email }
  const { first, again } = channel === 'voice' ? voice : chat
  return { language, template: hasTalked ? again : first }
}

/** The values of fields, beside `{greeting}`. Null or an empty text: there is none. */
interface Values {
  readonly name: string | null
  readonly company: string | null
  readonly organization: string | null
}

/** A field with the full stop after it, and an optional part, which has no brackets in it. */
const field = /\{([a-z_]{1,32})\}(\.?)/g
const optionalPart = /\[([^[\]]*)\]/g

/**
 * The text of a greeting. The fields are `{greeting}` (such as "Good evening", by the part of the day), `{name}`, `{first_name}`,
 * `{company}` and `{organization}`. An optional part in brackets is left out if one of its fields has no value. Elsewhere such a
 * field is left out with the white space and the commas before it. A field of another name never has a value.
 */
export function greetingText({ language, template }: Template, given: Values, part: PartOfDay): string {
  const values = valuesOf(given, (textsFor(language) ?? greetingTexts.en).hello[part])
  const hasAll = (text: string) => [...text.matchAll(field)].every(([, name = '']) => values.has(name))
  const chosen = template.replace(optionalPart, (_whole, text: string) => (hasAll(text) ? text : ''))
  return clipped(filled(chosen, values))
}

function filled(template: string, values: ReadonlyMap<string, string>): string {
  let text = ''
  let end = 0
  for (const { 0: whole, 1: name = '', 2: stop = '', index } of template.matchAll(field)) {
    const before = template.slice(end, index)
    const value = values.get(name)
    if (value === undefined) text += withoutSeparator(before) + stop
    // "Example Inc." at the end of a sentence has one full stop.
    else text += before + value + (value.endsWith('.') ? '' : stop)
    end = index + whole.length
  }
  return (text + template.slice(end)).replace(/^[\s,]+/, '').trimEnd()
}

/** A regular expression with `$` would take quadratic time for a template of nothing but white space. */
function withoutSeparator(text: string): string {
  let end = text.length
  while (end > 0 && /[\s,]/.test(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function valuesOf({ name, company, organization }: Values, greeting: string): ReadonlyMap<string, string> {
  const wholeName = inOneLine(name)
  return new Map(
    Object.entries({
      greeting,
      name: wholeName,
      first_name: wholeName.split(' ')[0] ?? '',
      company: inOneLine(company),
      organization: inOneLine(organization),
    }).filter(([, value]) => value !== ''),
  )
}

/** A text without its line breaks and control characters, each of which might end a line of an agent's prompt. Null is empty. */
export function inOneLine(text: string | null): string {
  return (text ?? '').replace(/[\s\p{Cc}]+/gu, ' ').trim()
}

function clipped(text: string): string {
  const { greetingTextCharactersMax: charactersMax } = limits
  return text.length <= charactersMax ? text : [...text].slice(0, charactersMax).join('')
}

const byLanguage: ReadonlyMap<string, GreetingTexts> = new Map(Object.entries(greetingTexts))

/** The texts for a tag's language without its region and script; null if there are none. */
function textsFor(tag: string): GreetingTexts | null {
  const [language = ''] = tag.toLowerCase().split(/[-_]/)
  return byLanguage.get(language) ?? null
}
