import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { encodeCursor, parseCursor } from '../../shared/contract/cursor.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { type Contact, contactSchema } from '../../shared/resources/contacts/contact-list.ts'
import {
  type Arguments,
  callers,
  type HostedDatabase,
  type HostedServer,
  startHostedServer,
} from './hosted.ts'

let server: HostedServer

beforeAll(async () => {
  server = await startHostedServer()
})

afterAll(async () => {
  await server.stop()
})

/**
 * A zone in POSIX's notation whose clocks changed three days ago: forward, so that the last seven days have 167 hours, or
 * back, so that they have 169.
 */
async function zoneThatChanged(direction: 'forward' | 'back'): Promise<string> {
  const database = await server.open('UTC')
  const [row] = await database.owner`select extract(doy from now())::int as day`
  const { day } = z.object({ day: z.int() }).parse(row)
  const dayOfYear = (fromToday: number) => ((day + fromToday - 1 + 365) % 365) + 1
  const [summer, winter] = direction === 'forward' ? [-3, 60] : [-63, -3]
  return `STD0DST,J${dayOfYear(summer)}/2,J${dayOfYear(winter)}/2`
}

const page = {
  p_workspace: 'w1',
  p_board: 'b1',
  p_column: null,
  p_filter: 'all',
  p_search: null,
  p_sort_by: 'created_at',
  p_sort_order: 'desc',
  p_per_page: 50,
  p_page: 1,
  p_after: null,
  p_after_id: null,
} as const
const pageSchema = z.object({
  outcome: z.literal('ok'),
  contacts: z.array(contactSchema),
  total: z.int(),
  has_more: z.boolean(),
})
type Request = Parameters<HostedDatabase['rpc']>[3]

async function queryPage(database: HostedDatabase, args: Arguments, request?: Request) {
  return pageSchema.parse(await database.rpc(callers.member, 'contacts_page', { ...page, ...args }, request))
}

/** Contacts with instants over the whole allowed range, in microseconds. */
const instants = [
  '0001-01-02T00:00:00Z',
  '1883-11-18T12:03:58.5Z',
  '1930-06-01T00:00:00.000001Z',
  '2026-03-29T01:30:00Z',
  '2026-10-25T00:30:00.123456Z',
  '2026-10-25T01:30:00.123456Z',
  '9999-12-30T23:59:59.999999Z',
]

async function fill(database: HostedDatabase): Promise<void> {
  for (const [index, at] of instants.entries())
    await database.owner`
      insert into public.contacts (
        workspace_id, id, board_id, board_column_id, name, created_at, updated_at, last_activity_at
      )
      values ('w1', ${`c${index}`}, 'b1', 'c2', ${`Contact ${index}`}, ${at}, ${at}, ${at})`
}

const named = [
  'UTC',
  'Asia/Kolkata',
  'America/St_Johns',
  'Pacific/Apia',
  'Europe/Berlin',
  'Pacific/Kiritimati',
]

describe.each(named)('in a database of the time zone %s', (zone) => {
  let database: HostedDatabase
  beforeAll(async () => {
    database = await server.open(zone)
    await fill(database)
  })

  test.each(['created_at', 'updated_at', 'last_activity_at', 'name'] as const)(
    'the cursors of a list by %s are accepted, and show each contact once',
    async (sortBy) => {
      for (const sortOrder of ['asc', 'desc'] as const) {
        const args = { p_sort_by: sortBy, p_sort_order: sortOrder, p_per_page: 1, p_column: 'c2' }
        const walked: Contact[] = []
        let answer = await queryPage(database, args)
        for (let number = 2; number <= instants.length; number += 1) {
          walked.push(...answer.contacts)
          const last = contactSchema.parse(walked.at(-1))
          const given = { sortBy, sortOrder, after: last[sortBy], id: last.id, page: number }
          const cursor = parseCursor(encodeCursor(given))
          expect(cursor).toEqual({ ok: true, value: given })
          answer = await queryPage(database, { ...args, p_after: given.after, p_after_id: given.id })
        }
        walked.push(...answer.contacts)
        expect(answer.has_more).toBe(false)
        const ids = instants.map((_, index) => `c${index}`)
        expect(walked.map(({ id }) => id)).toEqual(sortOrder === 'asc' ? ids : ids.toReversed())
      }
    },
  )

  test('every instant is answered in UTC, whatever zone the request prefers', async () => {
    for (const request of [{}, { timeZone: 'Asia/Kathmandu' }]) {
      const { contacts } = await queryPage(
        database,
        { p_column: 'c2', p_sort_order: 'asc', p_sort_by: 'name' },
        request,
      )
      for (const [index, contact] of contacts.entries()) {
        expect(contact.created_at).toMatch(/\+00:00$/)
        expect(Date.parse(contact.created_at)).toBe(Date.parse(instants[index] ?? ''))
      }
      const counts = z
        .object({ computedAt: z.string().regex(/\+00:00$/) })
        .parse(await database.rpc(callers.member, 'contact_counts', { p_workspace: 'w1' }, request))
      expect(contactCounts.data.shape.computedAt.safeParse(counts.computedAt).success).toBe(true)
      const change = { p_workspace: 'w1', p_change: {} }
      expect(await database.rpc(callers.admin, 'cache_settings_write', change, request)).toMatchObject({
        updated_at: expect.stringMatching(/\+00:00$/),
      })
    }
  })

  test('an instant is stored as it was sent, and one without an offset is UTC', async () => {
    const place = { board_id: 'b2', board_column_id: 'c1', name: 'Told' }
    for (const [id, sent, meant] of [
      ['t1', '2026-03-29T02:30:00+02:00', '2026-03-29T00:30:00+00:00'],
      ['t2', '2026-03-29T02:30:00', '2026-03-29T02:30:00+00:00'],
    ] as const) {
      const p_contact = { ...place, id, created_at: sent, last_activity_at: sent }
      expect(
        await database.rpc(callers.member, 'contact_create', { p_workspace: 'w1', p_contact }),
      ).toMatchObject({ contact: { created_at: meant, last_activity_at: meant } })
      // Sent again it is the same instant, so no field is ignored.
      expect(
        await database.rpc(callers.member, 'contacts_import', { p_workspace: 'w1', p_contacts: [p_contact] }),
      ).toMatchObject({ updated: 1, ignored: [] })
    }
  })

  test('the outbox row of a write is due at once', async () => {
    await database.owner`delete from private.outbox`
    await database.rpc(callers.member, 'contact_update', {
      p_workspace: 'w1',
      p_contact: 'c1',
      p_change: { name: 'Contact 1' },
    })
    const claim = { p_rows_max: 10, p_lease_ms: 0 }
    expect(await database.rpc('service_role', 'outbox_claim', claim)).toMatchObject({
      rows: [{ workspaceId: 'w1' }],
    })
    expect(await database.rpc('service_role', 'outbox_state', {})).toMatchObject({ depth: 1, parked: 0 })
  })
})

describe.each(['forward', 'back'] as const)('where the clocks went %s three days ago', (direction) => {
  test('seven days are 168 hours, in the counts and in the list, by either way of finding it', async () => {
    const database = await server.open(await zoneThatChanged(direction))
    const [zone] = await database.owner`
      select extract(epoch from now() - (now() - interval '7 days'))::int / 3600 as hours`
    expect(zone).toEqual({ hours: direction === 'forward' ? 167 : 169 })

    await database.owner`delete from public.contacts where workspace_id = 'w1'`
    for (const [id, hours] of [
      ['young', 167.5],
      ['old', 168.5],
    ] as const)
      await database.owner`
        insert into public.contacts (
          workspace_id, id, board_id, board_column_id, name, created_at, last_activity_at
        )
        select 'w1', ${id}, 'b1', 'c1', 'X', now() - interval '1 hour' * ${hours}, now() - interval '1 hour' * ${hours}`
    expect(await database.rpc(callers.member, 'contact_counts', { p_workspace: 'w1' })).toMatchObject({
      counts: { total: 2, newCustomers: 1, recentActivity: 0 },
    })
    for (const args of [{}, { p_column: 'c1' }, { p_sort_by: 'name' }, { p_search: 'x' }]) {
      const found = await queryPage(database, { p_filter: 'new_customers', ...args })
      expect([found.total, found.contacts.map(({ id }) => id)]).toEqual([1, ['young']])
    }
  })
})
