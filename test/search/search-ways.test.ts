import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, startDatabase } from '../database/database.ts'
import { queryPages } from '../database/member.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(100)
  await database.sql`
    insert into public.board_columns (workspace_id, board_id, id, name)
    select '15213', 'board_2', id, id from unnest('{named,numbered,any}'::text[]) id`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

interface Stored {
  readonly id: string
  readonly name?: string
  readonly email?: string | null
  readonly phone?: string | null
}

async function store(column: string, contacts: readonly Stored[]): Promise<void> {
  await database.sql`
    delete from public.contacts where workspace_id = '15213' and board_id = 'board_2' and board_column_id = ${column}`
  await database.sql`
    insert into public.contacts ${database.sql(
      contacts.map(({ id, name = 'Nobody', email = null, phone = null }) => ({
        ...{ workspace_id: '15213', board_id: 'board_2', board_column_id: column },
        ...{ id: `${column}_${id}`, name, email, phone },
      })),
    )}`
}

/** The contacts of the column that each search finds, in the order of their ids. */
async function foundBy(column: string, searches: readonly string[]): Promise<string[][]> {
  const pages = await queryPages(
    database.sql,
    searches.map((search) => ({ board: 'board_2', column, search })),
  )
  return pages.map(({ contacts }) => contacts.map(({ id }) => id.slice(column.length + 1)).toSorted())
}

/** Tests that each search of a contact finds that contact, and no other of its column. */
function finds(column: string, contacts: readonly (Stored & { readonly by: readonly string[] })[]) {
  test.each(contacts.map((contact) => [contact.name ?? contact.phone, contact] as const))(
    '%s',
    async (_, { id, by }) => {
      await store(
        column,
        contacts.map(({ by: _by, ...stored }) => stored),
      )
      const found = await foundBy(column, by)
      expect(Object.fromEntries(by.map((search, index) => [search, found[index]]))).toEqual(
        Object.fromEntries(by.map((search) => [search, [id]])),
      )
    },
  )
}

describe('a name is found in all spellings, and by few letters at the beginning of a word:', () => {
  finds('named', [
    { id: 'release', name: 'Release 2.0 (4) 1-2', by: ['2.0', '(4)', '1-2', 'release 2.0', '２.０', '٢.٠'] },
    {
      id: 'signs',
      name: 'A + B / .. ..c',
      by: ['+', '/', '..', '+ b /', '.. ..c'],
    },
    { id: 'basil', name: 'Βασίλης', by: ['βασ', 'ΒΑΣ', 'βας', 'βα', 'ΒΑΣΊΛΗΣ', 'βασιλησ', 'Βασίλης'] },
    {
      id: 'korean',
      name: '김철수'.normalize('NFD'),
      by: ['김', '철수', '김철수', '수', '김철수'.normalize('NFD')],
    },
    { id: 'kana', name: 'ガボール', by: ['ガボール', 'ｶﾞﾎﾞｰﾙ', 'ガボール'.normalize('NFD'), 'ボ', 'ガボ'] },
    { id: 'cyrillic', name: 'Андрей', by: ['андрей', 'АНДРЕЙ', 'Андрей'.normalize('NFD'), 'андреи'] },
    { id: 'arabic', name: 'أحمد'.normalize('NFD'), by: ['أحمد', 'احمد', 'أحمد'.normalize('NFD'), 'أَحْمَد'] },
    { id: 'number', name: '№7 ﬁlm ℡', by: ['№7', 'no7', 'NO7', 'film', 'FILM', 'tel', '℡'] },
    { id: 'sharp', name: 'Weiß GROẞ', by: ['weiss', 'WEISS', 'weiß', 'groß', 'GROSS', 'groẞ'] },
    { id: 'turkish', name: 'İdil Işık', by: ['idil', 'İDİL', 'IŞIK', 'isik', 'ışık'] },
    { id: 'georgian', name: 'გიორგი', by: ['გიორგი', 'ᲒᲘᲝᲠᲒᲘ', 'გი'] },
    { id: 'fullwidth', name: 'Ｖａｓｔ\u3000Ｎａｍｅ', by: ['vast name', 'VAST', 'na', 'ｖａ'] },
    {
      id: 'opened',
      name: '«Quer» “zitat” ¿sale？ 【box】 🙂emil',
      by: ['qu', 'zi', 'sa', 'bo', 'em', '🙂', '«quer»'],
    },
    {
      id: 'spaced',
      name: 'No\u00a0Break\u2003Wide\u2028Line',
      by: ['no break', 'br', 'wi', 'li', 'break wide line'],
    },
    {
      id: 'invisible',
      name: 'Zo\u200be\u00ad\ufe0f Ri\u200dver',
      by: ['zoe river', 'zoe', 'river', '\u202eriver\u202c'],
    },
    { id: 'escaped', name: '50%_\\x ~~', by: ['50%', '%_\\', '_\\x', '~~', '0%_'] },
    { id: 'hindi', name: 'किरण', by: ['किरण', 'कि', 'किर'] },
    {
      id: 'apostrophes',
      name: 'Sean O´Malley',
      by: ["o'malley", 'O’Malley', 'O`MALLEY', 'OʼMalley', 'O‘Malley', 'O′Malley', 'O\u0374Malley', 'ma'],
    },
    { id: 'quoted', name: '„Rot“ ‹Grün›', by: ['"rot"', '“rot”', '«Rot»', "'grun'", '‚grün‘'] },
    { id: 'hebrew', name: 'ג׳ורג׳ צה״ל', by: ["ג'ורג'", 'צה"ל', 'צה״ל'] },
    { id: 'vowels', name: 'שָׁלוֹם בן־גוריון', by: ['שלום', 'שָׁלוֹם', 'בן-גוריון', 'גו'] },
    { id: 'yiddish', name: 'װײס', by: ['ווייס', 'װײס', 'וו'] },
    {
      id: 'drawn',
      name: 'مـحـمـد مصطفى فاطمة ٱلرحمن',
      by: ['محمد', 'مُحَمَّد', 'مح', 'مصطفي', 'فاطمه', 'الرحمن'],
    },
    { id: 'persian', name: 'کریم یوسفی ہما', by: ['كريم', 'کریم', 'كر', 'يوسفي', 'هما'] },
    { id: 'chillu', name: 'അവർ', by: ['അവർ', 'അവര്\u200d'] },
    { id: 'khanda', name: 'উৎপল', by: ['উৎপল', 'উত্\u200dপল'] },
    {
      id: 'dots',
      name: '阿卜杜勒·穆罕默德',
      by: ['阿卜杜勒・穆罕', '阿卜杜勒•穆罕', '阿卜杜勒･穆罕', '穆'],
    },
    { id: 'dashes', name: 'Ann–Lee O’Neil', by: ['ann-lee', "o'neil", 'ann−lee', 'ne'] },
  ])

  test('but not by few letters within a word, whatever mark precedes them', async () => {
    await store('named', [
      { id: 'hindi', name: 'किरण' },
      { id: 'accent', name: 'e\u0301clair' },
      { id: 'plain', name: 'Anna' },
    ])
    expect(await foundBy('named', ['र', 'cl', 'na', '%'])).toEqual([[], [], [], []])
  })
})

describe('a phone number is found by its digits, in all spellings:', () => {
  finds('numbered', [
    {
      id: 'german',
      phone: '+49 (0)30 1234-567',
      by: [
        '+49301234567',
        '0049 30 1234567',
        '+49 30/1234567',
        '030 1234567',
        '(0)30 1234-567',
        '+49 (0)30 1234-567',
        '011 49 30 1234567',
        '☎ 030/1234567',
        'Tel.: +49 30 1234567',
        '49301234567',
      ],
    },
    {
      id: 'zeros',
      phone: '00679549',
      by: ['00679549', '00 67 95 49', '0067 9549', '67-95-49', '+679549', '0679549', '06 79 549'],
    },
    {
      id: 'vanity',
      phone: '1-800-FLOWERS',
      by: [
        '1-800-FLOWERS',
        '1-800-3569377',
        '18003569377',
        '800 flowers',
        '(800) 356 9377',
        '1-800-flo',
        'flowers',
      ],
    },
    { id: 'digits', phone: '+1 (888) 435-5437', by: ['1-888-HELLHER', '1888HELLHER', '8884355437'] },
    {
      id: 'extended',
      phone: '+1 555 010 4477 ext. 5',
      by: ['+1 555 010 4477 x5', '+1 (555) 010-4477', '555 010 4477 Ext 5', 'ext. 5', '010-4477 #5'],
    },
    {
      id: 'arabic',
      phone: '+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧',
      by: ['+966501234567', '٩٦', '966 50 123', '۹۶۶ ۵۰', '+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧'],
    },
    {
      id: 'latin',
      phone: '+20 100 765 4321',
      by: ['٢٠١٠٠٧٦٥٤٣٢١', '۷۶۵۴۳۲۱', '७६५-४३२१', '７６５４３２１', '𝟕𝟔𝟓𝟒𝟑𝟐𝟏'],
    },
    {
      id: 'pasted',
      phone: '\u202a+33\u00a06\u202f12\u201134\u201156\u201078\u202c',
      by: ['+33612345678', '0033 6 12 34 56 78', '\u202a+33 6 12 34\u202c', '33.6.12.34', '612–34−56'],
    },
    {
      id: 'plain',
      phone: '4420 7946 0018',
      by: ['+442079460018', '0044 20 7946 0018', '0114420 7946 0018', '+44 20 7946'],
    },
    {
      id: 'american',
      phone: '011 81 3 1357 2468',
      by: ['+81313572468', '0081 3 1357 2468', '011 81 3 1357', '81-3-1357'],
    },
    {
      id: 'abroad',
      phone: '+49 171 2345678',
      by: [
        '0171 2345678',
        '(0171) 234-5678',
        '0171/2345678 (privat)',
        '📞 0171.2345678',
        '+49 0171 2345678',
        '+49[0]171 2345678',
        'Mobil: +49 171 2345678 (mobil)',
        'tel:+49-171-2345678',
        'whatsapp:+491712345678',
      ],
    },
    {
      id: 'national',
      phone: '020 7911 0022 x12',
      by: ['+44 20 7911 0022', '0044 20 7911 0022', '011 44 20 7911 0022', '+44 020 7911 0022'],
    },
    {
      id: 'area',
      phone: '(212) 555-0187',
      by: ['+1 212 555 0187', '1-212-555-0187', '001 212 555 0187', 'tel:+1-212-555-0187', '(212) 555'],
    },
    { id: 'eight', phone: '8 (495) 123-45-99', by: ['+7 495 123-45-99', '8 495 1234599', '4951234599'] },
    { id: 'seven', phone: '+7 912 345-67-89', by: ['8 (912) 345-67-89', '89123456789'] },
    {
      id: 'japanese',
      phone: '+81-90-8642-0975',
      by: ['０９０ー８６４２ー０９７５', '090-8642-0975', '0081 90 8642 0975'],
    },
    {
      id: 'two',
      phone: '+34 612 34 50 78 / +34 699 11 22 33',
      by: ['0034 612345078', '0034 699112233', '+34 699 11 22 33', '699 11 22 33'],
    },
    {
      id: 'uri',
      phone: 'tel:+1-201-555-0123;ext=77',
      by: ['201 555 0123', '+1 201 555 0123 ext 77', ';ext=77'],
    },
    { id: 'words', phone: 'call ☏ mum', by: ['call ☏ mum', 'mum', 'mu', 'll ☏'] },
    { id: 'punctuation', phone: '(-)', by: ['(-)'] },
  ])

  test('for any country, with its code or without, and in any grouping', async () => {
    const trunks: Readonly<Record<string, string>> = { 1: '1', 7: '8' }
    const number = fc.record({
      code: fc.constantFrom('1', '7', '20', '33', '49', '81', '351', '420', '972', '998'),
      national: fc.integer({ min: 2_000_000_000, max: 9_999_999_999 }).map(String),
      separator: fc.constantFrom('', ' ', '-', '.', ' / ', '\u00a0'),
    })
    const different = fc.uniqueArray(number, {
      minLength: 30,
      maxLength: 30,
      selector: ({ national }) => national,
    })
    const [numbers = []] = fc.sample(different, { seed: 5, numRuns: 1 })
    const writings = numbers.map(({ code, national, separator }) => {
      const grouped = [national.slice(0, 3), national.slice(3, 6), national.slice(6)].join(separator)
      const international = [
        `+${code}${separator}${grouped}`,
        `00${code} ${grouped}`,
        `+${code} (0) ${grouped}`,
      ]
      return [...international, `${trunks[code] ?? '0'}${grouped}`, grouped]
    })
    await store(
      'any',
      writings.flatMap((all, index) => all.map((phone, way) => ({ id: `${index}_${way}`, phone }))),
    )
    const queries = writings.flatMap((all, index) => all.map((search) => ({ index, search })))
    const found = await foundBy(
      'any',
      queries.map(({ search }) => search),
    )
    expect(queries).toHaveLength(150)
    for (const [at, { index, search }] of queries.entries())
      expect([search, found[at]]).toEqual([search, [0, 1, 2, 3, 4].map((way) => `${index}_${way}`)])
  })

  test('but no number of another country, and no short number, is treated as one without its code', async () => {
    await store('numbered', [
      { id: 'british', phone: '+44 2125550187' },
      { id: 'french', phone: '+33 212 555 018' },
      { id: 'short', phone: '+49 12345' },
    ])
    expect(await foundBy('numbered', ['+1 212 555 0187', '012345', '+44 212 555 018'])).toEqual([
      [],
      [],
      ['british'],
    ])
  })

  test('fewer than three digits find a number that begins with them, and none that only contains them', async () => {
    await store('numbered', [
      { id: 'international', phone: '+49 30 55 1' },
      { id: 'national', phone: '030 49' },
    ])
    const found = await foundBy('numbered', ['49', '+4', '(4)', '0049', '03', '55', '30', '+3'])
    const abroad = ['international']
    expect(found).toEqual([abroad, abroad, abroad, abroad, ['national'], [], [], []])
  })
})

describe('any stored contact', () => {
  const text = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(...'0123 +()./-%_\\x٢é\u0301𝟗'), minLength: 1, maxLength: 30 }),
    )
    .filter((each) => !/\p{Cc}/u.test(each))
  const contact = fc.record({
    name: text,
    email: text,
    phone: text,
    at: fc.nat(),
    length: fc.integer({ min: 3, max: 9 }),
  })

  const isLong = (part: string) => [...part.normalize('NFC')].length >= 3

  /** Three or more characters from its middle. */
  const partOf = (whole: string, at: number, length: number) => {
    const characters = [...whole]
    const start = at % Math.max(1, characters.length - length)
    return characters.slice(start, start + length).join('')
  }

  test('is found by a whole field and by any part of three or more characters, in all spellings', async () => {
    const contacts = fc
      .sample(contact, { seed: 8, numRuns: 150 })
      .map((each, index) => ({ id: `${index}`, ...each }))
    await store(
      'any',
      contacts.map(({ id, name, email, phone }) => ({ id, name, email, phone })),
    )
    const queries = contacts.flatMap(({ id, name, email, phone, at, length }) =>
      [name, email, phone]
        .flatMap((field) => [field, ...[partOf(field, at, length)].filter(isLong)])
        .flatMap((search) => [
          search,
          search.toUpperCase(),
          search.toLowerCase(),
          search.normalize('NFC'),
          search.normalize('NFD'),
          search.normalize('NFKD'),
          `\u200e${search}\u200f`,
        ])
        .map((search) => ({ id, search })),
    )
    const missed: string[] = []
    for (let from = 0; from < queries.length; from += 500) {
      const some = queries.slice(from, from + 500)
      const pages = await queryPages(
        database.sql,
        some.map(({ search }) => ({ board: 'board_2', column: 'any', search })),
      )
      for (const [index, { id, search }] of some.entries()) {
        const isThere =
          pages[index]?.contacts.some((found) => found.id === `any_${id}`) || (pages[index]?.total ?? 0) > 100
        if (!isThere) missed.push(`${id} by ${JSON.stringify(search)}`)
      }
    }
    expect(missed).toEqual([])
    expect(queries.length).toBeGreaterThan(3_000)
  }, 120_000)
})
