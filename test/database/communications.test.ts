import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentId } from '../../shared/ids.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { eventually } from '../support/eventually.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'
import { outboxOf } from './moved.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('Pacific/Auckland')
  await database.owner.unsafe(`
    insert into public.companies (workspace_id, id, name, created_at, updated_at)
      select w, x, 'Company ' || x, '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'
      from unnest(array['w1', 'w2']) w, unnest(array['alder', 'ek']) x;
    insert into public.company_domains (workspace_id, domain, company_id) values
      ('w1', 'alder.example', 'alder'), ('w1', 'www.alder.example', 'ek'), ('w1', 'www.ek.example', 'ek'),
      ('w2', 'two.example', 'alder');
    insert into public.threads (workspace_id, id, subject, created_at, updated_at)
      select w, t, 'Subject', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'
      from unnest(array['w1', 'w2']) w, unnest(array['t1', 't2']) t;
    insert into public.communications (
      workspace_id, id, thread_id, company_id, user_id, direction, from_address, subject, body, sent_at
    )
      select 'w1', 'e' || lpad(n::text, 3, '0'), 't1', 'alder', 'u1', 'inbound', 'ann@alder.example', 'Letter ' || n,
        repeat('x', 300), timestamptz '2026-01-02T03:04:05Z' + interval '1 minute' * (n / 2)
      from generate_series(1, 60) n;
    insert into public.communication_attachments (workspace_id, communication_id, position, name, content_type, size_bytes)
      values ('w1', 'e060', 1, 'b.png', 'image/png', 7), ('w1', 'e060', 0, 'a.pdf', 'application/pdf', 9007199254740991);
    delete from private.outbox;`)
})

afterAll(async () => {
  await server.stop()
})

const at = '2026-01-02T03:04:05+00:00'
const shown = (workspaceId: string, name: string, args: Record<string, string | number>) =>
  database.rpc(callers.member, name, { p_workspace: workspaceId, ...args })

describe('the company of a domain', () => {
  const lookUp = (domain: string, workspaceId = 'w1') =>
    shown(workspaceId, 'company_by_domain', { p_domain: domain })

  test('is shown whole, with its domains', async () => {
    expect(await lookUp('ek.example')).toEqual({
      outcome: 'ok',
      company: {
        ...{ id: 'ek', name: 'Company ek', website: null, industry: null, employees: null },
        domains: ['www.alder.example', 'www.ek.example'],
        ...{ created_at: at, updated_at: at },
      },
      matches: 1,
    })
  })

  test('is the one that has the domain itself, before the one that has it with www.', async () => {
    expect(await lookUp('alder.example')).toMatchObject({ company: { id: 'alder' }, matches: 2 })
  })

  test("is not found by another workspace's domain, nor by a domain that only ends like it", async () => {
    for (const domain of ['two.example', 'k.example', 'sub.ek.example'])
      expect(await lookUp(domain)).toEqual({ outcome: 'not_found' })
  })
})

describe('the communications of a company', () => {
  const list = (company: string, limit: number) =>
    shown('w1', 'company_communications', { p_company: company, p_limit: limit })

  test('are the newest, in the order of their instants and then of their ids, with the beginning of each body', async () => {
    expect(await list('alder', 3)).toMatchObject({
      communications: [
        { id: 'e060', subject: 'Letter 60', preview: 'x'.repeat(200), sent_at: '2026-01-02T03:34:05+00:00' },
        { id: 'e059', sent_at: '2026-01-02T03:33:05+00:00' },
        { id: 'e058', sent_at: '2026-01-02T03:33:05+00:00' },
      ],
      has_more: true,
    })
    expect(await list('alder', 60)).toMatchObject({ has_more: false })
    expect(await list('ek', 1)).toEqual({ outcome: 'ok', communications: [], has_more: false })
  })

  test('are not found without the company', async () => {
    expect(await list('nobody', 1)).toEqual({ outcome: 'not_found' })
  })
})

describe('a thread', () => {
  test('has its newest fifty communications with their bodies, and how many attachments each has', async () => {
    const found = await shown('w1', 'thread', { p_thread: 't1' })
    expect(found).toMatchObject({
      outcome: 'ok',
      thread: {
        id: 't1',
        subject: 'Subject',
        company_id: null,
        contact_id: null,
        created_at: at,
        updated_at: at,
      },
      has_more: true,
    })
    expect(found).toHaveProperty('communications.length', 50)
    expect(found).toHaveProperty('communications.0.attachments', 2)
    expect(found).toHaveProperty('communications.0.body', 'x'.repeat(300))
    expect(found).toHaveProperty('communications.49.id', 'e011')
  })

  test('can be empty, and is not found if there is none', async () => {
    expect(await shown('w1', 'thread', { p_thread: 't2' })).toMatchObject({
      communications: [],
      has_more: false,
    })
    expect(await shown('w1', 'thread', { p_thread: 't3' })).toEqual({ outcome: 'not_found' })
  })
})

describe('the attachments of a communication', () => {
  const list = (communication: string) =>
    shown('w1', 'communication_attachments', { p_communication: communication })

  test('are listed by their positions', async () => {
    expect(await list('e060')).toEqual({
      outcome: 'ok',
      attachments: [
        { name: 'a.pdf', content_type: 'application/pdf', size_bytes: 9_007_199_254_740_991 },
        { name: 'b.png', content_type: 'image/png', size_bytes: 7 },
      ],
    })
    expect(await list('e001')).toEqual({ outcome: 'ok', attachments: [] })
  })

  test('are not found without the communication', async () => {
    expect(await list('e999')).toEqual({ outcome: 'not_found' })
  })
})

test.each([
  ['company_by_domain', { p_domain: 'alder.example' }],
  ['company_communications', { p_company: 'alder', p_limit: 1 }],
  ['thread', { p_thread: 't1' }],
  ['communication_attachments', { p_communication: 'e060' }],
])('%s answers members and the backend, and nobody else', async (name, args) => {
  const read = (caller: Parameters<HostedDatabase['rpc']>[0]) =>
    database.rpc(caller, name, { p_workspace: 'w1', ...args })
  expect(await read('service_role')).toMatchObject({ outcome: 'ok' })
  expect(await read(callers.member)).toMatchObject({ outcome: 'ok' })
  expect(await read(callers.outsider)).toEqual({ outcome: 'forbidden' })
  await expect(read('anon')).rejects.toMatchObject({ code: '42501' })
})

describe('a write moves what depends on it, with old and new values:', () => {
  const company = (id: string) => bucketMove('company', id)
  const domain = (name: string) => bucketMove('domain', name)
  const thread = (id: string) => bucketMove('thread', id)
  const communication = (id: string) => bucketMove('communication', id)
  const user = (id: string) => bucketMove('user', id)
  const moved = async (statement: string) => {
    const outbox = await outboxOf(database.owner, (sql: TransactionSql) => sql.unsafe(statement))
    const moves = outbox.flatMap(([workspaceId, each]) => each.map((move) => `${workspaceId} ${move}`))
    return [...new Set(moves)].toSorted()
  }
  const inOne = (...moves: string[]) => [...new Set(moves)].map((move) => `w1 ${move}`).toSorted()

  test.each([
    [
      'a company that appears',
      `insert into companies (workspace_id, id, name) values ('w1', 'new', 'New')`,
      ['new'],
      [],
    ],
    [
      'a renamed company',
      `update companies set name = 'Other' where workspace_id = 'w1' and id = 'ek'`,
      ['ek'],
      [],
    ],
    [
      'a deleted company',
      `delete from companies where workspace_id = 'w1' and id = 'ek'`,
      ['ek'],
      ['alder.example', 'ek.example'],
    ],
    [
      'a domain that another company takes',
      `update company_domains set company_id = 'ek' where workspace_id = 'w1' and domain = 'alder.example'`,
      ['alder', 'ek'],
      ['alder.example'],
    ],
    [
      'a domain that changes, which is the same with www. and without',
      `update company_domains set domain = 'www.new.example' where workspace_id = 'w1' and domain = 'alder.example'`,
      ['alder'],
      ['alder.example', 'new.example'],
    ],
  ])('%s', async (_what, statement, companies, domains) => {
    expect(await moved(statement)).toEqual(inOne(...companies.map(company), ...domains.map(domain)))
  })

  test('a company that appears where a domain already waits for it', async () => {
    const statements = `
      alter table company_domains drop constraint company_domains_workspace_id_company_id_fkey;
      insert into company_domains (workspace_id, domain, company_id) values ('w1', 'late.example', 'late');
      delete from private.outbox;
      insert into companies (workspace_id, id, name) values ('w1', 'late', 'Late')`
    expect(await moved(statements)).toEqual(inOne(company('late'), domain('late.example')))
  })

  test.each([
    [
      'a communication that moves to another thread, company and user',
      `update communications set thread_id = 't2', company_id = 'ek', user_id = 'u2' where id = 'e001'`,
      [
        thread('t1'),
        thread('t2'),
        company('alder'),
        company('ek'),
        user('u1'),
        user('u2'),
        communication('e001'),
      ],
    ],
    [
      'a communication without thread, company and user',
      `insert into communications (workspace_id, id, direction, from_address) values ('w1', 'new', 'outbound', 'us@ours.example')`,
      [communication('new')],
    ],
    [
      'a deleted communication, with its attachments',
      `delete from communications where id = 'e060'`,
      [thread('t1'), company('alder'), user('u1'), communication('e060')],
    ],
    [
      'an attachment',
      `update communication_attachments set name = 'c.pdf' where communication_id = 'e060' and position = 0`,
      [thread('t1'), communication('e060')],
    ],
    [
      'an attachment that moves to another communication',
      `update communication_attachments set communication_id = 'e002' where communication_id = 'e060' and position = 0`,
      [thread('t1'), communication('e060'), communication('e002')],
    ],
    [
      'a thread',
      `update threads set subject = 'Other' where workspace_id = 'w1' and id = 't2'`,
      [thread('t2')],
    ],
  ])('%s', async (_what, statement, moves) => {
    expect(await moved(statement)).toEqual(inOne(...moves))
  })

  test('many communications move whole families, and each workspace its own', async () => {
    expect(await moved(`update communications set subject = 'x'`)).toEqual(
      inOne('communication', thread('t1'), company('alder'), user('u1')),
    )
    expect(await moved(`update companies set name = 'x' where id = 'ek'`)).toEqual(
      [`w1 ${company('ek')}`, `w2 ${company('ek')}`].toSorted(),
    )
  })

  test.each(['companies', 'company_domains', 'threads', 'communications', 'communication_attachments'])(
    'a truncation of %s moves every workspace, and the deployment',
    async (table) => {
      expect(await moved(`truncate ${table} cascade`)).toEqual([
        `${deploymentId} workspace`,
        'w1 workspace',
        'w2 workspace',
      ])
    },
  )
})

test('an attachment that is being added holds up its communication until the move of the right thread is committed', async () => {
  const service = 'service_role'
  await database.owner`insert into communications (workspace_id, id, thread_id, direction, from_address)
    values ('w1', 'held', 't1', 'inbound', 'ann@alder.example')`
  const order: string[] = []
  let moving: Promise<unknown> = Promise.resolve()
  await database.asCaller(service, async (first) => {
    await first`insert into communication_attachments
      values ('w1', 'held', 0, 'a.pdf', 'application/pdf', 1)`
    moving = database.asCaller(service, async (second) => {
      await second`update communications set thread_id = 't2' where workspace_id = 'w1' and id = 'held'`
      order.push('moved to the other thread')
    })
    await eventually(async () => {
      expect(await database.owner`select from pg_locks where not granted`).not.toHaveLength(0)
    })
    order.push('added')
  })
  await moving
  expect(order).toEqual(['added', 'moved to the other thread'])
})
