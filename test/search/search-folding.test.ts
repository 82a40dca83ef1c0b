import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Database, startDatabase } from '../database/database.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(100)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

/**
 * All characters of Unicode that Node knows, except those that Postgres cannot store (NUL and lone surrogates) and the two
 * planes of private use. Unassigned code points are left out, unless Unicode already declares them default-ignorable.
 *
 * Postgres's tables may be older than Node's. Those of Postgres 18 (Unicode 16) need no exception. Those of 15 and 17 would
 * need 18 letters of Tulu-Tigalari, Gurung Khema and Kirat Rai, whose decompositions they do not know.
 */
const characters = Array.from({ length: 0xf0000 }, (_, codePoint) => codePoint)
  .filter((codePoint) => codePoint > 0 && (codePoint < 0xd800 || codePoint > 0xdfff))
  .map((codePoint) => String.fromCodePoint(codePoint))
  .filter((character) => !/\p{Cn}/u.test(character) || /\p{DI}/u.test(character))

/** Changes after which people would call the text the same. */
const ways: Readonly<Record<string, (text: string) => string>> = {
  'in capitals': (text) => text.toUpperCase(),
  'in small letters': (text) => text.toLowerCase(),
  'with a capital first': (text) => {
    const [first = '', ...others] = text
    return first.toUpperCase() + others.join('').toLowerCase()
  },
  'in capitals made small': (text) => text.toUpperCase().toLowerCase(),
  'in small letters made capitals': (text) => text.toLowerCase().toUpperCase(),
  composed: (text) => text.normalize('NFC'),
  decomposed: (text) => text.normalize('NFD'),
  'composed, compatibility characters replaced': (text) => text.normalize('NFKC'),
  'decomposed, compatibility characters replaced': (text) => text.normalize('NFKD'),
  'in capitals, decomposed': (text) => text.toUpperCase().normalize('NFD'),
  'decomposed, in capitals': (text) => text.normalize('NFKD').toUpperCase(),
}

/** Any of these changes. */
const character = fc.nat({ max: characters.length - 1 }).map((index) => characters[index] ?? '')

const textsSchema = z.array(z.string())

async function through(name: 'folded' | 'word_marked', texts: readonly string[]): Promise<string[]> {
  const [row] = await database.sql.unsafe(
    `select array(
      select private.${name}(given) from unnest($1::text[]) with ordinality u (given, number) order by number
    ) as answers`,
    [texts as string[]],
  )
  return textsSchema.parse(row?.['answers'])
}

/** The texts that are folded differently in some of their spellings, with these spellings. */
async function unlike(texts: readonly string[]): Promise<string[]> {
  const folded = await through('folded', texts)
  const found: string[] = []
  for (const [name, way] of Object.entries({ ...ways, folded: (text: string) => text })) {
    const others = await through('folded', name === 'folded' ? folded : texts.map(way))
    for (const [index, text] of texts.entries())
      if (folded[index] !== others[index]) found.push(`${name}: ${codePoints(text)}`)
  }
  return found
}

const codePoints = (text: string) => [...text].map((each) => each.codePointAt(0)?.toString(16)).join(' ')

describe('folding', () => {
  test('folds all spellings of a character to the same text, for all of Unicode', async () => {
    expect(characters.length).toBeGreaterThan(160_000)
    expect(await unlike(characters)).toEqual([])
  }, 120_000)

  test('does so within a word, between capitals, and at the end of a word, where a sigma has another form', async () => {
    const letters = characters.filter(
      (letter) => /[\p{L}\p{M}\p{N}]/u.test(letter) && !/[\p{sc=Han}\p{sc=Hangul}]/u.test(letter),
    )
    expect(await unlike(letters.map((letter) => `Ab${letter}Σ ${letter}`))).toEqual([])
  }, 120_000)

  test('folds all spellings of a text to the same text, for any characters', async () => {
    const texts = fc.sample(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.array(character, { maxLength: 20 }).map((all) => all.join('')),
      ),
      { seed: 11, numRuns: 4_000 },
    )
    expect(await unlike(texts.filter((text) => !text.includes('\0')))).toEqual([])
  }, 60_000)

  test('folds a digit of any script to the ASCII digit of the same value', async () => {
    const digits = characters.filter((character) => /\p{Nd}/u.test(character))
    const folded = await through('folded', digits)
    // The ten digits of a script follow each other (Unicode, 4.6), so the position among all digits gives the value.
    expect(folded).toEqual(digits.map((_, index) => `${index % 10}`))
    expect(digits.length).toBeGreaterThan(700)
  })

  test('removes default-ignorable characters, and no letter, number or symbol', async () => {
    const folded = await through('folded', characters)
    const isIgnored = /[\p{DI}\p{Me}]/u
    const lost = characters.filter(
      (character, index) => folded[index] === '' && !/\p{M}/u.test(character.normalize('NFKD')),
    )
    const kept = characters.filter((character, index) => folded[index] !== '' && isIgnored.test(character))
    expect(kept.map(codePoints)).toEqual([])
    // Only Unicode calls the characters letters that elongate a word in Arabic and in N'Ko.
    expect(lost.filter((character) => !isIgnored.test(character)).map(codePoints)).toEqual([
      '640',
      '7fa',
      'fff9',
      'fffa',
      'fffb',
    ])
  })

  test('folds every dash to a hyphen, and all white space to a space', async () => {
    const dashes = characters.filter((character) => /\p{Pd}/u.test(character))
    expect(new Set(await through('folded', dashes))).toEqual(new Set(['-']))
    const spaces = characters.filter((character) => /[\p{Z}\t\r\f\v]/u.test(character))
    expect(new Set(await through('folded', spaces))).toEqual(new Set([' ']))
    expect(await through('folded', ['a \u00a0\t\u3000b'])).toEqual(['a b'])
  })

  test('folds all apostrophes to one, and all quotation marks to one', async () => {
    const marks = characters.filter((character) =>
      /[\p{Quotation_Mark}\u00b4\u02b9-\u02bf\u05f3\u05f4]/u.test(character),
    )
    // The corner brackets of East Asia are left out, because nobody types them for an apostrophe.
    const others = marks.filter((character) => !/[\u300c-\u300f\ufe41-\ufe44\uff62\uff63]/u.test(character))
    expect(new Set(await through('folded', others))).toEqual(new Set(["'", '"']))
    expect(others.length).toBeGreaterThan(25)
  })

  test.each([
    ['محـمد ٱلله على کی ہة', 'محمد الله علي كي هه'],
    ['O´Hara Oʼhara ʿAbd', "o'hara o'hara 'abd"],
    ['Łódź, Ærø, Œuvre, Þór, Đorđe', 'lodz, aero, oeuvre, thor, dorde'],
    ['Straße STRASSE STRAẞE', 'strasse strasse strasse'],
    ['İstanbul ISTANBUL ıstanbul', 'istanbul istanbul istanbul'],
    ['O’Hara O‘Hara O`Hara', "o'hara o'hara o'hara"],
    ['№7 ﬁne ℡ Ⅷ', 'no7 fine tel viii'],
    ['Βασίλης ΒΑΣΊΛΗΣ', 'βασιλησ βασιλησ'],
    ['أحمد Йод がく', 'احمد иод かく'],
  ])('makes of %s what is meant', async (text, folded) => {
    expect(await through('folded', [text])).toEqual([folded])
  })
})

describe('marking words', () => {
  /** The pattern by which a search of one or two characters finds a word that begins with `text`. */
  const begins = (text: string) => new RegExp(`(?:^|[ -/:-@[-\`{-~\\n\\x1d-\\x1f])${text}`, 'u')

  test('lets a word begin after every character that is no letter, number or mark', async () => {
    const separators = characters.filter((character) => !/[\p{L}\p{M}\p{N}\p{DI}\p{Cc}]/u.test(character))
    const folded = await through(
      'folded',
      separators.map((separator) => `q${separator}jo`),
    )
    const marked = await through('word_marked', folded)
    // A character that folds to letters at its end ("℡"), or to nothing, is no separator.
    const separates = (text: string) => !/[\p{L}\p{M}\p{N}]jo$/u.test(text)
    const missed = separators.filter(
      (_, index) => separates(folded[index] ?? '') && !begins('jo').test(marked[index] ?? ''),
    )
    expect(missed.map(codePoints)).toEqual([])
    expect(separators.length).toBeGreaterThan(8_000)
  })

  test('lets no word begin after a letter, a number or a mark', async () => {
    const within = characters.filter((character) => /[\p{L}\p{M}\p{N}]/u.test(character))
    const folded = await through(
      'folded',
      within.map((character) => `q${character}jo`),
    )
    const marked = await through('word_marked', folded)
    const wrong = within.filter(
      (_, index) =>
        /^q[\p{L}\p{M}\p{N}]*jo$/u.test(folded[index] ?? '') && begins('jo').test(marked[index] ?? ''),
    )
    expect(wrong.map(codePoints)).toEqual([])
  })

  test('lets a word begin at every character of a script without spaces, and at every Hangul syllable', async () => {
    const script =
      /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u
    // Later vowels and consonants of a syllable are left out: U+1160 to U+11FF, U+D7B0 to U+D7FB, Thai and Lao am.
    const later = /^[\u1160-\u11ff\ud7b0-\ud7fb\u0e4d\u0ecd]/u
    const alone = characters.filter(
      (each) => script.test(each) && /^\p{Lo}$/u.test(each) && !later.test(each.normalize('NFKD')),
    )
    const folded = await through('folded', alone)
    const marked = await through(
      'word_marked',
      folded.map((text) => `q${text}`),
    )
    const missed = alone.filter((_, index) => folded[index] !== '' && !marked[index]?.startsWith('q\x1f'))
    expect(missed.map(codePoints)).toEqual([])
    expect(alone.length).toBeGreaterThan(100_000)
  })

  test('marks a part of a text as it marks the whole', async () => {
    const texts = fc.sample(
      fc.tuple(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme' }),
      ),
      { seed: 3, numRuns: 2_000 },
    )
    const wholes = await through(
      'word_marked',
      await through(
        'folded',
        texts.map((parts) => parts.join('')),
      ),
    )
    const parts = await through(
      'word_marked',
      await through(
        'folded',
        texts.map(([, part]) => part),
      ),
    )
    const torn = texts.filter((_, index) => !(wholes[index] ?? '').includes((parts[index] ?? '').trim()))
    expect(torn).toEqual([])
  })
})
