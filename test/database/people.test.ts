import fc from 'fast-check'
import type { JSONValue } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createQuery } from '../../origin/database/query.ts'
import type { Failure } from '../../origin/failures.ts'
import { loaderNamed } from '../../origin/loaders/index.ts'
import { parsePhone, phoneKey } from '../../shared/contact-points/phone.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { type ResourceName, resources } from '../../shared/resources/index.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { type Caller, callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('Asia/Kathmandu')
})

afterAll(async () => {
  await server.stop()
})

/** Answers a question as the origin does: parsed by its declaration, and loaded by its loader over the real functions. */
async function answer(
  name: ResourceName,
  path: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>> = {},
  { caller = callers.member, workspaceId = 'w1' }: { caller?: Caller; workspaceId?: string } = {},
): Promise<Result<unknown, Failure | 'refused by the declaration'>> {
  const question = resources.find((resource) => resource.name === name)?.parse(path, query)
  if (question?.ok !== true) return { ok: false, error: 'refused by the declaration' }
  const prepared = loaderNamed(name)?.prepare(question.value.params)
  if (prepared?.ok !== true) throw new Error(`${name}: its loader does not accept its parameters`)
  const connection = {
    callRpc: async (called: string, args: Readonly<Record<string, unknown>>) =>
      ok(await database.rpc(caller, called, args as Readonly<Record<string, JSONValue>>)),
    probe: async () => true,
  }
  return prepared.value.load({
    workspaceId: workspaceIdSchema.parse(workspaceId),
    userId: null,
    query: createQuery(connection, null, AbortSignal.timeout(30_000)),
    noteUnfit: (field) => {
      throw new Error(`${name}: ${field} does not fit`)
    },
  })
}

const byPhone = (phone: string, region?: string) =>
  answer('lead-by-phone', {}, region === undefined ? { phone } : { phone, region })
const byEmail = (email: string) => answer('contact-by-email', {}, { email })
const absent = { ok: false, error: { kind: 'not_found' } }
const foundLead = (id: string, matches: number) => ({ ok: true, value: { lead: { id }, matches } })
const foundContact = (id: string, matches: number) => ({ ok: true, value: { contact: { id }, matches } })

const insert = (id: string, fields: Readonly<Record<string, string | null>>, workspaceId = 'w1') =>
  database.owner`insert into public.contacts ${database.owner({
    ...{ workspace_id: workspaceId, id, board_id: 'b1', board_column_id: 'c1', name: id },
    ...fields,
  })}`

beforeEach(async () => {
  await database.owner`delete from public.contacts where id not like '%-first'`
  await database.owner`delete from public.workspace_configurations`
})

describe('a lead is found by its number', () => {
  test.each([
    ['+1 (555) 010-0123', '+15550100123', undefined],
    ['(555) 010-0123', '001 555 010 0123', undefined],
    ['1-555-010-0123 ext. 7', '+1 555 010 0123', undefined],
    ['15550100123', 'tel:+1-555-010-0123', undefined],
    ['555.010.0123', '555 010 0123', undefined],
    ['+1 555 010 0123', '(555) 010-0123', 'US'],
    ['whatsapp:+4915112345678', '00 49 1511 2345678', undefined],
    ['+49 (0)1511 2345678', '01511 2345678', 'DE'],
    ['011 49 1511 2345678', '+4915112345678', undefined],
  ])('stored as %s, asked for as %s in %s', async (stored, asked, region) => {
    await insert('k1', { phone: stored })
    expect(await byPhone(asked, region)).toMatchObject(foundLead('k1', 1))
  })

  test('also in the national form of the region that the workspace has, and not in that of another', async () => {
    await insert('k1', { phone: '030 / 12 34 56' })
    expect(await byPhone('+49 30 123456')).toMatchObject(absent)
    await database.owner`insert into public.workspace_configurations (workspace_id, region) values ('w1', 'DE')`
    expect(await byPhone('+49 30 123456')).toMatchObject(foundLead('k1', 1))
    expect(await byPhone('030 123456')).toMatchObject(foundLead('k1', 1))
    expect(await byPhone('(555) 010-0123', 'US')).toMatchObject(absent)
  })

  test('and a local number that is none in the region of the workspace is refused with a reason', async () => {
    const message = expect.stringMatching(/^must /)
    expect(await byPhone('0301')).toEqual({
      ok: false,
      error: { kind: 'invalid_parameter', faults: [{ parameter: 'phone', message }] },
    })
    expect(await byPhone('12')).toEqual({ ok: false, error: 'refused by the declaration' })
    expect(await byPhone('(555) 010-0123', 'XX')).toEqual({ ok: false, error: 'refused by the declaration' })
  })

  test('and not by a number that only ends like it, nor in another workspace', async () => {
    await insert('k1', { phone: '+1 555 010 0123' })
    await insert('k2', { phone: '+1 555 010 0124' }, 'w2')
    expect(await byPhone('+1 555 020 0123')).toMatchObject(absent)
    expect(await byPhone('+1 555 010 0124')).toMatchObject(absent)
  })

  test('and its company is named; one that does not exist is none', async () => {
    await database.owner`insert into public.companies (workspace_id, id, name) values ('w1', 'x1', 'Alder')`
    await insert('k1', { phone: '+1 555 010 0123', company_id: 'x1', language: 'de' })
    const named = {
      company: { id: 'x1', name: 'Alder' },
      company_id: 'x1',
      language: 'de',
      follow_up_at: null,
    }
    expect(await byPhone('+1 555 010 0123')).toMatchObject({ value: { lead: named } })
    expect(await answer('lead', { id: 'k1' })).toMatchObject({ value: { lead: named } })
    await database.owner`delete from public.companies`
    expect(await answer('lead', { id: 'k1' })).toMatchObject({
      value: { lead: { company: null, company_id: 'x1' } },
    })
  })
})

describe('a contact is found by its address', () => {
  test.each([
    ['Ann.Lee@Example.com', 'ann.lee@EXAMPLE.com'],
    ['ann@öst.example', 'ann@xn--st-eka.example'],
    ['ann@XN--ST-EKA.example', 'ann@Öst.example'],
    ['ann@ÖST.example', 'Ann@öst.example'],
    ['ann.lee+news@example.com', 'Ann.Lee+news@EXAMPLE.com'],
    ['ann.lee@example.com', 'Ann.Lee+news@EXAMPLE.com'],
    [' Ann@example.com ', 'mailto:ann@example.com'],
  ])('stored as %s, asked for as %s', async (stored, asked) => {
    await insert('k1', { email: stored })
    expect(await byEmail(asked)).toMatchObject(foundContact('k1', 1))
  })

  test('and a plain address does not find one with a tag', async () => {
    await insert('k1', { email: 'ann+news@example.com' })
    expect(await byEmail('ann@example.com')).toMatchObject(absent)
    expect(await byEmail('ann+other@example.com')).toMatchObject(absent)
  })
})

describe('of several contacts, the one with the latest activity answers with their number, and of those the one with the first id', () => {
  test('by number, across notations', async () => {
    await insert('k1', { phone: '+15550100123', last_activity_at: '2026-01-01T00:00:00Z' })
    await insert('k3', { phone: '(555) 010-0123', last_activity_at: '2026-01-03T00:00:00Z' })
    await insert('k2', { phone: '1 555 010 0123', last_activity_at: '2026-01-03T00:00:00Z' })
    expect(await byPhone('+15550100123')).toMatchObject(foundLead('k2', 3))
    await database.owner`update public.contacts set last_activity_at = '2026-02-01Z' where id = 'k1'`
    expect(await byPhone('+15550100123')).toMatchObject(foundLead('k1', 3))
    await database.owner`delete from public.contacts where id = 'k1'`
    expect(await byPhone('+15550100123')).toMatchObject(foundLead('k2', 2))
  })

  test('by address, with the plain form among them', async () => {
    await insert('k1', { email: 'ann+news@example.com', last_activity_at: '2026-01-01T00:00:00Z' })
    await insert('k2', { email: 'ANN@example.com', last_activity_at: '2026-01-02T00:00:00Z' })
    expect(await byEmail('ann+news@example.com')).toMatchObject(foundContact('k2', 2))
    expect(await byEmail('ann@example.com')).toMatchObject(foundContact('k2', 1))
  })
})

test('whatever number and notation: a contact is found exactly if its number reads as the one that is asked for', async () => {
  const asked = ['+15550100123', '+4930123456', '+442079460018', '+6591234567']
  const forms = fc.sample(
    fc
      .tuple(
        fc.constantFrom(...asked),
        fc.constantFrom<(number: string) => string>(
          (number) => number,
          (number) => `00${number.slice(1)}`,
          (number) => number.replace(/^\+(1|49|44|65)/, ''),
          (number) => number.replace(/^\+(1|49|44|65)/, '0'),
          (number) => `tel:${number};ext=5`,
        ),
      )
      .map(([number, write]) => write(number)),
    { seed: 21, numRuns: 40 },
  )
  const stored = [...new Set(forms)]
  for (const [index, phone] of stored.entries()) await insert(`k${index}`, { phone })
  for (const region of ['US', 'DE', 'GB', 'SG'] as const) {
    await database.owner`
      insert into public.workspace_configurations (workspace_id, region) values ('w1', ${region})
      on conflict (workspace_id) do update set region = excluded.region`
    for (const number of asked) {
      const meant = stored.filter((phone) => {
        const read = parsePhone(phone, region)
        return read.ok && read.value === number
      })
      const found = await byPhone(number)
      const matches = found.ok ? Object(found.value).matches : 0
      expect(matches, `${number} in ${region}: ${stored.map(phoneKey)}`).toBe(meant.length)
    }
  }
})

describe('the answers about one contact', () => {
  test('have all its fields, with instants in UTC', async () => {
    await insert('k1', { lead_status: 'won', follow_up_at: '2026-01-02T03:04:05+05:45', email: 'a@x.com' })
    expect(await answer('contact', { id: 'k1' })).toMatchObject({
      ok: true,
      value: { contact: { id: 'k1', follow_up_at: '2026-01-01T21:19:05+00:00', company_id: null, tags: [] } },
    })
    expect(await answer('lead-status', { id: 'k1' })).toEqual({
      ok: true,
      value: {
        ...{ id: 'k1', status: 'open', lead_status: 'won' },
        updated_at: expect.stringMatching(/\+00:00$/),
      },
    })
  })

  test.each<[ResourceName, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['contact', { id: 'k1' }, {}],
    ['lead', { id: 'k1' }, {}],
    ['lead-status', { id: 'k1' }, {}],
    ['contact-by-email', {}, { email: 'a@x.com' }],
    ['lead-by-phone', {}, { phone: '+15550100123' }],
  ])(
    '%s: a member and the backend get the same, a stranger nothing, and absence is told',
    async (name, path, query) => {
      await insert('k1', { email: 'a@x.com', phone: '+15550100123' })
      const found = await answer(name, path, query)
      expect(found.ok).toBe(true)
      expect(await answer(name, path, query, { caller: 'service_role' })).toEqual(found)
      const refused = { ok: false, error: { kind: 'forbidden' } }
      expect(await answer(name, path, query, { caller: callers.outsider })).toEqual(refused)
      const elsewhere = { caller: callers.outsider, workspaceId: 'w2' } as const
      expect(await answer(name, path, query, elsewhere)).toEqual(absent)
      await database.owner`delete from public.contacts where id = 'k1'`
      expect(await answer(name, path, query)).toEqual(absent)
    },
  )
})
