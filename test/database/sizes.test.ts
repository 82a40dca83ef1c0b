import type { SupabaseClient } from '@supabase/supabase-js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { contactContentBytes, contactCreationSchema } from '../../shared/contract/contacts.ts'
import { limits } from '../../shared/limits.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database
let member: SupabaseClient

beforeAll(async () => {
  database = await startDatabase(100)
  member = await database.as(users.member)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

/**
 * The columns of all tables that meet a condition on `a` (pg_attribute) and `t` (its type, or the type under its domain), with the
 * checks on them and on their domain.
 */
async function columnsOf(condition: string) {
  const rows = await database.sql.unsafe<{ place: string; column: string; checks: string[] }[]>(`
    select
      c.relnamespace::regnamespace || '.' || c.relname as place,
      a.attname as column,
      array(
        select pg_get_constraintdef(k.oid) from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and k.convalidated and a.attnum = any (k.conkey)
        union all
        select replace(pg_get_constraintdef(k.oid), 'VALUE', a.attname) from pg_constraint k
        where k.contypid = own.oid and k.contype = 'c' and k.convalidated
      ) as checks
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type own on own.oid = a.atttypid
    join pg_type t on t.oid = case own.typtype when 'd' then own.typbasetype else own.oid end
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.relkind in ('r', 'p') and not c.relispartition
      and ${condition}
    order by 1, 2`)
  return rows.map(({ place, column, checks }) => ({ name: `${place}.${column}`, column, checks }))
}

/** Columns without a bound of their own, with the reason. */
const unboundedForAReason: Readonly<Record<string, string>> = {
  'private.repaired_values.value': 'holds values that a repair removed from rows, and nobody can write it',
}

/** The first and the last value of the years 1 to 9999, of an instant and of a day. */
const inYears = [
  [">= '0001-01-01 00:00:00+00'", "< '10000-01-01 00:00:00+00'"],
  ['>= make_date(1, 1, 1)', '<= make_date(9999, 12, 31)'],
] as const

function boundsSize(column: string, check: string): boolean {
  const name = `"?${column}"?`
  const patterns = [
    `char_length\\(${name}\\) <= \\d+`,
    `octet_length\\(\\(?${name}(\\)?::text)?\\) <= \\d+`,
    `texts_fit\\(${name}, \\d+\\)`,
    `${name} = ANY \\(+ARRAY\\[`,
  ]
  return patterns.some((pattern) => new RegExp(pattern).test(check)) || isOfBoundedForm(name, check)
}

/** Whether the check wants a form that only texts of a bounded length have: without choices, and without endless repetition. */
function isOfBoundedForm(name: string, check: string): boolean {
  const form = new RegExp(`${name} ~ '\\^([^']*)\\$'`).exec(check)?.[1]
  return form !== undefined && !/(?<!\\)[*+|]|\{\d+,\}/.test(form)
}

describe('the catalog', () => {
  test('has a validated check that bounds every text, array and jsonb of every table', async () => {
    // A generated column is made from bounded ones, a foreign key has the values of a bounded column, and a numeric with a
    // precision has its digits counted.
    const columns = await columnsOf(`
      t.typlen = -1 and a.attgenerated = '' and not (t.typname = 'numeric' and a.atttypmod > 0) and not (a.attnotnull and exists (
        select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey)
      ))`)
    expect(columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'public.contacts.tags',
        'public.cache_settings.settings',
        'private.outbox.tags',
      ]),
    )
    const unbounded = columns.filter(({ column, checks }) => !checks.some((each) => boundsSize(column, each)))
    expect(unbounded.map(({ name }) => name)).toEqual(Object.keys(unboundedForAReason))
  })

  test('has a validated check for the number of elements of every array', async () => {
    const columns = await columnsOf("t.typelem <> 0 and t.typlen = -1 and a.attgenerated = ''")
    const endless = columns.filter(
      ({ column, checks }) => !checks.some((each) => each.includes(`cardinality(${column}) <= `)),
    )
    expect(endless.map(({ name }) => name)).toEqual([])
  })

  test('has a validated check that keeps every instant in the years 1 to 9999', async () => {
    const columns = await columnsOf("t.typname in ('timestamptz', 'timestamp', 'date')")
    expect(columns.length).toBeGreaterThan(10)
    const endless = columns.filter(
      ({ column, checks }) =>
        !checks.some((each) =>
          inYears.some(
            ([first, last]) => each.includes(`(${column} ${first}`) && each.includes(`(${column} ${last}`),
          ),
        ),
    )
    expect(endless.map(({ name }) => name)).toEqual([])
  })
})

const place = { workspace_id: '15213', board_id: 'board_1', board_column_id: 'col_11' }
const insert = (contact: object, client = member) =>
  client.from('contacts').insert({ ...place, id: 'sized', name: 'Sized', ...contact })

async function takes(contact: object): Promise<boolean> {
  const { error } = await insert(contact)
  if (error !== null && error.code !== '23514') throw new Error(`${error.code} ${error.message}`)
  await database.sql`delete from public.contacts where workspace_id = '15213' and id = 'sized'`
  return error === null
}

describe('a contact written through Supabase’s interface', () => {
  test.each([
    ['name', limits.nameCharactersMax],
    ['email', limits.emailCharactersMax],
    ['phone', limits.phoneCharactersMax],
    ['status', limits.statusCharactersMax],
    ['sentiment', limits.statusCharactersMax],
    ['source', limits.sourceCharactersMax],
    ['lead_status', limits.sourceCharactersMax],
    ['last_message', limits.messageCharactersMax],
    ['assigned_to', 128],
  ])('has a %s of 1 to %i characters', async (field, charactersMax) => {
    expect(await takes({ [field]: 'x'.repeat(charactersMax) })).toBe(true)
    expect(await takes({ [field]: 'x'.repeat(charactersMax + 1) })).toBe(false)
    expect(await takes({ [field]: '' })).toBe(false)
  })

  test('may have as many tags as the contract accepts, each as long as it accepts', async () => {
    const { contactTagsMax: tags, contactTagCharactersMax: characters } = limits
    expect(await takes({ tags: Array(tags).fill('x'.repeat(characters)) })).toBe(true)
    expect(await takes({ tags: Array(tags + 1).fill('x') })).toBe(false)
    expect(await takes({ tags: ['x'.repeat(characters + 1)] })).toBe(false)
    expect(await takes({ tags: ['x', ''] })).toBe(false)
    expect(await takes({ tags: Array(tags).fill('x'.repeat(200_000)) })).toBe(false)
    const nested = database.sql`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, tags)
      values ('15213', 'sized', 'board_1', 'col_11', 'Sized', array[array['a'], array['b']])`
    await expect(nested).rejects.toThrow()
  })

  test.each([
    'infinity',
    '-infinity',
    '10000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-00:01',
    '0001-01-01T00:00:00+00:01',
    '0044-03-15T12:00:00Z BC',
  ])('has no instant like %s, in whichever column', async (instant) => {
    for (const column of ['last_activity_at', 'created_at', 'updated_at'])
      expect([column, await takes({ [column]: instant })]).toEqual([column, false])
  })

  test('may have instants from the first of the year 1 to the last of the year 9999', async () => {
    expect(await takes({ last_activity_at: '0001-01-01T00:00:00Z' })).toBe(true)
    expect(await takes({ created_at: '9999-12-31T23:59:59.999999Z' })).toBe(true)
  })
})

test('the contract and the database count the same bytes for any contact', async () => {
  const word = fc.string({ unit: 'binary', maxLength: 40 }).map((each) => each.replaceAll('\0', ''))
  const contacts = fc.record({
    name: word,
    email: fc.option(word),
    last_message: fc.option(word),
    tags: fc.array(word, { maxLength: 5 }),
  })
  for (const { name, email, last_message, tags } of fc.sample(contacts, { seed: 3, numRuns: 300 })) {
    const [row] = await database.sql`
      select private.contact_content_bytes(
        ${name}, ${email}, null, null, null, null, null, null, ${tags}::text[], ${last_message}
      ) as bytes`
    expect(row).toEqual({ bytes: contactContentBytes({ name, email, last_message, tags }) })
  }
})

test('both accept a contact at the bound of its bytes, and both refuse one byte more', async () => {
  const contactOf = (bytes: number) => {
    const full = { name: 'n', status: 'open', tags: Array(50).fill('\u0001'.repeat(100)) }
    const rest = bytes - contactContentBytes(full)
    return { ...full, last_message: `${'\u0001'.repeat(Math.floor(rest / 6))}${'m'.repeat(rest % 6)}` }
  }
  for (const [bytes, isTaken] of [
    [limits.contactContentBytesMax, true],
    [limits.contactContentBytesMax + 1, false],
  ] as const) {
    const contact = contactOf(bytes)
    expect(contactContentBytes(contact)).toBe(bytes)
    const { workspace_id: _, ...at } = place
    expect(contactCreationSchema.safeParse({ ...at, ...contact }).success).toBe(isTaken)
    expect(await takes(contact)).toBe(isTaken)
  }
})

test('the database accepts every contact that the contract accepts', async () => {
  const text = (max: number) => fc.string({ unit: 'binary', minLength: 1, maxLength: max })
  const contacts = fc.record({
    name: text(limits.nameCharactersMax),
    email: fc.option(text(limits.emailCharactersMax)),
    phone: fc.option(text(limits.phoneCharactersMax)),
    status: text(limits.statusCharactersMax),
    tags: fc.array(text(limits.contactTagCharactersMax), { maxLength: limits.contactTagsMax }),
    last_message: fc.option(text(limits.messageCharactersMax)),
  })
  const { workspace_id: _, ...at } = place
  let taken = 0
  for (const contact of fc.sample(contacts, { seed: 5, numRuns: 200 })) {
    // The origin refuses a NUL before it looks at anything else.
    if (JSON.stringify(contact).includes('\\u0000')) continue
    if (!contactCreationSchema.safeParse({ ...at, ...contact }).success) continue
    taken += 1
    expect([contact, await takes(contact)]).toEqual([contact, true])
  }
  expect(taken).toBeGreaterThan(20)
})

describe('boards and columns', () => {
  const boards = (from: number, to: number) => database.sql`
    insert into public.boards (workspace_id, id, name)
    select '15215', 'more_' || n, 'More' from generate_series(${from}::int, ${to}::int) n`
  const columns = (from: number, to: number) => database.sql`
    insert into public.board_columns (workspace_id, board_id, id, name)
    select '15215', 'more_1', 'more_' || n, 'More' from generate_series(${from}::int, ${to}::int) n`

  test('are at most a thousand in a workspace and five hundred on a board, however they are written', async () => {
    const [had] = await database.sql<{ boards: number }[]>`
      select count(*)::int as boards from public.boards where workspace_id = '15215'`
    const room = limits.boardsMax - (had?.boards ?? 0)
    await boards(1, room)
    await expect(boards(room + 1, room + 1)).rejects.toThrow('at most 1000 boards')
    await columns(1, limits.columnsPerBoardMax)
    await expect(columns(501, 501)).rejects.toThrow('at most 500 columns')
    await database.sql`insert into public.boards (workspace_id, id, name) values ('15214', 'mover', 'Mover')`
    await expect(
      database.sql`update public.boards set workspace_id = '15215' where workspace_id = '15214' and id = 'mover'`,
    ).rejects.toThrow('at most 1000 boards')
    await database.sql`update public.boards set name = 'Renamed' where workspace_id = '15215'`
    const claims = { sub: 'backoffice', app_metadata: { workspaces: { 15215: 'member' } } }
    const listed = await call(await database.as(claims), 'workspace_boards', { p_workspace: '15215' })
    const all = z.object({ boards: z.array(z.object({ id: z.string() })) })
    expect(all.parse(listed).boards).toHaveLength(limits.boardsMax)
    await database.sql`delete from public.boards where id like 'more_%' or id = 'mover'`
  })
})

describe('an import', () => {
  test('with a line that breaks a bound is refused as a whole, with nothing written', async () => {
    const line = { board_id: 'board_1', board_column_id: 'col_11', name: 'X' }
    const p_contacts = [
      { ...line, id: 'fine' },
      { ...line, id: 'endless', tags: ['x'.repeat(101)] },
    ]
    await expect(call(member, 'contacts_import', { p_workspace: '15213', p_contacts })).rejects.toThrow(
      '23514',
    )
    const rows = await database.sql`select id from public.contacts where id in ('fine', 'endless')`
    expect([...rows]).toEqual([])
  })
})
