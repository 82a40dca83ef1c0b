import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { chooseGreeting, greetingChannelSchema, greetingText } from '../../../shared/greetings/greeting.ts'
import { greetingTexts } from '../../../shared/greetings/greeting-texts.ts'
import { limits } from '../../../shared/limits.ts'

const nobody = { name: null, company: null, organization: null }
const ann = { name: 'Ann Lee', company: 'Alder', organization: 'Acme' }
const textOf = (template: string, values: typeof ann | typeof nobody = ann, language = 'en') =>
  greetingText({ language, template }, values, 'evening')

const occasion = {
  channel: 'voice',
  leadLanguage: null,
  organizationLanguage: 'en',
  ownTemplate: null,
  hasTalked: false,
} as const

describe('the template of a greeting', () => {
  test.each([
    ["the workspace's own, in its language", { ownTemplate: 'Hi', leadLanguage: 'de' }, 'en', 'Hi'],
    [
      "the product's in the lead's language",
      { leadLanguage: 'de-AT' },
      'de-AT',
      greetingTexts.de.voice.first,
    ],
    [
      "the organization's language where the lead's is not known",
      { organizationLanguage: 'FR' },
      'FR',
      greetingTexts.fr.voice.first,
    ],
    [
      "the organization's language where the product lacks the lead's",
      { leadLanguage: 'fi', organizationLanguage: 'it' },
      'it',
      greetingTexts.it.voice.first,
    ],
    ['English', { leadLanguage: 'fi', organizationLanguage: 'sv' }, 'en', greetingTexts.en.voice.first],
    ['another one after a first conversation', { hasTalked: true }, 'en', greetingTexts.en.voice.again],
    ['that of a chat on WhatsApp', { channel: 'whatsapp' }, 'en', greetingTexts.en.chat.first],
    ['that of an e-mail', { channel: 'email', hasTalked: true }, 'en', greetingTexts.en.email],
  ] as const)('is %s', (_what, change, language, template) => {
    expect(chooseGreeting({ ...occasion, ...change })).toEqual({ language, template })
  })

  test('exists in every language that is promised, and its parts are known to every greeting', () => {
    expect(Object.keys(greetingTexts)).toEqual(
      expect.arrayContaining(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl']),
    )
    for (const leadLanguage of Object.keys(greetingTexts))
      for (const channel of greetingChannelSchema.options)
        for (const hasTalked of [true, false]) {
          const chosen = chooseGreeting({ ...occasion, leadLanguage, channel, hasTalked })
          expect(chosen.language).toBe(leadLanguage)
          const [known, unknown] = [ann, nobody].map((values) => greetingText(chosen, values, 'morning'))
          expect(known).toContain('Ann Lee')
          for (const text of [known, unknown]) {
            expect(text).toMatch(/^\p{Lu}.*[.?!,:]$/u)
            expect(text).not.toMatch(/[{}[\]]| {2}|[\s,][.,]/)
          }
        }
  })
})

describe('the text of a greeting', () => {
  test.each([
    [
      '{greeting}, {name} of {company}, this is {organization}.',
      'Good evening, Ann Lee of Alder, this is Acme.',
    ],
    ['{greeting}, {first_name}!', 'Good evening, Ann!'],
    ['Hi[ {name}]!', 'Hi Ann Lee!'],
    ['{unknown}, hello {name}', 'hello Ann Lee'],
    ['A [bracket] and a [loose one', 'A bracket and a [loose one'],
  ])('has the values in the places of their names: %s', (template, text) => {
    expect(textOf(template)).toBe(text)
  })

  test.each([
    ['{greeting}, {name}. How are you?', 'Good evening. How are you?'],
    ['Hello {name}!', 'Hello!'],
    ['{name}, hello', 'hello'],
    ['Hi {name}[ from {company}]!', 'Hi!'],
    ['{greeting}[, {name} from {company}].', 'Good evening.'],
  ])('has no gap where a value is missing: %s', (template, text) => {
    expect(textOf(template, nobody)).toBe(text)
  })

  it('has one full stop after a value that ends with one', () => {
    expect(textOf('This is {organization}. Hello', { ...ann, organization: 'Acme Inc.' })).toBe(
      'This is Acme Inc. Hello',
    )
  })

  it('says the part of the day in the language of the template, and in English if that is unknown', () => {
    const said = (language: string, part: 'morning' | 'night') =>
      greetingText({ language, template: '{greeting}' }, nobody, part)
    expect([said('de-CH', 'morning'), said('pt_BR', 'night'), said('fi', 'morning')]).toEqual([
      ...['Guten Morgen', 'Boa noite', 'Good morning'],
    ])
  })

  it('never expands a value that looks like a placeholder or an optional part, and keeps it in one line', () => {
    const name = fc.string({
      unit: fc.constantFrom('{', '}', '[', ']', 'name', 'company', '$&', ' ', '\n', 'é', '\u0000'),
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(name, (given) => {
        const line = given.replace(/[\s\p{Cc}]+/gu, ' ').trim()
        const text = textOf('<{name}>[<{name}>]', { ...ann, name: given })
        expect(text).toBe(line === '' ? '<>' : `<${line}><${line}>`)
      }),
    )
  })

  it('is bounded and never fails, whatever the template and the values are', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 100 }),
      fc
        .array(fc.constantFrom('{name}', '{greeting}', '[', ']', '{', '}', ', ', 'x'), { maxLength: 60 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(anything, anything, (template, name) => {
        const text = textOf(template, { ...ann, name })
        expect([...text].length).toBeLessThanOrEqual(limits.greetingTextCharactersMax)
      }),
    )
    expect([...textOf('{name}'.repeat(300), { ...ann, name: '😀'.repeat(200) })]).toHaveLength(
      limits.greetingTextCharactersMax,
    )
  })
})
