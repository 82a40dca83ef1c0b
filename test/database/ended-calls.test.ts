import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parsePhone, phoneKeysOf } from '../../shared/contact-points/phone.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(500)
}, 120_000)
afterAll(async () => {
  await database.stop()
})

const phone = '+493012345678'
const keys = (() => {
  const parsed = parsePhone(phone, null)
  if (!parsed.ok) throw new Error('the number of these tests is not valid')
  return phoneKeysOf(parsed.value, 'DE')
})()

beforeEach(async () => {
  await database.sql`delete from contacts where id like 'caller-%' or phone = ${phone}`
  await database.sql`delete from private.ended_calls`
})

async function caller(id: string, number: string, lastActivityAt: string): Promise<void> {
  await database.sql`
    insert into contacts (workspace_id, id, board_id, board_column_id, name, phone, last_activity_at)
    select '15213', ${id}, board_id, id, 'Caller', ${number}, ${lastActivityAt}
    from board_columns where workspace_id = '15213' order by board_id, id limit 1`
}

const said = (place: number, direction: 'inbound' | 'outbound' = 'inbound') => ({
  direction,
  body: `Turn ${place}.`,
  sentAt: '2026-11-23T09:00:01.000Z',
})

const ended = (conversationId: string, more: object = {}) => ({
  conversationId,
  callId: `${conversationId}-call`,
  startedAt: '2026-11-23T09:00:00.000Z',
  endedAt: '2026-11-23T09:02:00.000Z',
  messages: [said(1), said(2, 'outbound'), said(3)],
  summary: { text: 'An offer was asked for.', openQuestions: ['Which colour?'] },
  ...more,
})

const store = (p_call: object, p_workspace = '15213') =>
  call(database.service, 'ended_call_store', { p_workspace, p_phone: phone, p_keys: keys, p_call })

/** The same from connections of their own, at the same time. */
async function storeAtOnce(calls: readonly object[]): Promise<unknown[]> {
  const connections = postgres(database.url, { max: calls.length, onnotice: () => undefined })
  try {
    return await Promise.all(
      calls.map(async (call) => {
        const [row] = await connections`
          select ended_call_store('15213', ${phone}, ${[...keys]}, ${JSON.stringify(call)}::text::jsonb) as answer`
        return row?.['answer']
      }),
    )
  } finally {
    await connections.end()
  }
}

const storedSchema = z.object({
  outcome: z.literal('ok'),
  status: z.literal('stored'),
  contact: z.string(),
  isNew: z.boolean(),
  outbox: z.array(z.object({ workspaceId: z.string(), tags: z.array(z.string()) })),
})

async function rowsOf(conversation: string) {
  const { sql } = database
  const messages = await sql`
    select body from messages where conversation_id = ${conversation} order by sent_at desc, id desc`
  const conversations =
    await sql`select contact_id, channel, ended_at from conversations where id = ${conversation}`
  const summaries = await sql`
    select text, open_questions from conversation_summaries where conversation_id = ${conversation}`
  return {
    bodies: messages.map(({ body }) => body),
    conversations: [...conversations],
    summaries: [...summaries],
  }
}

describe('a call that has ended', () => {
  test('is stored under the lead with its number in any notation, the most recently active one', async () => {
    await caller('caller-old', '+49 30 12345678', '2026-01-01T00:00:00Z')
    await caller('caller-new', '(030) 1234-5678', '2026-02-01T00:00:00Z')
    await caller('caller-other', '+49 30 12345679', '2026-03-01T00:00:00Z')
    const stored = storedSchema.parse(await store(ended('conv-1')))
    expect(stored).toMatchObject({ contact: 'caller-new', isNew: false })
    expect(await rowsOf('conv-1-call')).toMatchObject({
      bodies: ['Turn 3.', 'Turn 2.', 'Turn 1.'],
      conversations: [
        { contact_id: 'caller-new', channel: 'voice', ended_at: new Date('2026-11-23T09:02:00Z') },
      ],
      summaries: [{ text: 'An offer was asked for.', open_questions: ['Which colour?'] }],
    })
  })

  test('moves the conversation of its lead, and returns these moves for delivery', async () => {
    await caller('caller-1', phone, '2026-01-01T00:00:00Z')
    const { outbox } = storedSchema.parse(await store(ended('conv-1')))
    expect(new Set(outbox.map(({ workspaceId }) => workspaceId))).toEqual(new Set(['15213']))
    expect(outbox.flatMap(({ tags }) => tags)).toContain(bucketMove('conversation', 'caller-1'))
  })

  test('is stored once, however often and however much at once it is reported', async () => {
    await caller('caller-1', phone, '2026-01-01T00:00:00Z')
    const answers = z
      .array(z.object({ status: z.string() }))
      .parse(await storeAtOnce(Array.from({ length: 8 }, () => ended('conv-1'))))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 7 }, () => 'known'),
      'stored',
    ])
    expect((await rowsOf('conv-1-call')).bodies).toHaveLength(3)
    await database.sql`delete from conversations where id = 'conv-1-call'`
    expect(await store(ended('conv-1'))).toMatchObject({ status: 'known' })
    expect((await rowsOf('conv-1-call')).bodies).toEqual([])
  })

  test('of an unknown number makes one lead, whoever calls at the same time', async () => {
    const stored = z
      .array(storedSchema)
      .parse(await storeAtOnce(['conv-1', 'conv-2', 'conv-3'].map((id) => ended(id))))
    expect(stored.filter(({ isNew }) => isNew)).toHaveLength(1)
    const leads = await database.sql`
      select id, name, source, workspace_id from contacts where phone = ${phone}`
    expect(leads).toMatchObject([
      { id: stored[0]?.contact, name: phone, source: 'voice', workspace_id: '15213' },
    ])
    expect(new Set(stored.map(({ contact }) => contact)).size).toBe(1)
  })

  test('is stored in the conversation that was opened during the call, under its lead', async () => {
    await caller('caller-1', phone, '2026-01-01T00:00:00Z')
    await caller('caller-2', '+49 30 99999999', '2026-01-01T00:00:00Z')
    await database.sql`
      insert into conversations (workspace_id, id, contact_id, channel) values ('15213', 'conv-1-call', 'caller-2', 'voice')`
    expect(await store(ended('conv-1'))).toMatchObject({ status: 'stored', contact: 'caller-2' })
    expect(await rowsOf('conv-1-call')).toMatchObject({
      bodies: ['Turn 3.', 'Turn 2.', 'Turn 1.'],
      conversations: [{ contact_id: 'caller-2', ended_at: new Date('2026-11-23T09:02:00Z') }],
    })
  })

  test('of a lead of another workspace is not stored there', async () => {
    await caller('caller-1', phone, '2026-01-01T00:00:00Z')
    await database.sql`insert into workspaces (id, name) values ('calls', 'Calls') on conflict do nothing`
    expect(await store(ended('conv-1'), 'calls')).toEqual({ outcome: 'ok', status: 'ignored' })
    expect(await store(ended('conv-1'), 'nowhere')).toEqual({ outcome: 'not_found' })
    // It was not stored, so it is stored once there is a board.
    await database.sql`insert into boards (workspace_id, id, name) values ('calls', 'b', 'B')`
    await database.sql`insert into board_columns (workspace_id, board_id, id, name) values ('calls', 'b', 'c', 'C')`
    expect(await store(ended('conv-1'), 'calls')).toMatchObject({ status: 'stored', isNew: true })
    await database.sql`delete from workspaces where id = 'calls'`
  })

  test('without turns or a summary is stored too', async () => {
    await caller('caller-1', phone, '2026-01-01T00:00:00Z')
    expect(await store(ended('conv-1', { messages: [], summary: null }))).toMatchObject({ status: 'stored' })
    expect(await rowsOf('conv-1-call')).toMatchObject({ bodies: [], conversations: [{}], summaries: [] })
  })
})

test('no member stores a call', async () => {
  const admin = await database.as(users.admin)
  const { error } = await admin.rpc('ended_call_store', {
    p_workspace: '15213',
    p_phone: phone,
    p_keys: keys,
    p_call: ended('conv-1'),
  })
  expect(error?.code).toBe('42501')
})
