import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asciiDomain } from '../../shared/contact-points/domain.ts'
import { parseEmail } from '../../shared/contact-points/email.ts'
import { phoneKey } from '../../shared/contact-points/phone.ts'
import { bucketNumber } from '../../shared/tags/tags.ts'
import { type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'
import { outboxOf } from './moved.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
})

afterAll(async () => {
  await server.stop()
})

/** The key that the database computes of each text. */
async function keysInDatabase(
  name: 'phone_key' | 'email_key' | 'domain_ascii',
  texts: readonly string[],
): Promise<(string | null)[]> {
  const rows = await database.owner.unsafe<{ key: string | null }[]>(
    `select private.${name}(value) as key from unnest($1::text[]) with ordinality listed (value, number) order by number`,
    [[...texts]],
  )
  return rows.map(({ key }) => key)
}

const storable = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((value) => value.replaceAll('\0', '').toWellFormed())
/** Texts that are like numbers: digits of several scripts, punctuation, spaces, and now and then a letter. */
const numberLike = fc
  .array(
    fc.constantFrom(
      ...[
        '0',
        '1',
        '9',
        '00',
        '+',
        '٣',
        '９',
        ' ',
        '-',
        '(',
        ')',
        '/',
        '.',
        '\u00a0',
        '–',
        'x',
        ';ext=',
        '#',
        'ж',
      ],
      ...['whatsapp:', 'WHATSAPP:', 'tel:', '\t', ','],
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''))

/** Letters of several scripts in both cases, with some that fold in an unusual way. */
const label = fc.stringMatching(/^[a-zäößéñçşıİŁΑ-ωςа-яёЁא-תक-ह가-힣一-鿋あ-んア-ンÀ-ÿＡ-Ｚ0-9-]{1,12}$/u)
const domain = fc
  .tuple(label, label, fc.constantFrom('example', 'EXAMPLE', 'テスト', 'рф'))
  .map((labels) => labels.join('.'))

describe('the database and TypeScript compute the same', () => {
  test('key of a number, whatever text it is stored as', async () => {
    const texts = fc.sample(fc.oneof(numberLike, storable), { seed: 3, numRuns: 3_000 })
    expect(await keysInDatabase('phone_key', texts)).toEqual(texts.map(phoneKey))
  })

  test('form of a domain, in any script and case', async () => {
    const names = fc.sample(domain, { seed: 4, numRuns: 3_000 }).filter((name) => asciiDomain(name) !== null)
    expect(names.length).toBeGreaterThan(500)
    expect(await keysInDatabase('domain_ascii', names)).toEqual(names.map(asciiDomain))
  })

  test('key of an address that is valid', async () => {
    const locals = fc.constantFrom('Ann.Lee+news', 'Öl', 'O\u0308l', '"A b"', 'İI')
    const addresses = fc
      .sample(fc.tuple(locals, domain), { seed: 5, numRuns: 1_000 })
      .map((parts) => parts.join('@'))
    const parsed = addresses.map(parseEmail)
    const valid = addresses.filter((_address, index) => parsed[index]?.ok)
    expect(valid.length).toBeGreaterThan(100)
    expect(await keysInDatabase('email_key', valid)).toEqual(
      parsed.flatMap((each) => (each.ok ? [each.value] : [])),
    )
  })
})

test('a text of any length and form has keys', async () => {
  const texts = fc.sample(fc.oneof(storable, fc.string({ unit: 'binary', maxLength: 320 })), {
    seed: 6,
    numRuns: 500,
  })
  const stored = texts.map((text) => text.replaceAll('\0', '').toWellFormed())
  for (const name of ['phone_key', 'email_key', 'domain_ascii'] as const)
    expect(await keysInDatabase(name, stored)).toHaveLength(stored.length)
})

describe('a write of a contact moves', () => {
  const phone = (number: string) => `phone#${bucketNumber('phone', number.slice(-4))}`
  const email = (address: string) => `email#${bucketNumber('email', address)}`
  const conversation = (id: string) => `conversation#${bucketNumber('conversation', id)}`
  const insert = `
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, email, phone)
    values ('w1', 'p1', 'b1', 'c1', 'Ann', 'Ann@ÖST.example', '+49 30 555-0123 ext. 4')`
  const update = (set: string) => `update public.contacts set ${set} where workspace_id = 'w1' and id = 'p1'`
  const remove = `delete from public.contacts where workspace_id = 'w1' and id = 'p1'`
  const old = [email('ann@xn--st-eka.example'), phone('0123')]

  /** The moves of addresses, numbers and conversations by a write after others; everything is rolled back. */
  async function movesOf(before: readonly string[], statement: string): Promise<string[]> {
    const outbox = await outboxOf(database.owner, async (sql) => {
      for (const text of before) await sql.unsafe(text)
      await sql`delete from private.outbox`
      await sql.unsafe(statement)
    })
    return outbox
      .flatMap(([, moves]) => moves)
      .filter((move) => ['email', 'phone', 'conversation'].includes(move.split('#')[0] ?? ''))
      .toSorted()
  }

  test('the buckets of its address, its number and its conversations when it appears and when it vanishes', async () => {
    const all = [...old, conversation('p1')].toSorted()
    expect(await movesOf([], insert)).toEqual(all)
    expect(await movesOf([insert], remove)).toEqual(all)
  })

  test('the old and the new address and number when they change', async () => {
    const changed = update(`phone = '0049 30 555 7777', email = 'bo@x.example'`)
    const both = [...old, phone('7777'), email('bo@x.example')]
    expect(await movesOf([insert], changed)).toEqual(both.toSorted())
    expect(await movesOf([insert], update('phone = null, email = null'))).toEqual(old.toSorted())
  })

  test('its address and number when it is active, since a lookup finds the latest, and not its conversations', async () => {
    const active = update(`last_activity_at = last_activity_at + interval '1 second', name = 'Bo'`)
    expect(await movesOf([insert], active)).toEqual(old.toSorted())
  })

  test('none of them when nothing changes that a lookup goes by', async () => {
    expect(await movesOf([insert], update(`name = 'Bo', status = 'closed', email = email`))).toEqual([])
  })

  test('the conversations of the old and of the new id when its id changes', async () => {
    const moves = await movesOf([insert], update(`id = 'p2'`))
    expect(moves).toEqual([...old, conversation('p1'), conversation('p2')].toSorted())
  })

  test('the whole family if it has more addresses than a row of the outbox names', async () => {
    const many = `
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, email, phone)
      select 'w1', 'many-' || n, 'b1', 'c1', 'Ann', 'ann' || n || '@x.example', '+4930' || 100000 + n from generate_series(1, 200) n`
    expect(await movesOf([], many)).toEqual(['conversation', 'email', 'phone'])
  })
})
