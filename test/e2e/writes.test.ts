import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  contactDeletedSchema,
  contactWrittenSchema,
  importReportSchema,
} from '../../shared/contract/contacts.ts'
import { contactSchema } from '../../shared/resources/contacts/contact-list.ts'
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

/** A request to the origin, as a member by default. */
function send(method: string, path: string, body?: unknown, authorization = stack.tokens.member) {
  return ask(`${stack.origin}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${authorization}`,
      'X-Workspace-ID': '15213',
      'Content-Type': 'application/json',
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

async function write<Schema extends z.ZodType>(schema: Schema, ...request: Parameters<typeof send>) {
  const answer = await send(...request)
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([
    request[1] === '/contacts' ? 201 : 200,
    expect.stringContaining('"success":true'),
  ])
  return schema.parse(z.object({ data: z.unknown() }).parse(JSON.parse(answer.text)).data)
}

/** The first page of a column, read with the writer's version. */
async function columnAfter(version: number | null, column: string) {
  const api = stack.api()
  const query = `column_id=${column}&sort_by=updated_at`
  return (await api.page('board_123', query, { 'X-Min-Version': `${version}` })).contacts
}

describe('a writer', () => {
  it('reads each of its writes next, with the version of the answer, from creation to deletion', async () => {
    await stack.api().page('board_123', 'column_id=col_1&sort_by=updated_at')
    const place = { board_id: 'board_123', board_column_id: 'col_1' }
    const created = await write(contactWrittenSchema, 'POST', '/contacts', { ...place, name: 'New here' })
    expect(created).toMatchObject({
      invalidation: 'done',
      contact: { ...place, name: 'New here', status: 'open', priority: 'medium', tags: [] },
    })
    const { id } = created.contact
    expect((await columnAfter(created.version, 'col_1'))[0]).toEqual(contactSchema.parse(created.contact))

    const change = { name: 'Renamed', tags: ['vip'], email: null, is_favorite: true }
    const changed = await write(contactWrittenSchema, 'PATCH', `/contacts/${id}`, change)
    expect((await columnAfter(changed.version, 'col_1'))[0]).toMatchObject({
      ...contactSchema.parse(created.contact),
      ...change,
      updated_at: changed.contact.updated_at,
    })

    const moved = await write(contactWrittenSchema, 'POST', `/contacts/${id}/move`, {
      board_column_id: 'col_2',
    })
    expect((await columnAfter(moved.version, 'col_2'))[0]).toEqual(contactSchema.parse(moved.contact))
    expect((await columnAfter(moved.version, 'col_1')).map((contact) => contact.id)).not.toContain(id)

    const removed = await write(contactDeletedSchema, 'DELETE', `/contacts/${id}`)
    expect((await columnAfter(removed.version, 'col_2')).map((contact) => contact.id)).not.toContain(id)
    expect((await send('DELETE', `/contacts/${id}`)).status).toBe(404)
  })

  it('has its rows kept from the relay, because the origin delivers them itself', async () => {
    await stack.sql.unsafe(`
      create table private.outbox_held (is_held boolean);
      create function private.note_outbox_held() returns trigger language plpgsql security definer as $$
      begin
        insert into private.outbox_held
        select due_at - written_at > interval '1 second' from came;
        return null;
      end
      $$;
      create trigger held after insert on private.outbox referencing new table as came
      for each statement execute function private.note_outbox_held();`)
    const held = async () => {
      const rows = await stack.sql`delete from private.outbox_held returning is_held`
      return [...new Set(rows.map((row) => row['is_held']))]
    }
    const contact = { id: 'held', board_id: 'board_123', board_column_id: 'col_1', name: 'Held' }
    for (const writer of [stack.tokens.member, stack.internalAuthKey]) {
      await write(contactWrittenSchema, 'POST', '/contacts', contact, writer)
      await send('POST', '/contacts/import', JSON.stringify(contact), writer)
      await write(contactWrittenSchema, 'PATCH', '/contacts/held', { name: 'Still' }, writer)
      await write(contactDeletedSchema, 'DELETE', '/contacts/held', undefined, writer)
      expect(await held()).toEqual([true])
    }
    await stack.sql`update contacts set name = 'X' where workspace_id = '15213' and id = 'contact_000001'`
    expect(await held()).toEqual([false])
    await stack.sql.unsafe(`
      drop trigger held on private.outbox;
      drop function private.note_outbox_held();
      drop table private.outbox_held;`)
  })

  it('may be the backend with the internal key, for itself or for a user', async () => {
    const change = { name: 'By the backend' }
    const own = await write(
      contactWrittenSchema,
      'PATCH',
      '/contacts/contact_000001',
      change,
      stack.internalAuthKey,
    )
    expect(own.contact.name).toBe('By the backend')
    const asStranger = await ask(`${stack.origin}/contacts/contact_000001`, {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${stack.internalAuthKey}`,
        'X-Caller-Token': stack.tokens.otherAdmin,
        'X-Workspace-ID': '15213',
      },
      body: JSON.stringify(change),
    })
    expect(asStranger.status).toBe(403)
  })

  it('gets an error in the form of every other answer', async () => {
    const place = { board_id: 'board_123', board_column_id: 'col_1' }
    const expected: [string, string, unknown, string | undefined, number, string][] = [
      ['PATCH', '/contacts/nowhere', { name: 'X' }, undefined, 404, 'contact_not_found'],
      ['PATCH', '/contacts/contact_000001', {}, undefined, 400, 'invalid_body'],
      ['PATCH', '/contacts/contact_000001', { board_column_id: 'col_2' }, undefined, 400, 'invalid_body'],
      ['PATCH', '/contacts/contact_000001', { name: 'X' }, stack.tokens.otherAdmin, 403, 'not_a_member'],
      ['PATCH', '/contacts/contact_000001', { name: 'X' }, 'a.b.c', 401, 'token_invalid'],
      ['PATCH', '/contacts/contact_000001', { name: 'X' }, 'no token', 401, 'token_invalid'],
      ['PUT', '/contacts/contact_000001', { name: 'X' }, undefined, 405, 'method_not_allowed'],
      ['POST', '/contacts', { ...place, id: 'contact_000001', name: 'X' }, undefined, 409, 'contact_exists'],
      [
        'POST',
        '/contacts',
        { ...place, name: 'X', board_column_id: 'none' },
        undefined,
        422,
        'column_not_found',
      ],
      [
        'POST',
        '/contacts/contact_000001/move',
        { board_column_id: 'none' },
        undefined,
        422,
        'column_not_found',
      ],
      ['POST', '/contacts', { ...place, name: 'X'.repeat(1_100_000) }, undefined, 413, 'body_too_large'],
      ['POST', '/contacts', '{"name":', undefined, 400, 'invalid_json'],
    ]
    for (const [method, path, body, authorization, status, code] of expected) {
      const answer = await send(method, path, body, authorization)
      expect([method, path, answer.status, JSON.parse(answer.text).code]).toEqual([
        method,
        path,
        status,
        code,
      ])
    }
  })

  it('learns that its write is committed and not yet delivered while the Worker is away', async () => {
    await stack.pieces.worker.stop()
    const written = await write(contactWrittenSchema, 'PATCH', '/contacts/contact_000002', { name: 'Kept' })
    expect(written).toMatchObject({ version: null, invalidation: 'pending', contact: { name: 'Kept' } })
    await stack.pieces.worker.start()
  })
})

describe('a browser', () => {
  const site = 'http://localhost:3000'

  /** A request to the Worker, as a page of an allowed origin sends it. */
  function sendFromPage(method: string, path: string, body?: unknown, token = stack.tokens.member) {
    return ask(`${stack.worker}${path}`, {
      method,
      headers: {
        Origin: site,
        Authorization: `Bearer ${token}`,
        'X-Workspace-ID': '15213',
        'Content-Type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  async function writeFromPage<Schema extends z.ZodType>(
    schema: Schema,
    ...request: Parameters<typeof sendFromPage>
  ) {
    const preflight = await ask(`${stack.worker}${request[1]}`, {
      method: 'OPTIONS',
      headers: {
        Origin: site,
        'Access-Control-Request-Method': request[0],
        'Access-Control-Request-Headers': 'authorization,content-type,x-workspace-id',
      },
    })
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe(site)
    expect(preflight.headers.get('Access-Control-Allow-Methods')?.split(',')).toContain(request[0])
    const answer = await sendFromPage(...request)
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([
      request[1] === '/api/contacts' ? 201 : 200,
      site,
    ])
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    return schema.parse(z.object({ data: z.unknown() }).parse(JSON.parse(answer.text)).data)
  }

  it('writes through the Worker, and reads each of its writes next, from creation to deletion', async () => {
    await stack.api().page('board_123', 'column_id=col_3&sort_by=updated_at')
    const place = { board_id: 'board_123', board_column_id: 'col_3' }
    const id = 'from_a_page'
    const created = await writeFromPage(contactWrittenSchema, 'POST', '/api/contacts', {
      ...place,
      id,
      name: 'New here',
    })
    expect(created).toMatchObject({ invalidation: 'done', contact: { ...place, id, name: 'New here' } })
    expect((await columnAfter(created.version, 'col_3'))[0]).toEqual(contactSchema.parse(created.contact))

    const changed = await writeFromPage(contactWrittenSchema, 'PATCH', `/api/contacts/${id}`, {
      name: 'Renamed',
    })
    expect(changed.version).toBeGreaterThan(created.version ?? Number.NaN)
    expect((await columnAfter(changed.version, 'col_3'))[0]).toEqual(contactSchema.parse(changed.contact))

    const moved = await writeFromPage(contactWrittenSchema, 'POST', `/api/contacts/${id}/move`, {
      board_column_id: 'col_4',
    })
    expect((await columnAfter(moved.version, 'col_4'))[0]).toEqual(contactSchema.parse(moved.contact))
    expect((await columnAfter(moved.version, 'col_3')).map((contact) => contact.id)).not.toContain(id)

    const removed = await writeFromPage(contactDeletedSchema, 'DELETE', `/api/contacts/${id}`)
    expect((await columnAfter(removed.version, 'col_4')).map((contact) => contact.id)).not.toContain(id)
  })

  it('gets the error of the origin with its code and details, and then nothing is written', async () => {
    const place = { board_id: 'board_123', board_column_id: 'col_1' }
    const big = 'x'.repeat(4_000)
    const expected: [string, string, unknown, number, string][] = [
      ['PATCH', '/api/contacts/nowhere', { name: 'X' }, 404, 'contact_not_found'],
      ['DELETE', '/api/contacts/nowhere', undefined, 404, 'contact_not_found'],
      ['POST', '/api/contacts', { ...place, id: 'contact_000001', name: 'X' }, 409, 'contact_exists'],
      ['POST', '/api/contacts', { ...place, name: 'X', board_column_id: 'none' }, 422, 'column_not_found'],
      ['POST', '/api/contacts/contact_000001/move', { board_column_id: 'none' }, 422, 'column_not_found'],
      ['PATCH', '/api/contacts/contact_000001', { tags: [`${big}`] }, 400, 'invalid_body'],
    ]
    const count = async () => (await stack.sql`select count(*)::int as n from contacts`)[0]
    const before = await count()
    for (const [method, path, body, status, code] of expected) {
      const answer = await sendFromPage(method, path, body)
      expect([method, path, answer.status, JSON.parse(answer.text).code]).toEqual([
        method,
        path,
        status,
        code,
      ])
    }
    expect(await count()).toEqual(before)
  })

  it('of another workspace, or of none, can write nothing', async () => {
    const change = { name: 'Not theirs' }
    const stranger = await sendFromPage(
      'PATCH',
      '/api/contacts/contact_000001',
      change,
      stack.tokens.otherAdmin,
    )
    expect([stranger.status, JSON.parse(stranger.text).code]).toEqual([403, 'not_a_member'])
    const rows = await stack.sql`select 1 from contacts where name = 'Not theirs'`
    expect(rows).toHaveLength(0)
  })

  it('gets write_unconfirmed while the origin is away, and origin_unavailable once that is known', async () => {
    await stack.pieces.origin.stop()
    const codes = new Set<string>()
    await eventually(async () => {
      const answer = await sendFromPage('PATCH', '/api/contacts/contact_000003', { name: 'Lost' })
      codes.add(`${answer.status} ${JSON.parse(answer.text).code}`)
      expect(answer.status).toBe(503)
      expect(answer.headers.get('Retry-After')).toBe('1')
    })
    expect([...codes]).toEqual(['504 write_unconfirmed', '503 origin_unavailable'])
    await stack.pieces.origin.start()
    const rows = await stack.sql`select 1 from contacts where name = 'Lost'`
    expect(rows).toHaveLength(0)
  })
})

describe('an import', () => {
  const reportsOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => importReportSchema.parse(JSON.parse(line)))
  const place = { board_id: 'board_2', board_column_id: 'col_21' }

  it('of 20,000 lines writes every good one, names every bad one, and is visible under its version', async () => {
    const bad = new Map([
      [17, '{"name": "cut'],
      [4_000, JSON.stringify({ ...place, id: 'bad_4000' })],
      [4_001, JSON.stringify({ ...place, id: 'bad_4001', name: 'X', board_column_id: 'nowhere' })],
      [12_345, JSON.stringify({ ...place, id: 'bad_12345', name: 'X', unknown: true })],
      [12_346, `{"name": "${'x'.repeat(70_000)}"}`],
      [19_999, JSON.stringify({ ...place, id: 'bad_19999', name: 'X\u0000' })],
    ])
    const lines = Array.from(
      { length: 20_000 },
      (_, index) =>
        bad.get(index + 1) ??
        JSON.stringify({ ...place, id: `line_${index + 1}`, name: `Line ${index + 1}` }),
    )
    const { status, text } = await send('POST', '/contacts/import', `${lines.join('\n')}\n`)
    expect(status).toBe(200)
    const reports = reportsOf(text)
    const rejected = reports.filter((report) => report.type === 'rejected')
    expect(rejected.map(({ line, code }) => [line, code]).toSorted()).toEqual(
      [
        [17, 'invalid_json'],
        [4_000, 'invalid_contact'],
        [4_001, 'column_not_found'],
        [12_345, 'invalid_contact'],
        [12_346, 'line_too_long'],
        [19_999, 'invalid_contact'],
      ].toSorted(),
    )
    const done = reports.at(-1)
    expect(done).toMatchObject({
      type: 'done',
      lines: 20_000,
      created: 20_000 - bad.size,
      updated: 0,
      rejected: bad.size,
      invalidation: 'done',
    })
    expect(reports.filter((report) => report.type === 'progress').length).toBeGreaterThan(30)
    const [row] = await stack.sql`select count(*)::int as n from contacts where id like 'line_%'`
    expect(row).toEqual({ n: 20_000 - bad.size })
    const version = done?.type === 'done' ? done.version : null
    const page = await stack.api().page('board_2', 'per_page=1', { 'X-Min-Version': `${version}` })
    expect(page.pagination.total).toBeGreaterThanOrEqual(20_000 - bad.size)
  })

  it('that is sent again changes existing contacts and creates none twice', async () => {
    const lines = [1, 2, 3].map((n) => JSON.stringify({ ...place, id: `again_${n}`, name: `First ${n}` }))
    const again = [
      ...lines,
      JSON.stringify({ ...place, id: 'again_1', name: 'Changed' }),
      '',
      JSON.stringify({ ...place, id: 'again_2', name: 'Kept', is_favorite: true }),
    ]
    await send('POST', '/contacts/import', lines.join('\r\n'))
    const reports = reportsOf((await send('POST', '/contacts/import', again.join('\n'))).text)
    expect(reports.at(-1)).toMatchObject({ type: 'done', lines: 6, created: 0, updated: 5, rejected: 0 })
    const rows = await stack.sql`
      select id, name, is_favorite from contacts where id like 'again_%' order by id`
    expect(rows.map((row) => [row['name'], row['is_favorite']])).toEqual([
      ['Changed', false],
      ['Kept', true],
      ['First 3', false],
    ])
  })

  it('is refused before its first line if the caller may not write', async () => {
    const line = JSON.stringify({ ...place, id: 'foreign', name: 'X' })
    const answer = await send('POST', '/contacts/import', line, stack.tokens.otherAdmin)
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, 'not_a_member'])
  })
})
