import type { SupabaseClient } from '@supabase/supabase-js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../shared/instant.ts'
import { isStorable } from '../../shared/text.ts'
import { anyText } from '../support/storable-text.ts'
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

const two = (number: number) => String(number).padStart(2, '0')
const until = (max: number) => fc.nat(max).map(two)
/** The ends of each range are as frequent as all other values. */
const year = fc
  .oneof(fc.constantFrom(0, 1, 2, 9998, 9999, 2024), fc.nat(9_999))
  .map((number) => String(number).padStart(4, '0'))
const date = fc.oneof(
  fc.constantFrom('01-01', '12-31', '02-29'),
  fc
    .tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 31 }))
    .map((parts) => parts.map(two).join('-')),
)
const time = fc.oneof(
  fc.constantFrom('00:00:00', '23:59:59', '24:00:00', '23:59:60'),
  fc.tuple(until(24), until(60), until(60)).map((parts) => parts.join(':')),
)
const digits = (lengthMax: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${lengthMax}}$`))
const fraction = fc.oneof(
  fc.constantFrom('', '.999999', '.9999995', '.9999994', '.999999999', '.0000005', '.1234565'),
  digits(9).map((text) => `.${text}`),
  digits(140).map((text) => `.${text}`),
)
const offset = fc.oneof(
  fc.constantFrom('Z', '+00:00', '-00:00', '+15:59', '-15:59', '+16:00', '-16:00', '+23:59', '+14:00'),
  fc
    .tuple(fc.constantFrom('+', '-'), until(25), until(60))
    .map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
)
const written = fc
  .tuple(year, date, time, fraction, offset)
  .map(([years, days, seconds, part, zone]) => `${years}-${days}T${seconds}${part}${zone}`)

/** Microseconds since 1970, rounded as IEEE 754 does: halves go to the even neighbour. */
function microsecondsOf(text: string): bigint {
  const [, before = '', digitsOf = '0', zone = ''] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? []
  const exact = Number(`0.${digitsOf}`) * 1e6
  const [below, above] = [Math.floor(exact), Math.ceil(exact)]
  const isHalf = exact - below === 0.5
  const rounded = isHalf ? (below % 2 === 0 ? below : above) : Math.round(exact)
  return BigInt(Date.parse(`${before}${zone}`)) * 1_000n + BigInt(rounded)
}

test('Postgres accepts every instant that the API accepts, in any zone, and returns the same instant', async () => {
  let taken = 0
  for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/St_Johns']) {
    await database.sql.unsafe(`set timezone = '${zone}'`)
    await fc.assert(
      fc.asyncProperty(written, async (text) => {
        if (!instant.safeParse(text).success) return
        taken += 1
        const [row] = await database.sql`
          select (extract(epoch from at) * 1000000)::numeric(20, 0)::text as us,
            extract(year from at at time zone 'UTC')::int as year
          from jsonb_to_record(${database.sql.json({ at: text })}) r (at timestamptz)`
        expect(row?.['us']).toBe(String(microsecondsOf(text)))
        expect(row?.['year']).toBeGreaterThanOrEqual(1)
        expect(row?.['year']).toBeLessThanOrEqual(9999)
      }),
      { numRuns: 1_500 },
    )
  }
  await database.sql.unsafe("set timezone = 'UTC'")
  expect(taken).toBeGreaterThan(300)
})

/** The verdict of this Postgres on each text beside the verdict of the API. */
describe.each([
  ['2026-01-31T12:00:00+15:59', 'taken', 'taken'],
  ['2026-01-31T12:00:00+16:00', 'refused', 'refused'],
  ['2026-01-31T12:00:00-23:59', 'refused', 'refused'],
  [`2026-01-31T12:00:00.${'1'.repeat(9)}Z`, 'taken', 'taken'],
  [`2026-01-31T12:00:00.${'1'.repeat(128)}Z`, 'taken', 'refused'],
  [`2026-01-31T12:00:00.${'1'.repeat(130)}Z`, 'refused', 'refused'],
  ['0000-06-01T00:00:00Z', 'refused', 'refused'],
  ['0000-12-31T23:30:00-01:00', 'refused', 'refused'],
  ['0001-01-01T00:00:00Z', 'taken', 'taken'],
  ['0001-01-01T00:00:00+00:01', 'taken', 'refused'],
  ['9999-12-31T23:59:59.999999Z', 'taken', 'taken'],
  ['9999-12-31T23:59:59.9999995Z', 'taken', 'refused'],
  ['9999-12-31T23:59:59-00:01', 'taken', 'refused'],
  ['2026-02-31T12:00:00Z', 'refused', 'refused'],
  ['2026-01-31T24:00:00Z', 'taken', 'refused'],
  ['2016-12-31T23:59:60Z', 'taken', 'refused'],
  ['2026-01-31t12:00:00z', 'taken', 'refused'],
  ['2026-01-31T12:00:00+02', 'taken', 'refused'],
  ['2026-01-31T12:00:00,5Z', 'refused', 'refused'],
  ['infinity', 'taken', 'refused'],
])('the instant %.60s', (text, byPostgres, byTheApi) => {
  test(`is ${byPostgres} by Postgres and ${byTheApi} by the API`, async () => {
    const cast = database.sql`select (${text}::text)::timestamptz`
    expect(
      await cast.then(
        () => 'taken',
        () => 'refused',
      ),
    ).toBe(byPostgres)
    expect(instant.safeParse(text).success ? 'taken' : 'refused').toBe(byTheApi)
  })
})

test('a contact can have the first and the last instant, and is shown with them', async () => {
  const p_contact = {
    ...{ id: 'first-and-last', name: 'K', board_id: 'board_1', board_column_id: 'col_11' },
    ...{ created_at: '0001-01-01T05:30:00+05:30', last_activity_at: '9999-12-31T23:59:59.999999Z' },
  }
  expect(await call(member, 'contact_create', { p_workspace: '15213', p_contact })).toMatchObject({
    outcome: 'ok',
    contact: {
      created_at: '0001-01-01T00:00:00+00:00',
      last_activity_at: '9999-12-31T23:59:59.999999+00:00',
    },
  })
})

test('Postgres accepts a text exactly if the API says that it can be stored', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      // The text is sent as escaped JSON, because a connection cannot send half of a surrogate pair.
      const cast = database.sql`select (${JSON.stringify({ text })}::text)::jsonb ->> 'text' as text`
      const stored = await cast.then(
        ([row]) => row?.['text'],
        () => null,
      )
      expect(stored).toBe(isStorable(text) ? text : null)
    }),
    { numRuns: 500 },
  )
})
