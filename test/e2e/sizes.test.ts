import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { importReportSchema } from '../../shared/contract/contacts.ts'
import { limits } from '../../shared/limits.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(async () => {
  await stack?.stop()
})

const place = { board_id: 'board_1', board_column_id: 'col_11' }

/** A member's request to the origin. */
function send(method: string, path: string, body: string) {
  return ask(`${stack.origin}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${stack.tokens.member}`,
      'X-Workspace-ID': '15213',
      'Content-Type': 'application/json',
    },
    body,
  })
}

const countsSchema = z.object({
  data: z.object({
    total: z.int(),
    assignedToMe: z.int(),
    _cached: z.boolean(),
    _timestamp: z.string(),
    _source: z.string(),
  }),
})

/** The counts as a user of the workspace reads them. */
async function countsOf(userId: string) {
  const token = await stack.tokenOf({ userId, workspaces: { '15213': 'member' } })
  const answer = await stack.api({ token }).get('/api/cache-settings/workspace/15213/counts')
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.any(String)])
  return countsSchema.parse(JSON.parse(answer.text)).data
}

describe('a value over its bound', () => {
  it('is refused by Supabase’s interface, whatever the member writes there', async () => {
    const { url, publishableKey } = stack.supabase
    const headers = { Authorization: `Bearer ${stack.tokens.member}` }
    const member = createClient(url, publishableKey, { global: { headers } })
    const contact = { workspace_id: '15213', ...place, id: 'oversized', name: 'Oversized' }
    for (const fields of [
      { tags: Array(50).fill('t'.repeat(200_000)) },
      { last_activity_at: '10000-01-01T00:00:00Z' },
      { last_message: 'm'.repeat(4_001) },
    ]) {
      const { error } = await member.from('contacts').insert({ ...contact, ...fields })
      expect(error).toMatchObject({ code: '23514' })
    }
  })

  it('is a 400 at the origin’s own route, also if only the stored values make it too large', async () => {
    const tags = Array(50).fill('😀'.repeat(100))
    expect((await send('PATCH', '/contacts/contact_000001', JSON.stringify({ tags }))).status).toBe(200)
    const last_message = '😀'.repeat(4_000)
    const answer = await send('PATCH', '/contacts/contact_000001', JSON.stringify({ last_message }))
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([400, { code: 'invalid_body' }])
  })

  it('is reported by an import with its line, and all other lines are written', async () => {
    const message = { last_message: '😀'.repeat(4_000) }
    const lines = [
      { ...place, id: 'import_1', name: 'First' },
      { ...place, id: 'contact_000001', name: 'Too large with what is stored', ...message },
      { ...place, id: 'import_2', name: 'Last' },
    ]
    const answer = await send(
      'POST',
      '/contacts/import',
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    )
    const reports = answer.text
      .trim()
      .split('\n')
      .map((line) => importReportSchema.parse(JSON.parse(line)))
    expect(reports).toContainEqual({ type: 'rejected', line: 2, code: 'refused_by_database' })
    expect(reports.at(-1)).toMatchObject({ type: 'done', created: 2, updated: 0, rejected: 1 })
  })
})

it('a row from before the bounds never fails its page: it is shown without the value that does not fit', async () => {
  await stack.sql.begin(async (sql) => {
    await sql`alter table public.contacts drop constraint contacts_instants_known`
    await sql`update public.contacts set last_activity_at = '10000-01-01T00:00:00Z'
      where workspace_id = '15213' and id = 'contact_000002'`
  })
  const api = stack.api()
  const [moved] = await stack.sql`
    select board_id from public.contacts where workspace_id = '15213' and id = 'contact_000002'`
  const board = String(moved?.['board_id'])
  const query = 'sort_by=last_activity_at&per_page=1'
  const first = await eventually(async () => {
    const page = await api.page(board, query)
    return page.contacts[0]?.id === 'contact_000002' ? page : null
  })
  expect(first?.contacts[0]?.last_activity_at).toBe('1970-01-01T00:00:00+00:00')
  const next = await api.page(board, `${query}&cursor=${first?.pagination.next_cursor}`)
  expect(next.contacts).toHaveLength(1)
  expect(next.contacts[0]?.id).not.toBe('contact_000002')
})

describe('the counts of a workspace with sixty thousand assignees', () => {
  beforeAll(async () => {
    await stack.sql`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
      select '15213', 'assigned_' || n || '_' || k, 'board_1', 'col_11', 'Assigned', 'user_' || n
      from generate_series(1, 60000) n
      cross join lateral generate_series(1, case when n <= 20 then 3 else 1 end) k`
    await eventually(async () => {
      const [row] =
        await stack.sql`select count(*)::int as rows from private.assignee_tallies where not is_folded`
      return row?.['rows'] === 0
    })
    // The ledger has every change, and so has the Worker's view of it: nothing moves the counts any more.
    await eventually(async () => (await stack.sql`select from private.outbox limit 1`).length === 0)
    await stack.api().get('/api/cache-settings/workspace/15213/counts', { 'Cache-Control': 'no-cache' })
  }, 120_000)

  it('are cached, small, and exact for each user, whether the shared entry names the user or not', async () => {
    await eventually(async () => (await countsOf('user_1')).total > 60_000)
    for (const [userId, contacts] of [
      ['user_1', 3],
      ['user_60000', 1],
      ['nobody', 0],
    ] as const) {
      const { total } = await countsOf(userId)
      const again = await countsOf(userId)
      expect([userId, again]).toMatchObject([userId, { assignedToMe: contacts, total, _cached: true }])
    }
    const headers = {
      Authorization: `Bearer ${stack.internalAuthKey}`,
      'X-Caller-Token': stack.tokens.member,
      'Content-Type': 'application/json',
    }
    const body = JSON.stringify({ workspaceId: '15213', userId: null, version: 'test:1', params: {} })
    const shared = await ask(`${stack.origin}/load/contact-counts`, { method: 'POST', headers, body })
    expect(shared.status).toBe(200)
    expect(shared.text.length).toBeLessThan(limits.countsBytesMax)
  })

  it('cost one query for all users that the shared entry names, and one for each other user', async () => {
    await stack.sql`update public.contacts set is_favorite = true where workspace_id = '15213' and id = 'assigned_1_1'`
    await eventually(async () => !(await countsOf('user_2'))._cached)
    const before = await stack.queriesOf('contact-counts')
    await Promise.all(['user_1', 'user_2', 'user_3', 'user_4'].map(countsOf))
    expect((await stack.queriesOf('contact-counts')) - before).toBe(0)
    await Promise.all(Array.from({ length: 6 }, () => countsOf('user_59999')))
    expect((await stack.queriesOf('contact-counts')) - before).toBe(1)
  })

  it('follow an assignment within the bound, for a user whom the shared entry does not name too', async () => {
    expect((await countsOf('user_50000')).assignedToMe).toBe(1)
    await stack.sql`
      update public.contacts set assigned_to = 'user_50000'
      where workspace_id = '15213' and id in ('assigned_60_1', 'assigned_61_1')`
    await eventually(async () => (await countsOf('user_50000')).assignedToMe === 3, { deadlineMs: 4_000 })
    expect((await countsOf('user_60')).assignedToMe).toBe(0)
  })
})
