import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import {
  type Arguments,
  callers,
  type HostedDatabase,
  type HostedServer,
  startHostedServer,
} from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

/** In a time zone of half an hour, so that an answer that depends on the session's zone fails a test. */
beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  await database.owner.unsafe(`
    insert into public.companies (workspace_id, id, name) values ('w1', 'x1', 'Alder'), ('w2', 'x2', 'Elsewhere');
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, company_id, language, lead_status)
      values ('w1', 'ann', 'b1', 'c1', 'Ann Lee', 'x1', 'de', 'qualified'), ('w1', 'bo', 'b1', 'c1', 'Bo', 'x2', null, null),
        ('w2', 'ann', 'b1', 'c1', 'Another Ann', null, null, null);
    insert into public.conversations (workspace_id, id, contact_id, channel)
      values ('w1', 'v1', 'ann', 'web'), ('w1', 'v2', 'ann', 'voice'), ('w2', 'v1', 'ann', 'web');
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
      select 'w1', 'm' || lpad(n::text, 4, '0'), 'v' || 1 + n % 2, 'ann', 'web', 'inbound', 'Message ' || n,
        '2026-01-31 12:00:00.123456+00'::timestamptz + interval '1 minute' * (n / 3)
      from generate_series(1, 1200) n;
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
      values ('w2', 'm0001', 'v1', 'ann', 'web', 'inbound', 'Secret of w2', now());
    insert into public.conversation_summaries (workspace_id, conversation_id, contact_id, text, open_questions, as_of)
      values ('w1', 'v1', 'ann', 'Older', '{Old?}', '2026-01-31 12:00:00+00'), ('w1', 'v2', 'ann', 'Newer', '{When?,Where?}', '2026-01-31 18:36:00.123456+00');
    insert into public.lead_controls (workspace_id, contact_id, answered_by, user_id, since)
      values ('w1', 'ann', 'human', 'member', '2026-01-31 13:00:00+00');
    insert into public.call_sessions (workspace_id, id, contact_id, state) values ('w1', 'p1', 'ann', '{"step": 1}');
    insert into public.workspace_configurations (workspace_id, language, time_zone, working_hours, greetings)
      values ('w1', 'fr', 'Europe/Paris', '{"mon": [["09:00", "17:00"]]}', '{"voice": "Bonjour {name}"}');`)
}, 120_000)

afterAll(() => server?.stop())

const history = {
  p_workspace: 'w1',
  p_contact: 'ann',
  p_limit: 2,
  p_offset: 0,
  p_after: null,
  p_after_id: null,
}
const of = (contact: string, workspace = 'w1') => ({ p_workspace: workspace, p_contact: contact })
const answer = (name: string, args: Arguments) => database.rpc(callers.member, name, args)

const pageSchema = z.object({
  messages: z.array(z.looseObject({ id: z.string(), sent_at: z.string() })),
  has_more: z.boolean(),
})
const page = async (change: Partial<Record<keyof typeof history, string | number | null>>) =>
  pageSchema.parse(await answer('lead_history', { ...history, ...change }))

/** All functions, with arguments that have an answer. */
const reads: readonly (readonly [string, Arguments])[] = [
  ['lead_history', history],
  ['lead_summary', of('ann')],
  ['lead_context', of('ann')],
  ['lead_greeting', of('ann')],
  ['lead_control', of('ann')],
  ['call_session', { p_workspace: 'w1', p_call: 'p1' }],
]

describe.each(reads)('%s', (name, args) => {
  test('gives a member and the backend the same answer, and no stranger any', async () => {
    const said = await answer(name, args)
    expect(said).toMatchObject({ outcome: 'ok' })
    expect(JSON.stringify(said)).not.toContain('w2')
    expect(await database.rpc('service_role', name, args)).toEqual(said)
    for (const stranger of [callers.outsider, { sub: 'service_role' }])
      expect(await database.rpc(stranger, name, args)).toEqual({ outcome: 'forbidden' })
    await expect(database.rpc('anon', name, args)).rejects.toThrow('permission denied')
  })

  test('does not find what only another workspace has, or none', async () => {
    const names = Object.keys(args).includes('p_call') ? ['p_call', 'p2'] : ['p_contact', 'w2-first']
    for (const id of [names[1] ?? '', 'nobody'])
      expect(await answer(name, { ...args, [names[0] ?? '']: id })).toEqual({ outcome: 'not_found' })
  })

  test('answers the same whatever time zone the request asks for', async () => {
    const asked = await database.rpc(callers.member, name, args, { timeZone: 'Asia/Kolkata' })
    expect(asked).toEqual(await answer(name, args))
  })
})

describe('a history', () => {
  test('is newest first, with the id deciding between messages of one instant', async () => {
    const { messages } = await page({ p_limit: 5 })
    expect(messages.map(({ id }) => id)).toEqual(['m1200', 'm1199', 'm1198', 'm1197', 'm1196'])
    expect(messages[0]).toEqual({
      ...{ id: 'm1200', channel: 'web', direction: 'inbound', body: 'Message 1200' },
      sent_at: '2026-01-31T18:40:00.123456+00:00',
    })
  })

  test('walked by cursor has every message once, although messages arrive and one is deleted on the way', async () => {
    const seen: string[] = []
    await database.owner
      .begin(async (sql) => {
        const walk = async (after: string | null, id: string | null) => {
          const [row] = await sql`
            select private.messages_of('w1', 'ann', 101, 0, ${after}::text::timestamptz, ${id}) as messages`
          return z.array(z.object({ id: z.string(), sent_at: z.string() })).parse(row?.['messages'])
        }
        let place: { id: string; sent_at: string } | null = null
        do {
          const messages: { id: string; sent_at: string }[] = await walk(
            place?.sent_at ?? null,
            place?.id ?? null,
          )
          const shown = messages.slice(0, 100)
          seen.push(...shown.map(({ id }) => id))
          place = messages.length > 100 ? (shown.at(-1) ?? null) : null
          await sql`insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
            values ('w1', ${`new-${seen.length}`}, 'v1', 'ann', 'web', 'inbound', 'New')`
          // The message at which the next page begins.
          if (place !== null)
            await sql`delete from public.messages where workspace_id = 'w1' and id = ${place.id}`
        } while (place !== null)
        throw new Error('undone')
      })
      .catch((error: Error) => {
        if (error.message !== 'undone') throw error
      })
    expect(seen).toHaveLength(1_200)
    expect(new Set(seen).size).toBe(1_200)
  })

  test('is the same by offset and by cursor, and says whether more follow', async () => {
    const first = await page({ p_limit: 100 })
    const { id = '', sent_at = '' } = first.messages.at(-1) ?? {}
    const byOffset = await page({ p_limit: 100, p_offset: 100 })
    expect(await page({ p_limit: 100, p_after: sent_at, p_after_id: id })).toEqual(byOffset)
    expect(byOffset.has_more).toBe(true)
    expect(await page({ p_limit: 100, p_offset: 1_100 })).toMatchObject({ has_more: false })
    expect(await page({ p_limit: 100, p_offset: 1_200 })).toEqual({ messages: [], has_more: false })
  })

  test('of a contact without messages is an empty page', async () => {
    expect(await page({ p_contact: 'bo' })).toEqual({ messages: [], has_more: false })
  })

  test('reads none of the messages that its offset skips', async () => {
    await database.owner`vacuum analyze public.messages`
    const fetched = await database.owner.begin(async (sql) => {
      // The counters may still contain what earlier transactions of this connection read.
      const sumOf = async () => {
        const [row] = await sql<{ rows: number }[]>`
          select (idx_tup_fetch + seq_tup_read)::int as rows from pg_stat_xact_user_tables where relname = 'messages'`
        return row?.rows ?? 0
      }
      const before = await sumOf()
      await sql`select private.messages_of('w1', 'ann', 2, 1000, null, null)`
      return (await sumOf()) - before
    })
    expect(fetched).toBe(2)
  })

  test('is found along an index, by offset and by cursor', async () => {
    const plans = await database.owner.begin(async (sql) => {
      await sql`analyze public.messages`
      const by = (condition: string) =>
        sql.unsafe<{ 'QUERY PLAN': string }[]>(`
        explain select m from public.messages m where m.workspace_id = 'w1' and m.contact_id = 'ann' ${condition}
        order by m.sent_at desc, m.id desc limit 101`)
      return [
        await by(''),
        await by(`and (m.sent_at, m.id) < ('2026-01-31 15:00:00+00'::timestamptz, 'm0500'::text)`),
      ]
    })
    for (const plan of plans) {
      const text = plan.map((line) => line['QUERY PLAN']).join('\n')
      expect(text).toContain('messages_by_contact')
      expect(text).not.toMatch(/Sort|Seq Scan|Filter/)
    }
  })
})

describe('a summary', () => {
  test('is the newest of all conversations, with the number of messages after it', async () => {
    expect(await answer('lead_summary', of('ann'))).toEqual({
      ...{ outcome: 'ok', text: 'Newer', as_of: '2026-01-31T18:36:00.123456+00:00' },
      ...{ open_questions: ['When?', 'Where?'], messages_since: 10 },
    })
  })

  test('counts no more messages than its bound', async () => {
    const since = async (sentAfter: string) => {
      let counted: unknown
      await database.owner
        .begin(async (sql) => {
          await sql`update public.conversation_summaries set as_of = ${sentAfter} where workspace_id = 'w1' and text = 'Newer'`
          await sql`delete from public.conversation_summaries where text = 'Older'`
          const [row] = await sql`select private.summary_of('w1', 'ann') -> 'messages_since' as since`
          counted = row?.['since']
          throw new Error('undone')
        })
        .catch((error: Error) => {
          if (error.message !== 'undone') throw error
        })
      return counted
    }
    expect(await since('2026-01-01T00:00:00Z')).toBe(limits.messagesSinceMax)
  })

  test('does not exist for a lead without one', async () => {
    expect(await answer('lead_summary', of('bo'))).toEqual({ outcome: 'not_found' })
  })
})

describe('the control of a lead', () => {
  test('is the person who took over', async () => {
    expect(await answer('lead_control', of('ann'))).toEqual({
      ...{ outcome: 'ok', answered_by: 'human', user_id: 'member', since: '2026-01-31T13:00:00+00:00' },
    })
  })

  test('is the agent’s where nobody ever took over', async () => {
    expect(await answer('lead_control', of('bo'))).toEqual({
      ...{ outcome: 'ok', answered_by: 'ai', user_id: null, since: null },
    })
  })
})

describe('the context of a lead', () => {
  test('has the lead with its company, the organization, five messages, summary, questions and control', async () => {
    expect(await answer('lead_context', of('ann'))).toMatchObject({
      lead: {
        ...{ id: 'ann', name: 'Ann Lee', company: { id: 'x1', name: 'Alder' }, company_id: 'x1' },
        ...{ language: 'de', status: 'open', lead_status: 'qualified' },
      },
      organization: {
        ...{ name: 'One', language: 'fr', time_zone: 'Europe/Paris' },
        working_hours: { mon: [['09:00', '17:00']] },
      },
      last_messages: ['m1200', 'm1199', 'm1198', 'm1197', 'm1196'].map((id) => ({ id })),
      summary: { text: 'Newer', open_questions: ['When?', 'Where?'] },
      control: { answered_by: 'human' },
    })
  })

  test('has neither the company of another workspace nor a summary where there is none', async () => {
    expect(await answer('lead_context', of('bo'))).toMatchObject({
      lead: { company: null, company_id: 'x2', language: null },
      ...{ last_messages: [], summary: null, control: { answered_by: 'ai' } },
    })
  })

  test('has the defaults of a configuration for a workspace without one', async () => {
    expect(await database.rpc(callers.outsider, 'lead_context', of('ann', 'w2'))).toMatchObject({
      organization: { name: 'Two', language: 'en', time_zone: 'UTC', working_hours: {} },
      last_messages: [{ body: 'Secret of w2' }],
    })
  })
})

test('a greeting has the templates of the workspace, and says whether there was a conversation', async () => {
  expect(await answer('lead_greeting', of('ann'))).toMatchObject({
    ...{ greetings: { voice: 'Bonjour {name}' }, has_talked: true },
  })
  expect(await answer('lead_greeting', of('bo'))).toMatchObject({ has_talked: false, lead: { name: 'Bo' } })
})

test('the session of a call is what was written', async () => {
  expect(await answer('call_session', { p_workspace: 'w1', p_call: 'p1' })).toMatchObject({
    ...{ outcome: 'ok', id: 'p1', contact_id: 'ann', state: { step: 1 } },
  })
})
