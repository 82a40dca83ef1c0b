import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { wholeContactSchema } from '../../shared/resources/contacts/whole-contact.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { slotsMoved } from './moved.ts'
import { users } from './users.ts'

let database: Database
let member: SupabaseClient

beforeAll(async () => {
  database = await startDatabase(500)
  member = await database.as(users.member)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const outboxSchema = z.array(z.object({ workspaceId: z.string(), tags: z.array(z.string()) }))
const writtenSchema = z.object({
  outcome: z.literal('ok'),
  contact: z.strictObject(wholeContactSchema.shape),
  outbox: outboxSchema,
})

const place = { board_id: 'board_1', board_column_id: 'col_11' }
const create = (client: SupabaseClient, contact: object, p_workspace = '15213') =>
  call(client, 'contact_create', { p_workspace, p_contact: contact })
const update = (client: SupabaseClient, p_contact: string, p_change: object, p_workspace = '15213') =>
  call(client, 'contact_update', { p_workspace, p_contact, p_change })
const remove = (client: SupabaseClient, p_contact: string, p_workspace = '15213') =>
  call(client, 'contact_delete', { p_workspace, p_contact })
const importAll = (client: SupabaseClient, p_contacts: readonly object[], p_workspace = '15213') =>
  call(client, 'contacts_import', { p_workspace, p_contacts })

describe('a contact that is written', () => {
  test('has its presets, keeps the fields that a change leaves out, and returns its moves', async () => {
    const created = writtenSchema.parse(await create(member, { ...place, id: 'w1', name: 'One' }))
    expect(created.contact).toMatchObject({ status: 'open', priority: 'medium', tags: [], email: null })
    expect(created.outbox).toHaveLength(1)
    expect(created.outbox[0]?.tags).toEqual(expect.arrayContaining([bucketMove('contact', 'w1'), 'counts']))
    expect(slotsMoved(created.outbox[0]?.tags ?? [], 'board_1', 'col_11')).toContain('open')
    const change = { tags: ['a', 'b'], email: 'one@example.com', needs_response: true }
    const changed = writtenSchema.parse(await update(member, 'w1', change))
    expect(changed.contact).toMatchObject({ ...created.contact, ...change, updated_at: expect.any(String) })
    const moved = writtenSchema.parse(await update(member, 'w1', { board_column_id: 'col_12' }))
    for (const column of [null, 'col_11', 'col_12'])
      expect(slotsMoved(moved.outbox[0]?.tags ?? [], 'board_1', column)).toContain('open')
    expect(moved.outbox[0]?.tags).not.toContain('counts')
    expect(await remove(member, 'w1')).toMatchObject({ outcome: 'ok', outbox: [{ workspaceId: '15213' }] })
    expect(await remove(member, 'w1')).toEqual({ outcome: 'contact_not_found' })
  })

  test('has a company, a language and a day to follow up, however it is written, and loses them when told so', async () => {
    const further = { company_id: 'company_1', language: 'en-GB', follow_up_at: '2026-01-02T03:04:05+00:00' }
    const created = writtenSchema.parse(await create(member, { ...place, id: 'w3', name: 'One', ...further }))
    expect(created.contact).toMatchObject(further)
    const changed = writtenSchema.parse(await update(member, 'w3', { language: 'de' }))
    expect(changed.contact).toMatchObject({ ...further, language: 'de' })
    const imported = { ...place, name: 'One', ...further, language: 'fr' }
    await importAll(
      member,
      ['w3', 'w4'].map((id) => ({ ...imported, id })),
    )
    for (const id of ['w3', 'w4']) {
      const shown = writtenSchema.parse(await update(member, id, { name: 'Two' }))
      expect(shown.contact).toMatchObject({ ...further, language: 'fr' })
    }
    const none = { company_id: null, language: null, follow_up_at: null }
    expect(writtenSchema.parse(await update(member, 'w3', none)).contact).toMatchObject(none)
  })

  test('is refused with a company or a language that has not their form', async () => {
    for (const broken of [
      { company_id: 'a b' },
      { company_id: 'by-domain' },
      { language: 'german!' },
      { language: '' },
    ])
      await expect(update(member, 'contact_000001', broken)).rejects.toThrow('23514')
  })

  test('returns the ignored fields of an existing contact, and none if they are the same', async () => {
    const contact = { ...place, id: 'k1', name: 'One', created_at: '2020-01-02T03:04:05.123456Z' }
    expect(await importAll(member, [contact])).toMatchObject({ created: 1, updated: 0, ignored: [] })
    expect(await importAll(member, [contact])).toMatchObject({ created: 0, updated: 1, ignored: [] })
    const other = { ...contact, created_at: '2020-01-02T03:04:05.123457Z' }
    const { created_at, ...without } = other
    expect(await importAll(member, [other, { ...contact, id: 'k2' }])).toMatchObject({
      created: 1,
      updated: 1,
      ignored: [{ id: 'k1', fields: ['created_at'] }],
    })
    expect(await importAll(member, [without])).toMatchObject({ updated: 1, ignored: [] })
    const [row] = await database.sql`select created_at from contacts where id = 'k1'`
    expect(row?.['created_at']).toEqual(new Date(contact.created_at))
  })

  test('never gets an id that is taken, nor a place that does not exist', async () => {
    expect(await create(member, { ...place, id: 'contact_000001', name: 'X' })).toEqual({
      outcome: 'contact_exists',
    })
    const nowhere = { board_id: 'board_214', board_column_id: 'col_1' }
    expect(await create(member, { ...nowhere, id: 'w2', name: 'X' })).toEqual({ outcome: 'column_not_found' })
    expect(await update(member, 'contact_000001', nowhere)).toEqual({ outcome: 'column_not_found' })
    expect(await update(member, 'nowhere', { name: 'X' })).toEqual({ outcome: 'contact_not_found' })
  })

  test('is in the caller’s own workspace, whatever workspace is named', async () => {
    const claimant = { sub: 'x', app_metadata: { workspaces: { '77777': 'admin' } } }
    for (const [claims, workspaceId] of [
      [users.otherAdmin, '15213'],
      [users.stranger, '15213'],
      [users.admin, '15214'],
      [claimant, '77777'],
    ] as const) {
      const client = await database.as(claims)
      const contact = { ...place, id: 'planted', name: 'X' }
      for (const answer of [
        await create(client, contact, workspaceId),
        await update(client, 'contact_000001', { name: 'X' }, workspaceId),
        await remove(client, 'contact_000001', workspaceId),
        await importAll(client, [contact], workspaceId),
      ])
        expect(answer).toEqual({ outcome: 'forbidden' })
    }
    for (const work of [create, importAll])
      await expect(work(await database.as(null), [])).rejects.toThrow('permission denied')
  })

  test('may be in any workspace for the service role', async () => {
    expect(await update(database.service, 'contact_000001', { name: 'X' }, '15214')).toMatchObject({
      outcome: 'ok',
      contact: { workspace_id: '15214', name: 'X' },
    })
    expect(await update(database.service, 'contact_000001', { name: 'X' }, 'nowhere')).toEqual({
      outcome: 'contact_not_found',
    })
  })
})

describe('a batch of an import', () => {
  test('creates, changes and rejects, and accounts for every contact', async () => {
    await importAll(member, [{ ...place, id: 'i1', name: 'One', email: 'one@example.com' }])
    const answer = await importAll(member, [
      { ...place, id: 'i1', name: 'Other' },
      { ...place, id: 'i2', name: 'Two', board_column_id: 'col_12' },
      { ...place, id: 'i3', name: 'Three', board_column_id: 'none' },
    ])
    expect(answer).toMatchObject({
      created: 1,
      updated: 1,
      rejected: [{ id: 'i3', code: 'column_not_found' }],
    })
    const rows =
      await database.sql`select id, name, email from contacts where id in ('i1', 'i2', 'i3') order by id`
    expect([...rows]).toEqual([
      { id: 'i1', name: 'Other', email: 'one@example.com' },
      { id: 'i2', name: 'Two', email: null },
    ])
    const { outbox } = z.object({ outbox: outboxSchema }).parse(answer)
    const moves = outbox.flatMap(({ tags }) => tags)
    expect(moves).toEqual(
      expect.arrayContaining([bucketMove('contact', 'i1'), bucketMove('contact', 'i2'), 'counts']),
    )
    for (const column of [null, 'col_11', 'col_12'])
      expect(slotsMoved(moves, 'board_1', column)).toEqual(expect.arrayContaining(['open', 'all']))
  })

  test('that is empty writes nothing', async () => {
    expect(await importAll(member, [])).toEqual({
      outcome: 'ok',
      created: 0,
      updated: 0,
      ignored: [],
      rejected: [],
      outbox: [],
    })
  })
})
