import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import {
  type Arguments,
  type Caller,
  callers,
  type HostedDatabase,
  type HostedServer,
  startHostedServer,
} from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  await database.owner`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
    values ('w1', 'second', 'b1', 'c1', 'Second')`
})
afterAll(() => server?.stop())

const tables = ['mailbox_folders', 'lead_controls', 'call_sessions', 'conversations']
beforeEach(async () => {
  for (const table of tables) await database.owner.unsafe(`delete from public.${table}`)
  await database.owner`delete from private.outbox`
})

/** In milliseconds: the client of this test makes a Date of an instant, unlike the origin's. */
const at = '2026-01-02T03:04:05.123+00:00'
const lead = { p_workspace: 'w1', p_contact: 'w1-first' }
const call = { p_workspace: 'w1', p_call: 'call' }
const folder = { p_workspace: 'w1', p_user: 'member', p_folder: 'inbox' }
const control = { ...lead, p_answered_by: 'human', p_user: 'member', p_since: null }
const session = { ...call, p_contact: 'w1-first', p_state: { step: 1 } }
const letter = (id: string, fields: Readonly<Record<string, string | boolean>> = {}) => ({
  ...{ id, from_address: 'ann@example.com', received_at: at },
  ...fields,
})
const message = (fields: Readonly<Record<string, string>> = {}, p_contact = 'w1-first') => ({
  ...{ p_workspace: 'w1', p_contact },
  p_message: { id: 'm1', channel: 'web', direction: 'inbound', body: 'Hello', ...fields },
})

const outboxSchema = z.object({
  outbox: z.array(z.object({ workspaceId: z.string(), tags: z.array(z.string()) })),
})
const rpc = (name: string, args: Arguments, caller: Caller = callers.admin) =>
  database.rpc(caller, name, args)
const movesOf = (answer: unknown) => [
  ...new Set(
    outboxSchema
      .parse(answer)
      .outbox.flatMap(({ workspaceId, tags }) => tags.map((tag) => `${workspaceId} ${tag}`)),
  ),
]

interface Write {
  readonly name: string
  readonly args: Arguments
  /** The move that it must make. */
  readonly move: string
  /** The write that it needs. */
  readonly before?: readonly [name: string, args: Arguments]
}

const callMove = bucketMove('call', 'call')
const conversationMove = bucketMove('conversation', 'w1-first')
const mailboxMove = bucketMove('mailbox', 'member:inbox')
const put = (p_messages: Arguments[string]) => ({ ...folder, p_messages, p_synced_at: null })

/** Every function that writes. */
const writes: readonly Write[] = [
  { name: 'lead_control_write', args: control, move: conversationMove },
  { name: 'lead_message_create', args: message(), move: conversationMove },
  { name: 'call_session_put', args: session, move: callMove },
  {
    name: 'call_session_patch',
    args: { ...call, p_change: { state: {} } },
    move: callMove,
    before: ['call_session_put', session],
  },
  { name: 'call_session_delete', args: call, move: callMove, before: ['call_session_put', session] },
  { name: 'mailbox_put', args: put([]), move: mailboxMove },
  { name: 'mailbox_delete', args: folder, move: mailboxMove, before: ['mailbox_put', put([letter('n1')])] },
]

describe.each(writes)('$name', ({ name, args, move, before }) => {
  test('is made by an admin and by the backend, and answers what it moved', async () => {
    for (const caller of [callers.admin, 'service_role'] as const) {
      if (before !== undefined) await rpc(...before)
      const answer = await rpc(name, args, caller)
      expect(answer).toMatchObject({ outcome: 'ok' })
      expect(movesOf(answer)).toEqual([`w1 ${move}`])
      const repeated = await rpc(name, args, caller)
      // A repetition writes again, so that it has a version too; a second deletion finds nothing.
      if (name.endsWith('_delete')) expect(repeated).toEqual({ outcome: 'not_found' })
      else expect(movesOf(repeated)).toEqual([`w1 ${move}`])
    }
  })

  test('needs the role admin in the workspace, and writes nothing for anybody else', async () => {
    if (before !== undefined) await rpc(...before)
    await database.owner`delete from private.outbox`
    const claimant = { sub: 'x', app_metadata: { workspaces: { w3: 'admin' } } }
    expect(await rpc(name, args, callers.member)).toEqual({ outcome: 'admin_required' })
    for (const caller of [callers.outsider, { sub: 'service_role' }])
      expect(await rpc(name, args, caller)).toEqual({ outcome: 'forbidden' })
    expect(await rpc(name, { ...args, p_workspace: 'w3' }, claimant)).toEqual({ outcome: 'forbidden' })
    expect(await rpc(name, { ...args, p_workspace: 'w3' }, 'service_role')).toEqual({ outcome: 'not_found' })
    await expect(rpc(name, args, 'anon')).rejects.toThrow('permission denied')
    expect([...(await database.owner`select id from private.outbox`)]).toEqual([])
  })
})

test.each([
  `public.lead_control_write('w1', 'w1-first', 'ai', null, 'infinity')`,
  `public.lead_control_write('w1', 'w1-first', 'ai', null, '0044-03-15 12:00:00+00 BC')`,
  `public.mailbox_put('w1', 'ann', 'inbox', '[]', '-infinity')`,
])('%s is refused, because its instant is in none of the years 1 to 9999', async (called) => {
  const calling = database.asCaller('service_role', (sql) => sql.unsafe(`select ${called}`))
  await expect(calling).rejects.toMatchObject({ code: '22023' })
})

describe('the control of a lead', () => {
  const shown = z.object({
    control: z.object({ answered_by: z.string(), user_id: z.string().nullable(), since: z.string() }),
  })
  const write = async (args: Arguments) => shown.parse(await rpc('lead_control_write', args)).control

  test('keeps the instant since when while the same one answers, and has a new one when another does', async () => {
    const first = await write({ ...control, p_since: at })
    expect(first).toEqual({ answered_by: 'human', user_id: 'member', since: at })
    expect(await write(control)).toEqual(first)
    const other = await write({ ...control, p_user: 'admin' })
    expect(other.since).not.toBe(at)
    const given = '2026-02-02T00:00:00+00:00'
    expect(await write({ ...control, p_user: 'admin', p_since: given })).toEqual({ ...other, since: given })
  })

  test('of a contact that the workspace does not have is refused', async () => {
    expect(await rpc('lead_control_write', { ...control, p_contact: 'w2-first' })).toEqual({
      outcome: 'contact_not_found',
    })
  })
})

describe('the session of a call', () => {
  const shown = z.object({
    session: z.looseObject({ contact_id: z.string().nullable(), state: z.unknown() }),
  })
  const patched = async (p_change: Arguments[string]) =>
    shown.parse(await rpc('call_session_patch', { ...call, p_change })).session

  test('is replaced by a put, and keeps when it began', async () => {
    const began = shown.parse(await rpc('call_session_put', session)).session
    const replaced = shown.parse(
      await rpc('call_session_put', { ...session, p_contact: null, p_state: { a: 1 } }),
    ).session
    expect(replaced).toMatchObject({
      id: 'call',
      contact_id: null,
      state: { a: 1 },
      started_at: began['started_at'],
    })
  })

  // RFC 7396, appendix A, as far as the target is an object.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: 1 }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
  ])('merges into %j the change %j', async (stored, change, merged) => {
    await rpc('call_session_put', { ...session, p_state: stored })
    expect((await patched({ state: change })).state).toEqual(merged)
  })

  test('changes the contact and the state apart', async () => {
    await rpc('call_session_put', session)
    expect(await patched({ contact_id: null })).toMatchObject({ contact_id: null, state: { step: 1 } })
    expect(await patched({ state: { step: 2 } })).toMatchObject({ contact_id: null, state: { step: 2 } })
  })

  test('has a state of a bounded size, also after a change', async () => {
    const half = 'x'.repeat(limits.callStateBytesMax / 2)
    await rpc('call_session_put', { ...session, p_state: { a: half } })
    expect(await rpc('call_session_patch', { ...call, p_change: { state: { b: half } } })).toEqual({
      outcome: 'out_of_bounds',
    })
    expect((await patched({ state: { a: null, b: half } })).state).toEqual({ b: half })
  })

  test.each([
    ['a long text', { a: 'x'.repeat(limits.callSessionBodyBytesMax - 1_024) }],
    ['many numbers', { a: Array.from({ length: limits.callSessionBodyBytesMax / 2 - 512 }, () => 1) }],
    ['a little too much', { a: 'x'.repeat(limits.callStateBytesMax) }],
  ])(
    'is refused as too large, and not by its constraint, which would log the row: %s',
    async (_what, state) => {
      await rpc('call_session_put', session)
      const refused = { outcome: 'out_of_bounds' }
      expect(await rpc('call_session_put', { ...session, p_state: state })).toEqual(refused)
      expect(await rpc('call_session_patch', { ...call, p_change: { state } })).toEqual(refused)
      expect((await patched({ contact_id: null })).state).toEqual(session.p_state)
    },
  )

  test('is not there before it began', async () => {
    expect(await rpc('call_session_patch', { ...call, p_change: { state: {} } })).toEqual({
      outcome: 'not_found',
    })
  })
})

describe('a message with a lead', () => {
  const shown = z.object({ message: z.looseObject({ id: z.string(), conversation_id: z.string() }) })
  const write = async (...args: Parameters<typeof message>) =>
    shown.parse(await rpc('lead_message_create', message(...args))).message
  const conversations = async () => [
    ...(await database.owner`select id, contact_id, channel, is_unread from public.conversations order by started_at, id`),
  ]

  test('opens a conversation on its channel if there is none, and goes on in it until it has ended', async () => {
    const { conversation_id: opened } = await write({ id: 'm1' })
    expect((await write({ id: 'm2', direction: 'outbound' })).conversation_id).toBe(opened)
    expect((await write({ id: 'm3', channel: 'voice' })).conversation_id).not.toBe(opened)
    expect((await write({ id: 'm4' }, 'second')).conversation_id).not.toBe(opened)
    await database.owner`update public.conversations set ended_at = now() where id = ${opened}`
    expect((await write({ id: 'm5' })).conversation_id).not.toBe(opened)
    expect(await conversations()).toHaveLength(4)
  })

  test('is unread if it comes from the lead', async () => {
    await write({ id: 'm1', direction: 'outbound' })
    expect(await conversations()).toMatchObject([{ is_unread: false }])
    await write({ id: 'm2' })
    expect(await conversations()).toMatchObject([{ is_unread: true }])
  })

  test('opens the conversation that it names, and does not take that of another contact', async () => {
    expect(await write({ id: 'm1', conversation_id: 'call-7' })).toMatchObject({ conversation_id: 'call-7' })
    expect(await write({ id: 'm2', conversation_id: 'call-7' })).toMatchObject({ conversation_id: 'call-7' })
    expect(
      await rpc('lead_message_create', message({ id: 'm3', conversation_id: 'call-7' }, 'second')),
    ).toEqual({
      outcome: 'conversation_exists',
    })
  })

  test('that is sent again is answered as it is stored, opens nothing and marks nothing', async () => {
    const first = await write({ id: 'm1', sent_at: at })
    await database.owner`update public.conversations set ended_at = now(), is_unread = false`
    for (const fields of [{}, { sent_at: at }, { conversation_id: first.conversation_id }])
      expect(await write({ id: 'm1', ...fields })).toEqual(first)
    expect(await conversations()).toMatchObject([{ id: first.conversation_id, is_unread: false }])
  })

  test.each([
    ['another text', { body: 'Other' }, 'w1-first'],
    ['another direction', { direction: 'outbound' }, 'w1-first'],
    ['another channel', { channel: 'sms' }, 'w1-first'],
    ['another instant', { sent_at: '2026-01-02T03:04:05.123001+00:00' }, 'w1-first'],
    ['another conversation', { conversation_id: 'elsewhere' }, 'w1-first'],
    ['another contact', {}, 'second'],
  ])('with the id of a message that has %s is refused and writes nothing', async (_what, fields, contact) => {
    await write({ id: 'm1', sent_at: at })
    await database.owner`delete from private.outbox`
    const before = await conversations()
    expect(await rpc('lead_message_create', message({ id: 'm1', ...fields }, contact))).toEqual({
      outcome: 'message_exists',
    })
    expect(await conversations()).toEqual(before)
    expect([...(await database.owner`select id from private.outbox`)]).toEqual([])
  })

  test('opens one conversation with another that comes at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        rpc('lead_message_create', message({ id: `m${index}` }), 'service_role'),
      ),
    )
    expect(new Set(answers.map((answer) => shown.parse(answer).message.conversation_id)).size).toBe(1)
    expect(await conversations()).toHaveLength(1)
  })

  test('that is sent twice at the same time is one message in one conversation', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => rpc('lead_message_create', message({ sent_at: at }), 'service_role')),
    )
    const [first] = answers.map((answer) => shown.parse(answer).message)
    for (const answer of answers) expect(shown.parse(answer).message).toEqual(first)
    expect(await conversations()).toHaveLength(1)
  })

  test('with a contact that the workspace does not have is refused', async () => {
    for (const fields of [{}, { conversation_id: 'new' }])
      expect(await rpc('lead_message_create', message(fields, 'w2-first'))).toEqual({
        outcome: 'contact_not_found',
      })
  })
})

describe('a folder of a mailbox', () => {
  const putFolder = (p_messages: Arguments[string], p_synced_at: string | null = null) =>
    rpc('mailbox_put', { ...folder, p_messages, p_synced_at })
  const page = async () =>
    z
      .object({ synced_at: z.string(), messages: z.array(z.looseObject({ id: z.string() })), total: z.int() })
      .parse(await rpc('mailbox', { ...folder, p_page: 1 }, callers.member))

  test('has the messages that were put last, and no others, with their presets', async () => {
    await putFolder([letter('n1'), letter('n2', { subject: 'Old' })])
    await putFolder([letter('n2', { subject: 'New', is_read: true }), letter('n3', { from_name: 'Ann' })], at)
    expect(await page()).toMatchObject({
      synced_at: at,
      total: 2,
      messages: [
        { id: 'n3', from_name: 'Ann', subject: '', preview: '', is_read: false, received_at: at },
        { id: 'n2', from_name: null, subject: 'New', is_read: true },
      ],
    })
    await putFolder([])
    expect(await page()).toMatchObject({ total: 0, messages: [] })
  })

  test('keeps the messages of other folders and users', async () => {
    await putFolder([letter('n1')])
    for (const other of [{ p_folder: 'sent' }, { p_user: 'admin' }]) {
      await rpc('mailbox_put', { ...folder, ...other, p_messages: [letter('n1')], p_synced_at: null })
      await rpc('mailbox_delete', { ...folder, ...other })
    }
    expect(await page()).toMatchObject({ total: 1 })
  })

  test('of two puts at the same time has one of them as a whole', async () => {
    const [one, other] = [
      ['a1', 'a2', 'a3'],
      ['a1', 'b2', 'b3'],
    ] as const
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([one, other].map((ids) => putFolder(ids.map((id) => letter(id)))))
      const ids = (await page()).messages.map(({ id }) => id).toSorted()
      expect([one, other]).toContainEqual(ids)
    }
  })
})
