import fc from 'fast-check'
import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bucketMove } from '../../shared/tags/moves.ts'
import { type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'
import { outboxIn, outboxOf } from './moved.ts'

/** On the migrations alone, under an owner that is no superuser. */
let server: HostedServer
let database: HostedDatabase

const contactIds = ['c1', 'c2', 'c3']

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
  await database.owner.unsafe(`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      select w, c, 'b1', 'c1', 'Ann' from unnest(array['w1', 'w2']) w, unnest(array['c1', 'c2', 'c3']) c;
    insert into public.conversations (workspace_id, id, contact_id, channel, user_id)
      select workspace_id, 'v-' || id, id, 'web', case id when 'c1' then 'u1' end from public.contacts where id like 'c_';
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
      select workspace_id, 'm-' || contact_id, id, contact_id, 'web', 'inbound', 'Hello' from public.conversations;
    insert into public.conversation_summaries (workspace_id, conversation_id, contact_id, text, as_of)
      select workspace_id, id, contact_id, 'Hello', '2026-01-31 12:00:00+00' from public.conversations;
    insert into public.lead_controls (workspace_id, contact_id, answered_by) values ('w1', 'c1', 'human');
    insert into public.call_sessions (workspace_id, id) values ('w1', 'p1'), ('w2', 'p1');
    delete from private.outbox;`)
})

afterAll(() => server?.stop())

const conversation = (...ids: string[]) => [...new Set(ids.map((id) => bucketMove('conversation', id)))]
const user = (id: string) => bucketMove('user', id)
const call = (id: string) => bucketMove('call', id)
const movesOf = (statement: string) => outboxOf(database.owner, (sql) => sql.unsafe(statement))

const message = (id: string, of: string, workspace = 'w1') =>
  `('${workspace}', '${id}', 'v-${of}', '${of}', 'web', 'outbound', 'Yes')`
const messageColumns = '(workspace_id, id, conversation_id, contact_id, channel, direction, body)'
const where = (of: string) => `where workspace_id = 'w1' and contact_id = '${of}'`

describe('a write moves exactly the old and the new contact’s conversations, the users of a conversation, or the call:', () => {
  test.each([
    [
      'a message is added',
      `insert into messages ${messageColumns} values ${message('n', 'c1')}`,
      conversation('c1'),
    ],
    [
      'messages of two contacts are added, one of them twice',
      `insert into messages ${messageColumns} values ${message('n', 'c1')}, ${message('o', 'c1')}, ${message('p', 'c2')}`,
      conversation('c1', 'c2'),
    ],
    ['a message is changed', `update messages set body = 'No' ${where('c1')}`, conversation('c1')],
    [
      'a message goes to another contact',
      `update messages set contact_id = 'c2', conversation_id = 'v-c2' ${where('c1')}`,
      conversation('c1', 'c2'),
    ],
    ['a message is deleted', `delete from messages ${where('c3')}`, conversation('c3')],
    [
      'a summary is changed',
      `update conversation_summaries set text = 'New' ${where('c2')}`,
      conversation('c2'),
    ],
    ['a summary is deleted', `delete from conversation_summaries ${where('c2')}`, conversation('c2')],
    [
      'a person takes over',
      `insert into lead_controls (workspace_id, contact_id, answered_by, user_id) values ('w1', 'c2', 'human', 'u9')`,
      conversation('c2'),
    ],
    ['a person hands back', `update lead_controls set answered_by = 'ai' ${where('c1')}`, conversation('c1')],
    ['control is forgotten', `delete from lead_controls ${where('c1')}`, conversation('c1')],
    [
      'a conversation is opened',
      `insert into conversations (workspace_id, id, contact_id, channel, user_id) values ('w1', 'v', 'c2', 'web', 'u2')`,
      [...conversation('c2'), user('u2')],
    ],
    [
      'a conversation is opened that nobody handles',
      `insert into conversations (workspace_id, id, contact_id, channel) values ('w1', 'v', 'c2', 'web')`,
      conversation('c2'),
    ],
    [
      'a conversation is handed to another user',
      `update conversations set user_id = 'u2' ${where('c1')}`,
      [...conversation('c1'), user('u1'), user('u2')],
    ],
    [
      'a conversation is read',
      `update conversations set is_unread = false ${where('c1')}`,
      [...conversation('c1'), user('u1')],
    ],
    ['a call begins', `insert into call_sessions (workspace_id, id) values ('w1', 'p2')`, [call('p2')]],
    [
      'a call gets another id',
      `update call_sessions set id = 'p3' where workspace_id = 'w1'`,
      [call('p1'), call('p3')],
    ],
    ['a call ends', `delete from call_sessions where workspace_id = 'w1'`, [call('p1')]],
  ])('%s', async (_what, statement, moves) => {
    expect(await movesOf(statement)).toEqual([['w1', moves.toSorted()]])
  })

  test('a conversation that is deleted takes its messages and summaries along, in the same transaction', async () => {
    const outbox = await movesOf(`delete from conversations ${where('c1')}`)
    expect(new Set(outbox.flatMap(([, moves]) => moves))).toEqual(
      new Set([...conversation('c1'), user('u1')]),
    )
  })

  test('a contact that is deleted moves its conversations', async () => {
    const outbox = await movesOf(`delete from contacts where workspace_id = 'w1' and id = 'c1'`)
    expect(outbox.flatMap(([, moves]) => moves)).toEqual(
      expect.arrayContaining([...conversation('c1'), user('u1')]),
    )
  })

  test('each workspace of a statement is reported by itself', async () => {
    const outbox = await movesOf(`update messages set body = 'No' where contact_id = 'c1'`)
    expect(outbox.toSorted()).toEqual([
      ['w1', conversation('c1')],
      ['w2', conversation('c1')],
    ])
  })

  test('messages of more contacts than a row names move the whole family', async () => {
    const outbox = await outboxOf(database.owner, async (sql) => {
      await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
        select 'w1', 'many-' || n, 'b1', 'c1', 'Ann' from generate_series(1, 80) n`
      await sql`insert into conversations (workspace_id, id, contact_id, channel)
        select 'w1', 'v-' || id, id, 'web' from contacts where id like 'many-%'`
      await sql`delete from private.outbox`
      await sql`insert into messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
        select 'w1', 'm-' || id, 'v-' || id, id, 'web', 'inbound', 'Hello' from contacts where id like 'many-%'`
    })
    expect(outbox).toEqual([['w1', ['conversation']]])
  })

  test('a statement that writes no row is not reported', async () => {
    for (const table of [
      'messages',
      'conversations',
      'conversation_summaries',
      'lead_controls',
      'call_sessions',
    ])
      expect(await movesOf(`delete from ${table} where workspace_id = 'nobody'`)).toEqual([])
  })

  test.each([
    'messages',
    'conversation_summaries',
    'lead_controls',
    'call_sessions',
    'conversations cascade',
  ])('a truncation moves every workspace once: %s', async (table) => {
    const outbox = await movesOf(`truncate ${table}`)
    const workspaces = outbox.filter(([id]) => id.startsWith('w'))
    expect(workspaces.toSorted()).toEqual(['w1', 'w2'].map((id) => [id, ['workspace']]))
  })

  test('random statements over messages move the contacts that they had before or have after, and no other', async () => {
    const change: fc.Arbitrary<Change> = fc.record({
      kind: fc.constantFrom('insert', 'delete', 'update', 'move', 'upsert', 'merge'),
      from: fc.subarray(contactIds, { minLength: 1 }),
      to: fc.constantFrom(...contactIds),
    })
    for (const drawn of fc.sample(change, { seed: 20261127, numRuns: 60 })) {
      await database.owner
        .begin(async (sql) => {
          const before = await messagesIn(sql)
          await sql.unsafe(textOf(drawn))
          const after = await messagesIn(sql)
          const moved = new Set((await outboxIn(sql)).flatMap(([, moves]) => moves))
          for (const row of [...before, ...after].filter((each) => !before.has(each) || !after.has(each))) {
            const [, contact = ''] = row.split(' ')
            expect([drawn, [...moved]]).toEqual([drawn, expect.arrayContaining(conversation(contact))])
          }
          const named =
            drawn.kind === 'move' || drawn.kind === 'upsert' ? [...drawn.from, drawn.to] : drawn.from
          expect([...moved].filter((move) => !new Set<string>(conversation(...named)).has(move))).toEqual([])
          throw new Error('undone')
        })
        .catch((error: Error) => {
          if (error.message !== 'undone') throw error
        })
    }
  })
})

interface Change {
  readonly kind: 'insert' | 'delete' | 'update' | 'move' | 'upsert' | 'merge'
  readonly from: readonly string[]
  readonly to: string
}

function textOf({ kind, from, to }: Change): string {
  const some = `workspace_id = 'w1' and contact_id in (${from.map((id) => `'${id}'`).join(', ')})`
  const rows = (of: (id: string) => string) => from.map(of).join(', ')
  switch (kind) {
    case 'insert':
      return `insert into messages ${messageColumns} values ${rows((id) => message(`n-${id}`, id))}`
    case 'delete':
      return `delete from messages where ${some}`
    case 'update':
      return `update messages set direction = 'outbound' where ${some}`
    case 'move':
      return `update messages set contact_id = '${to}', conversation_id = 'v-${to}' where ${some}`
    case 'upsert':
      return `insert into messages ${messageColumns} values ${rows((id) => message(`m-${id}`, to))}
        on conflict (workspace_id, id) do update
        set contact_id = excluded.contact_id, conversation_id = excluded.conversation_id`
    case 'merge':
      return `merge into messages m using (values ${rows((id) => `('m-${id}')`)}) named (id)
        on m.workspace_id = 'w1' and m.id = named.id when matched then delete`
  }
}

/** Each message of w1 as an answer would show it, with its contact in the second place. */
async function messagesIn(sql: TransactionSql): Promise<Set<string>> {
  const rows = await sql`
    select concat_ws(' ', id, contact_id, direction, body) as shown from messages where workspace_id = 'w1'`
  return new Set(rows.map((row) => String(row['shown'])))
}

test('a message that a writer delivers by itself is held from the relay, and any other is due at once', async () => {
  const [row] = await database.owner`select proof from private.outbox_writer_proof`
  const proof = String(row?.['proof'])
  const heldMsOf = async (headers: Record<string, string> | null) => {
    let heldMs = 0
    await database.owner
      .begin(async (sql) => {
        if (headers !== null)
          await sql`select set_config('request.headers', ${JSON.stringify(headers)}, true)`
        await sql.unsafe(`insert into messages ${messageColumns} values ${message('held', 'c1')}`)
        const [held] = await sql`
          select extract(epoch from due_at - written_at) * 1000 as ms from private.outbox order by id desc limit 1`
        heldMs = Number(held?.['ms'])
        throw new Error('undone')
      })
      .catch((error: Error) => {
        if (error.message !== 'undone') throw error
      })
    return heldMs
  }
  expect(await heldMsOf({ 'x-boardcache-writer-proof': proof })).toBeGreaterThan(1_900)
  for (const headers of [null, {}, { 'x-boardcache-writer-proof': 'wrong' }])
    expect(await heldMsOf(headers)).toBeLessThan(1_000)
})
