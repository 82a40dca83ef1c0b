import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { explanationSchema } from '../../shared/resources/explanation.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(async () => {
  await stack?.stop()
})

/** From the committed row to the moment at which everybody must see it, the relay's way to the ledger included. */
const withinTwoSeconds = { deadlineMs: 2_000 }

type Fields = Readonly<Record<string, string | boolean | null>>

/** Every contact of these tests is in none of the filters by a facet but that of low priority. */
const plain: Fields = {
  ...{ status: 'pending', priority: 'low', assigned_to: 'ann', needs_response: false, follow_up: false },
  ...{ is_favorite: false, is_archived: false, sentiment: null },
}

/** For each filter by a facet: a change that puts a plain contact into it, and one of another facet. */
interface FilterCase {
  readonly filter: string
  readonly into: Fields
  readonly other: Fields
  /** Where a plain contact is in the filter: what puts it out. */
  readonly outside?: Fields
}
const filters: readonly FilterCase[] = [
  { filter: 'open', into: { status: 'open' }, other: { priority: 'high' } },
  { filter: 'closed', into: { status: 'closed' }, other: { priority: 'high' } },
  { filter: 'unassigned', into: { assigned_to: null }, other: { priority: 'high' } },
  { filter: 'high_priority', into: { priority: 'high' }, other: { status: 'open' } },
  { filter: 'medium_priority', into: { priority: 'medium' }, other: { status: 'open' } },
  {
    ...{ filter: 'low_priority', into: { priority: 'low' }, other: { status: 'open' } },
    outside: { priority: 'high' },
  },
  { filter: 'needs_response', into: { needs_response: true }, other: { priority: 'high' } },
  { filter: 'follow_up', into: { follow_up: true }, other: { priority: 'high' } },
  { filter: 'favorites', into: { is_favorite: true }, other: { priority: 'high' } },
  { filter: 'archived', into: { is_archived: true }, other: { priority: 'high' } },
  { filter: 'unhappy_customers', into: { sentiment: 'negative' }, other: { priority: 'high' } },
]

const explained = { 'X-Explain': '1' }

/** The first page of a filter on the board of these tests, newest first, and the stamp of its entry. */
async function read(filter: string) {
  const page = await stack.api().page('board_1', `filter=${filter}&per_page=100`, explained)
  return { ...page, ids: page.contacts.map(({ id }) => id), stamp: page._cache.explanation?.entry.stamp }
}

/** Reads until the page comes from a cache. */
const readCached = (filter: string) =>
  eventually(async () => {
    const page = await read(filter)
    return page._cache.status === 'HIT' && page
  })

async function change(id: string, fields: Fields): Promise<void> {
  await stack.sql`update contacts set ${stack.sql(fields)} where workspace_id = '15213' and id = ${id}`
}

describe.each(filters)('the cached page of filter=$filter', ({ filter, into, other, outside = {} }) => {
  const id = `precise-${filter}`

  it('stays cached while another facet of a contact changes, and is current within the bound once its own does', async () => {
    const place = { workspace_id: '15213', board_id: 'board_1', board_column_id: 'col_11' }
    await stack.sql`insert into contacts ${stack.sql({ ...place, id, name: id, ...plain, ...outside })}`
    await eventually(async () => (await read('all')).ids.includes(id), withinTwoSeconds)
    const before = await readCached(filter)
    expect(before.ids).not.toContain(id)

    await change(id, other)
    // Once the page of all shows the change, the ledger has it, and so has every view.
    await eventually(async () => {
      const { contacts } = await read('all')
      return contacts.some((contact) => contact.id === id && isLike(contact, other))
    }, withinTwoSeconds)
    const after = await read(filter)
    expect([after._cache.status, after.stamp]).toEqual(['HIT', before.stamp])

    await change(id, into)
    const moved = await eventually(async () => {
      const page = await read(filter)
      return page.ids.includes(id) && page
    }, withinTwoSeconds)
    expect(moved.stamp?.version).toBeGreaterThan(before.stamp?.version ?? Number.POSITIVE_INFINITY)
  })
})

function isLike(contact: object, fields: Fields): boolean {
  const shown: ReadonlyMap<string, unknown> = new Map(Object.entries(contact))
  return Object.entries(fields).every(([name, value]) => shown.get(name) === value)
}

const countsSchema = z.object({
  data: z.object({ total: z.int(), _cached: z.boolean(), _explanation: explanationSchema }),
})

describe('the cached counts', () => {
  const readCounts = async (headers: Record<string, string> = {}) => {
    const path = '/api/cache-settings/workspace/15213/counts'
    const answer = await stack.api().get(path, { ...explained, ...headers })
    const { data } = countsSchema.parse(JSON.parse(answer.text))
    return { ...data, stamp: data._explanation.entry.stamp }
  }

  it('stay cached while a contact is given another name, and are current within the bound once one is removed', async () => {
    const id = 'precise-counted'
    const place = { workspace_id: '15213', board_id: 'board_1', board_column_id: 'col_11' }
    await stack.sql`insert into contacts ${stack.sql({ ...place, id, name: id, ...plain })}`
    // The counts that the rest is compared with are those after the new contact reached the ledger.
    await eventually(async () => (await stack.sql`select from private.outbox limit 1`).length === 0)
    await readCounts({ 'Cache-Control': 'no-cache' })
    const before = await eventually(async () => {
      const counts = await readCounts()
      return counts._cached && counts
    })

    await change(id, { name: 'Another name' })
    await eventually(
      async () => (await read('all')).contacts.some(({ name }) => name === 'Another name'),
      withinTwoSeconds,
    )
    const after = await readCounts()
    expect([after._cached, after.stamp, after.total]).toEqual([true, before.stamp, before.total])

    await stack.sql`delete from contacts where workspace_id = '15213' and id = ${id}`
    await eventually(async () => (await readCounts()).total === before.total - 1, withinTwoSeconds)
  })
})
