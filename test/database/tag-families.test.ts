import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../shared/limits.ts'
import type { BucketedFamily } from '../../shared/tags/families.ts'
import { families } from '../../shared/tags/families.ts'
import { slots } from '../../shared/tags/places.ts'
import { bucketNumber, shownAt } from '../../shared/tags/tags.ts'
import { type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
})

afterAll(async () => {
  await server.stop()
})

const isBucketed = (name: string): name is BucketedFamily | 'place' =>
  families.some((family) => family.name === name && family.buckets > 0)
const bucketed = families.map(({ name }) => name).filter(isBucketed)

/** The database's bucket of each value. */
async function bucketsInDatabase(family: string, values: readonly string[]): Promise<number[]> {
  const rows = await database.owner<{ bucket: number }[]>`
    select private.bucket_of(${family}, value) as bucket
    from unnest(${[...values]}::text[]) with ordinality listed (value, number) order by number`
  return rows.map(({ bucket }) => bucket)
}

/** Texts without NUL and lone surrogates, which Postgres cannot store and the API refuses. */
const text = (maxLength: number) =>
  fc.string({ unit: 'binary', maxLength }).map((value) => value.replaceAll('\0', '').toWellFormed())
const identifier = fc.stringMatching(/^[!-.0-9;-~]{1,128}$/)

describe('the database and TypeScript', () => {
  test('have the same families, in the same order, with as many buckets and slots', async () => {
    const rows = await database.owner`
      select family as name, buckets, slots from private.tag_families() order by place`
    expect([...rows]).toEqual(families)
  })

  test('compute the same bucket for every id and every text in every family', async () => {
    const values = fc.sample(fc.oneof(identifier, text(40), text(2_000)), { seed: 12, numRuns: 1_500 })
    for (const family of bucketed)
      expect(await bucketsInDatabase(family, values)).toEqual(
        values.map((value) => bucketNumber(family, value)),
      )
  })

  test('compute the same second bucket for every contact that a list shows', async () => {
    const ids = fc.sample(fc.oneof(identifier, text(128)), { seed: 13, numRuns: 1_000 })
    const rows = await database.owner<{ at: number }[]>`
      select private.shown_at(value) as at
      from unnest(${ids}::text[]) with ordinality listed (value, number) order by number`
    const { buckets } = families.find(({ name }) => name === 'place') ?? { buckets: 0 }
    expect(rows.map(({ at }) => ({ bucket: at % buckets, slot: Math.floor(at / buckets) }))).toEqual(
      ids.map(shownAt).map(({ bucket, slot }) => ({ bucket, slot })),
    )
  })

  test('fold A to Z and no other letter, in the same families', async () => {
    const letters = [
      'İ',
      'ı',
      'I',
      'i',
      'ß',
      'ẞ',
      'Σ',
      'σ',
      'ς',
      'ΌΣΟΣ',
      'K',
      'Å',
      'Ⅷ',
      'Ǆ',
      'ǅ',
      '𐐀',
      '👍🏽',
      'é',
      'é',
    ]
    const values = letters.flatMap((letter) => [letter, `${letter}NAME@Example.COM`, `x@${letter}.Example`])
    for (const family of bucketed) {
      const buckets = await bucketsInDatabase(family, values)
      expect(buckets).toEqual(values.map((value) => bucketNumber(family, value)))
      const [upper, lower] = await bucketsInDatabase(family, ['ADA@EXAMPLE.COM', 'ada@example.com'])
      expect([family, upper === lower]).toEqual([family, ['email', 'phone', 'domain'].includes(family)])
    }
    const folded = await database.owner`
      select private.typed_folded(chr(n)) <> chr(n) as is_folded, count(*)::int as characters
      from generate_series(1, 55295) n group by 1 order by 1`
    expect([...folded]).toEqual([
      { is_folded: false, characters: 55_295 - 26 },
      { is_folded: true, characters: 26 },
    ])
  })

  test('agree under any collation and case rules of the database', async () => {
    const [row] = await database.owner<{ buckets: number[] }[]>`
      select array[
        private.bucket_of('email', 'STRAẞE İI' collate "C"), private.bucket_of('email', 'STRAẞE İI' collate "und-x-icu"),
        private.bucket_of('email', 'STRAẞE İI')
      ] as buckets`
    expect(row?.buckets).toEqual(Array(3).fill(bucketNumber('email', 'STRAẞE İI')))
  })
})

test('the slots of a place are the bits of a contact’s facets, in the order of the filters', async () => {
  const rows = await database.owner<{ bit: number }[]>`
    select private.facet_bit(filter)::int as bit
    from unnest(${slots.slice(0, 11)}::text[]) with ordinality listed (filter, number) order by number`
  expect(rows.map(({ bit }) => bit)).toEqual(Array.from({ length: 11 }, (_, slot) => 1 << slot))
  expect(slots.slice(11, 15)).toEqual(['all', 'time', 'search', 'board'])
})

test('a row of the outbox has room for the most moves of a statement, and no more', async () => {
  const insert = (moves: number) => database.owner`
    insert into private.outbox (workspace_id, tags, due_at)
    values ('w1', array_fill('conversation#1023'::text, array[${moves}::int]), now())`
  await insert(limits.outboxTagsMax)
  await expect(insert(limits.outboxTagsMax + 1)).rejects.toThrow('outbox_tags_form')
  await expect(insert(0)).rejects.toThrow('outbox_tags_form')
})

test('more buckets of a family than a row may name become the whole family', async () => {
  const movesFor = async (buckets: number) => {
    const [row] = await database.owner<{ moves: string[] }[]>`
      select private.moves_told(array_agg(row('place', bucket, 6144)::private.tag_move)) as moves
      from generate_series(1, ${buckets}::int) bucket`
    return row?.moves.toSorted()
  }
  expect(await movesFor(1)).toEqual(['place#1#1800'])
  expect(await movesFor(limits.bucketsNamedMax)).toHaveLength(limits.bucketsNamedMax)
  expect(await movesFor(limits.bucketsNamedMax + 1)).toEqual(['place'])
})
