import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JudgedEmail } from '../../shared/contract/inbound-email.ts'
import { eventually } from '../support/eventually.ts'
import { mail, ours, theirs } from '../support/mail.ts'
import { type MailRoom, startMailRoom } from './mail-room.ts'

let room: MailRoom

beforeAll(async () => {
  room = await startMailRoom()
}, 120_000)
afterAll(() => room.stop())
beforeEach(() => room.clear())

const id = (name: string) => `${name}@acme.example`
const named = (name: string, references: readonly string[] = [], more: Partial<JudgedEmail> = {}) =>
  mail({ messageId: id(name), references: references.map(id), subject: name, ...more })

/** The threads as the sorted names of their messages. */
async function threads(workspace = '15213'): Promise<string[]> {
  const rows = await room.sql`
    select string_agg(c.subject, ' ' order by c.subject) as names from public.communications c
    where c.workspace_id = ${workspace} group by c.thread_id order by 1`
  return rows.map((row) => String(row['names']))
}

const emptyThreads = () => room.sql`
  select t.id from public.threads t
  where not exists (select from public.communications c where c.workspace_id = t.workspace_id and c.thread_id = t.id)`

describe('a message', () => {
  it('joins the thread of the nearest message that it names', async () => {
    for (const message of [named('a'), named('b'), named('c', ['b', 'a']), named('d', ['c', 'b', 'a'])])
      await room.take(message)
    expect(await threads()).toEqual(['a', 'b c d'])
  })

  it('joins the thread of what the CRM sent, by the id that it gave it', async () => {
    await room.sql`insert into public.threads (workspace_id, id, subject) values ('15213', 'sent', 'Ours')`
    await room.sql`
      insert into public.communications (workspace_id, id, thread_id, direction, from_address, subject, message_id)
      values ('15213', 'sent-1', 'sent', 'outbound', ${ours}, 'Ours', ${id('ours')})`
    expect(await room.take(named('answer', ['ours']))).toMatchObject({ threadId: 'sent' })
  })

  const sentIn = (thread: string, messageId: string | null) => room.sql`
    insert into public.communications (workspace_id, id, thread_id, direction, from_address, subject, message_id)
    values ('15213', ${`sent-${thread}`}, ${thread}, 'outbound', ${ours}, ${thread}, ${messageId})`
  const threadOf = (thread: string) => room.sql`
    insert into public.threads (workspace_id, id, subject) values ('15213', ${thread}, ${thread})`

  it('that answers what the CRM sent is put under it, however late the CRM writes it or its id', async () => {
    await room.take(named('r1', ['ours']))
    await room.take(named('r2', ['r1', 'ours']))
    await threadOf('sent')
    await sentIn('sent', id('ours'))
    expect(await threads()).toEqual(['r1 r2 sent'])
    await threadOf('told')
    await sentIn('told', null)
    await room.take(named('r3', ['told']))
    expect(await threads()).toEqual(['r1 r2 sent', 'r3', 'told'])
    await room.sql`update public.communications set message_id = ${id('told')} where id = 'sent-told'`
    expect(await threads()).toEqual(['r1 r2 sent', 'r3 told'])
    expect(await emptyThreads()).toHaveLength(0)
  })

  it('that is taken while the CRM writes what it answers is put under it', async () => {
    await threadOf('sent')
    const mails = postgres(room.url, { max: 1, onnotice: () => undefined })
    let writing: Promise<unknown> = Promise.resolve()
    await mails.begin(async (sql) => {
      const answer = JSON.stringify(named('r1', ['ours']))
      await sql`select public.inbound_email_take(${answer}::text::jsonb, null, false)`
      writing = sentIn('sent', id('ours')).execute()
      await eventually(
        async () => (await sql`select from pg_locks where locktype = 'advisory' and not granted`).length > 0,
      )
    })
    await writing
    await mails.end()
    expect(await threads()).toEqual(['r1 sent'])
  })

  it('puts no two threads of the CRM together by naming messages that it sent in both', async () => {
    await room.take(named('forged', ['one', 'two']))
    for (const thread of ['one', 'two']) {
      await threadOf(thread)
      await sentIn(thread, id(thread))
    }
    expect(await threads()).toEqual(['forged one', 'two'])
  })

  it('without a known one joins the thread that its sender calls by the same name, or that has that name', async () => {
    const first = await room.take(named('a', [], { threadId: 'AAMkAG/thread=1' }))
    const second = await room.take(named('b', [], { threadId: 'AAMkAG/thread=1' }))
    if (first.status !== 'processed' || second.status !== 'processed') throw new Error('not processed')
    expect(second.threadId).toBe(first.threadId)
    expect(await room.take(named('c', [], { threadId: first.threadId }))).toMatchObject({
      threadId: first.threadId,
    })
    expect(await room.take(named('d', ['unknown'], { threadId: 'another' }))).not.toMatchObject({
      threadId: first.threadId,
    })
  })

  it('that comes after its answers has them under it, however many there are', async () => {
    for (const message of [named('r1', ['a']), named('r2', ['a']), named('r3', ['r2', 'a']), named('a')])
      await room.take(message)
    expect(await threads()).toEqual(['a r1 r2 r3'])
  })

  it('brings threads together that waited for it, under the one that it answers', async () => {
    for (const message of [named('a'), named('r1', ['m']), named('r2', ['r1', 'm'])]) await room.take(message)
    expect(await threads()).toEqual(['a', 'r1 r2'])
    await room.take(named('m', ['a']))
    expect(await threads()).toEqual(['a m r1 r2'])
    expect(await emptyThreads()).toHaveLength(0)
    // A message that names one of the thread that is gone finds the one that took it over.
    await room.take(named('r3', ['r1']))
    expect(await threads()).toEqual(['a m r1 r2 r3'])
  })

  it('that names messages of two threads joins one of them, and puts no foreign threads together', async () => {
    for (const message of [named('a'), named('b'), named('forged', ['a', 'b'])]) await room.take(message)
    expect(await threads()).toEqual(['a forged', 'b'])
    // Nor by a message of its own that it names between them, and that answers the other.
    await room.take(named('forged2', ['own', 'a']))
    await room.take(named('own', ['b']))
    expect(await threads()).toEqual(['a forged forged2', 'b own'])
  })

  it('that names itself, or the same message twice, is no answer to itself', async () => {
    await room.take(named('a', ['a']))
    await room.take(named('b', ['c', 'b', 'c']))
    expect(await threads()).toEqual(['a', 'b'])
  })
})

describe('no message gets into a thread of another workspace', () => {
  it.each([
    ['a reference', named('b', ['a'], { recipients: [theirs] })],
    ['the id of the thread', named('b', [], { recipients: [theirs], threadId: 'theirs' })],
    ['the sender’s name for it', named('b', [], { recipients: [theirs], threadId: 'name' })],
  ])('by %s', async (_how, message) => {
    await room.sql`insert into public.threads (workspace_id, id, subject) values ('15213', 'theirs', 'a')`
    await room.take(named('a', [], { threadId: 'name' }))
    await room.take(named('c', [], { threadId: 'theirs' }))
    expect(await room.take(message)).toMatchObject({ workspaceId: '15214' })
    expect(await threads('15214')).toEqual(['b'])
    expect(await threads('15213')).toEqual(['a', 'c'])
  })

  it('by waiting for what comes to another one', async () => {
    await room.take(named('r', ['a'], { recipients: [theirs] }))
    await room.take(named('a'))
    expect(await threads('15213')).toEqual(['a'])
    expect(await threads('15214')).toEqual(['r'])
  })
})

/** Conversations: each message but the first of its conversation answers an earlier one, and names it and some of those before it. */
const conversations = fc
  .array(fc.record({ conversation: fc.nat(2), parent: fc.nat(), named: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 2,
    maxLength: 9,
  })
  .map((steps) => {
    const chains = new Map<number, { name: string; ancestors: string[] }[]>()
    return steps.map(({ conversation, parent, named: count }) => {
      const chain = chains.get(conversation) ?? []
      const answered = chain[parent % Math.max(chain.length, 1)]
      const ancestors = answered === undefined ? [] : [answered.name, ...answered.ancestors]
      const name = `m${conversation}-${chain.length}`
      chains.set(conversation, [...chain, { name, ancestors }])
      return { name, references: ancestors.slice(0, count) }
    })
  })

const chainOf = ({ name }: { readonly name: string }) => name.split('-')[0] ?? ''

async function expectConversations(messages: readonly { readonly name: string }[]): Promise<void> {
  const whole = Map.groupBy(messages, chainOf)
  const expected = [...whole.values()].map((each) =>
    each
      .map(({ name }) => name)
      .toSorted()
      .join(' '),
  )
  expect(await threads()).toEqual(expected.toSorted())
  expect(await emptyThreads()).toHaveLength(0)
}

describe('conversations are whole', () => {
  it('in whatever order their messages come', () =>
    fc.assert(
      fc.asyncProperty(
        conversations.chain((messages) =>
          fc.tuple(fc.constant(messages), fc.shuffledSubarray(messages, { minLength: messages.length })),
        ),
        async ([messages, order]) => {
          await room.clear()
          for (const { name, references } of order) await room.take(named(name, references))
          await expectConversations(messages)
        },
      ),
      { numRuns: 25 },
    ))

  it('when all their messages come at the same time', () =>
    fc.assert(
      fc.asyncProperty(conversations, async (messages) => {
        await room.clear()
        await room.takeAtOnce(messages.map(({ name, references }) => named(name, references)))
        await expectConversations(messages)
      }),
      { numRuns: 15 },
    ))
})
