import fc from 'fast-check'
import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shownMoves } from '../../shared/tags/moves.ts'
import type { SlotName } from '../../shared/tags/places.ts'
import { slots } from '../../shared/tags/places.ts'
import { type Database, startDatabase } from './database.ts'
import { ordersMoved, outboxIn, outboxOf, slotsMoved } from './moved.ts'
import { changes, textOf } from './random-changes.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(500)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

/** For each filter by a facet, the changes that put a contact into it and take it out. */
const facets = {
  open: { in: { status: 'open' }, out: { status: 'pending' } },
  closed: { in: { status: 'closed' }, out: { status: 'pending' } },
  unassigned: { in: { assigned_to: null }, out: { assigned_to: 'ann' } },
  high_priority: { in: { priority: 'high' }, out: { priority: 'low' } },
  medium_priority: { in: { priority: 'medium' }, out: { priority: 'low' } },
  low_priority: { in: { priority: 'low' }, out: { priority: 'high' } },
  needs_response: { in: { needs_response: true }, out: { needs_response: false } },
  follow_up: { in: { follow_up: true }, out: { follow_up: false } },
  favorites: { in: { is_favorite: true }, out: { is_favorite: false } },
  archived: { in: { is_archived: true }, out: { is_archived: false } },
  unhappy_customers: { in: { sentiment: 'negative' }, out: { sentiment: 'positive' } },
} as const
type Facet = keyof typeof facets
type Fields = Readonly<Record<string, string | boolean | null>>
const facetNames = slots.slice(0, 11).filter((slot): slot is Facet => slot in facets)

const place = { board_id: 'board_1', board_column_id: 'col_11' }
const defaults: Fields = {
  ...{ status: 'pending', assigned_to: 'ann', priority: 'low', needs_response: false, follow_up: false },
  ...{ is_favorite: false, is_archived: false, sentiment: null, name: 'One' },
}

async function insert(sql: TransactionSql, fields: Fields): Promise<void> {
  const row = { workspace_id: '15213', id: 'one', ...place, ...defaults, ...fields }
  await sql`insert into contacts ${sql(row)}`
  await sql`delete from private.outbox`
}

const update = (sql: TransactionSql, fields: Fields) =>
  sql`update contacts set ${sql(fields)} where workspace_id = '15213' and id = 'one'`

/** The slots of the contact's board and column that a change of the contact moves. */
async function slotsOfChange(
  before: Fields,
  after: Fields,
): Promise<{ board: SlotName[]; column: SlotName[] }> {
  const outbox = await outboxOf(database.sql, async (sql) => {
    await insert(sql, before)
    await update(sql, after)
  })
  const moves = outbox.flatMap(([, each]) => each)
  return {
    board: slotsMoved(moves, place.board_id, null),
    column: slotsMoved(moves, place.board_id, place.board_column_id),
  }
}

describe.each(facetNames)('the pages of filter=%s', (filter) => {
  const { in: inside, out: outside } = facets[filter]
  const column = Object.keys(inside)[0]
  const changesElsewhere = facetNames
    .filter((other) => Object.keys(facets[other].in)[0] !== column)
    .flatMap((other): Fields[] => [facets[other].in, facets[other].out])

  test('stay cached when contacts change that neither were nor are in it', async () => {
    for (const change of [{ name: 'Other' }, ...changesElsewhere]) {
      const { board, column: columnSlots } = await slotsOfChange(outside, change)
      expect([change, board.includes(filter), columnSlots.includes(filter)]).toEqual([change, false, false])
      expect(columnSlots).toEqual(expect.arrayContaining(['all', 'time']))
    }
  })

  test('move with a contact that enters it, leaves it, or changes in it', async () => {
    for (const [before, after] of [
      [outside, inside],
      [inside, outside],
      [inside, { name: 'Other' }],
    ] as const) {
      const { board, column: columnSlots } = await slotsOfChange(before, after)
      expect([board.includes(filter), columnSlots.includes(filter)]).toEqual([true, true])
    }
  })

  test('move with a contact that is created or deleted in it, and with no other', async () => {
    for (const [fields, isMoved] of [
      [inside, true],
      [outside, false],
    ] as const) {
      const made = await outboxOf(database.sql, async (sql) => {
        const row = { workspace_id: '15213', id: 'one', ...place, ...defaults, ...fields }
        await sql`insert into contacts ${sql(row)}`
      })
      const removed = await outboxOf(database.sql, async (sql) => {
        await insert(sql, fields)
        await sql`delete from contacts where workspace_id = '15213' and id = 'one'`
      })
      for (const outbox of [made, removed]) {
        const moved = slotsMoved(
          outbox.flatMap(([, moves]) => moves),
          place.board_id,
          place.board_column_id,
        )
        expect(moved.includes(filter)).toBe(isMoved)
      }
    }
  })
})

/** The facets that a contact meets, by the filters of SPEC 1. */
function facetsMet(fields: Fields): Facet[] {
  return facetNames.filter((name) =>
    Object.entries(facets[name].in).every(([column, value]) => fields[column] === value),
  )
}

const contact = fc.record({
  status: fc.constantFrom('open', 'closed', 'pending', 'snoozed'),
  assigned_to: fc.constantFrom(null, 'ann', 'bob'),
  priority: fc.constantFrom('high', 'medium', 'low'),
  needs_response: fc.boolean(),
  follow_up: fc.boolean(),
  is_favorite: fc.boolean(),
  is_archived: fc.boolean(),
  sentiment: fc.constantFrom(null, 'negative', 'positive'),
  board_column_id: fc.constantFrom('col_11', 'col_12'),
})

test('a changed row moves its old place by the filters it met, its new place by those it meets, and always all and time', async () => {
  const sorted = (names: readonly SlotName[]) => slots.filter((slot) => names.includes(slot))
  for (const [before, after] of fc.sample(fc.tuple(contact, contact), { seed: 7, numRuns: 150 })) {
    const outbox = await outboxOf(database.sql, async (sql) => {
      await insert(sql, before)
      await update(sql, after)
    })
    const moves = outbox.flatMap(([, each]) => each)
    const met = { before: facetsMet(before), after: facetsMet(after) }
    expect(slotsMoved(moves, 'board_1', null)).toEqual(
      sorted([...met.before, ...met.after, 'all', 'time', 'search']),
    )
    for (const column of ['col_11', 'col_12']) {
      const here = [
        ...(before.board_column_id === column ? [...met.before, 'all' as const, 'time' as const] : []),
        ...(after.board_column_id === column ? [...met.after, 'all' as const, 'time' as const] : []),
      ]
      expect(slotsMoved(moves, 'board_1', column)).toEqual(sorted(here))
    }
  }
})

describe('the order of the lists of a place', () => {
  test('moves for the filters that a changed contact enters or leaves, and no others; the contact itself always', async () => {
    const differing = (one: readonly SlotName[], other: readonly SlotName[]) =>
      slots.filter((slot) => one.includes(slot) !== other.includes(slot))
    for (const [before, after] of fc.sample(fc.tuple(contact, contact), { seed: 8, numRuns: 80 })) {
      const outbox = await outboxOf(database.sql, async (sql) => {
        await insert(sql, before)
        await update(sql, after)
      })
      const moves = outbox.flatMap(([, each]) => each)
      expect(moves).toEqual(expect.arrayContaining([...shownMoves('one')]))
      const listsIn = (fields: typeof before, column: string | null): SlotName[] =>
        column === null || fields.board_column_id === column ? [...facetsMet(fields), 'all'] : []
      for (const column of [null, 'col_11', 'col_12'])
        expect(ordersMoved(moves, 'board_1', column)).toEqual(
          differing(listsIn(before, column), listsIn(after, column)),
        )
    }
  })

  test('moves for all filters of a contact whose instant of creation changes', async () => {
    const outbox = await outboxOf(database.sql, async (sql) => {
      await insert(sql, { status: 'open' })
      await sql`update contacts set created_at = created_at - interval '1 hour' where workspace_id = '15213' and id = 'one'`
    })
    const moves = outbox.flatMap(([, each]) => each)
    for (const column of [null, 'col_11'])
      expect(ordersMoved(moves, 'board_1', column)).toEqual(['open', 'low_priority', 'all'])
  })

  test('moves for all filters of the contacts if a statement changes too many to name them', async () => {
    const movesOf = async (contacts: number) => {
      const outbox = await outboxOf(database.sql, async (sql) => {
        const rows = Array.from({ length: contacts }, (_, index) => ({
          ...{ workspace_id: '15213', id: `many-${index}`, ...place, ...defaults },
        }))
        await sql`insert into contacts ${sql(rows)}`
        await sql`delete from private.outbox`
        await sql`update contacts set name = 'Other' where workspace_id = '15213' and id like 'many-%'`
      })
      return outbox.flatMap(([, each]) => each)
    }
    const few = await movesOf(8)
    expect(ordersMoved(few, 'board_1', null)).toEqual([])
    expect(few).toEqual(expect.arrayContaining([...shownMoves('many-7')]))
    for (const column of [null, 'col_11'])
      expect(ordersMoved(await movesOf(9), 'board_1', column)).toEqual(['low_priority', 'all'])
  })
})

test('a contact that left the window of seven days and is then deleted still moves the filters by time', async () => {
  const outbox = await outboxOf(database.sql, async (sql) => {
    await insert(sql, {})
    await sql`update contacts set created_at = now() - interval '169 hours', last_activity_at = now() - interval '25 hours'
      where workspace_id = '15213' and id = 'one'`
    await sql`delete from private.outbox`
    await sql`delete from contacts where workspace_id = '15213' and id = 'one'`
  })
  const moves = outbox.flatMap(([, each]) => each)
  expect(slotsMoved(moves, 'board_1', null)).toContain('time')
  expect(slotsMoved(moves, 'board_1', 'col_11')).toContain('time')
})

test('a change in one column moves the board’s searches, whose totals sample the whole board', async () => {
  const { board, column } = await slotsOfChange({}, { name: 'Other' })
  expect([board.includes('search'), column.includes('search')]).toEqual([true, false])
})

describe('the counts', () => {
  const movesCounts = async (before: string, change: string) => {
    const outbox = await outboxOf(database.sql, async (sql) => {
      await insert(sql, {})
      await sql.unsafe(`update contacts set ${before} where workspace_id = '15213' and id = 'one'`)
      await sql`delete from private.outbox`
      await sql.unsafe(change)
    })
    return outbox.flatMap(([, moves]) => moves).includes('counts')
  }
  const old = `created_at = now() - interval '1000 hours', last_activity_at = now() - interval '1000 hours'`
  const set = (fields: string) => `update contacts set ${fields} where workspace_id = '15213' and id = 'one'`

  test.each([
    ['a name', old, set(`name = 'Other', email = 'a@example.com', last_message = 'x', tags = '{a}'`), false],
    ['a status that is not counted', old, set(`status = 'snoozed'`), false],
    ['a column', old, set(`board_column_id = 'col_12'`), false],
    ['a board, of an assigned contact', old, set(`board_id = 'board_2', board_column_id = 'col_21'`), false],
    ['a facet', old, set(`needs_response = true`), true],
    ['whose it is', old, set(`assigned_to = 'bob'`), true],
    ['an instant outside of the windows', old, set(`last_activity_at = now() - interval '25 hours'`), false],
    [
      'an instant within a window',
      `last_activity_at = now()`,
      set(`last_activity_at = now() - interval '22 hours'`),
      false,
    ],
    ['an instant into the last day', old, set(`last_activity_at = now() - interval '23 hours'`), true],
    [
      'an instant that leaves the last day',
      `last_activity_at = now()`,
      set(`last_activity_at = now() - interval '25 hours'`),
      true,
    ],
    [
      'an instant that may have left its window by the commit',
      `last_activity_at = now() - interval '23 hours 59 minutes'`,
      set(`last_activity_at = now()`),
      true,
    ],
    ['an instant into the last seven days', old, set(`created_at = now() - interval '167 hours'`), true],
    [
      'an instant that leaves the last seven days',
      `created_at = now()`,
      set(`created_at = now() - interval '169 hours'`),
      true,
    ],
    [
      'no row',
      old,
      `update contacts set status = 'open' where workspace_id = '15213' and id = 'nobody'`,
      false,
    ],
    [
      'a board’s name',
      old,
      `update boards set name = 'Other' where workspace_id = '15213' and id = 'board_1'`,
      false,
    ],
  ])('move with a change of %s only if one of them changes', async (_what, before, change, isMoved) => {
    expect(await movesCounts(before, change)).toBe(isMoved)
  })

  test('do not move if a statement changes facets of two contacts and no sum', async () => {
    const swap = `update contacts set status = case status when 'open' then 'closed' else 'open' end
      where workspace_id = '15213' and id in ('one', 'two')`
    const outbox = await outboxOf(database.sql, async (sql) => {
      await insert(sql, { status: 'open' })
      await sql`insert into contacts ${sql({ workspace_id: '15213', id: 'two', ...place, ...defaults, status: 'closed' })}`
      await sql`delete from private.outbox`
      await sql.unsafe(swap)
    })
    expect(outbox.flatMap(([, moves]) => moves)).not.toContain('counts')
  })

  test('move exactly if an answer of the counts changes, for any statement', async () => {
    const counts = async (sql: TransactionSql) =>
      Object.fromEntries(
        (
          await sql<{ id: string; counts: string }[]>`
            select w.id, (private.shared_counts(w.id) || private.assignee_counts(w.id, 500))::text as counts
            from workspaces w`
        ).map(({ id, counts: text }) => [id, text]),
      )
    let moved = 0
    let unmoved = 0
    for (const change of fc.sample(changes, { seed: 20261126, numRuns: 120 })) {
      await database.sql
        .begin(async (sql) => {
          await sql`delete from private.outbox`
          const before = await counts(sql)
          await sql.unsafe(textOf(change))
          const after = await counts(sql)
          const movers = (await outboxIn(sql))
            .filter(([, moves]) => moves.includes('counts'))
            .map(([id]) => id)
          for (const id of Object.keys(before)) {
            const isChanged = before[id] !== after[id]
            // One of several statements may reverse the change of another.
            if (isChanged || change.kind !== 'delete a column')
              expect([change, id, movers.includes(id)]).toEqual([change, id, isChanged])
            if (isChanged) moved += 1
            else unmoved += 1
          }
          if (change.kind === 'import') throw new Error('undone')
        })
        .catch((error: Error) => {
          if (error.message !== 'undone') throw error
        })
    }
    expect(moved).toBeGreaterThan(40)
    expect(unmoved).toBeGreaterThan(40)
  })
})
