import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, pageOf, queryPage } from './answers.ts'
import { type Claims, type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(100)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const page = {
  p_board: 'board_123',
  p_column: null,
  p_filter: 'all',
  p_search: null,
  p_sort_by: 'created_at',
  p_sort_order: 'desc',
  p_per_page: 50,
  p_page: 1,
  p_after: null,
  p_after_id: null,
}

/** Every function that reads or writes data of a workspace, with arguments that a member may use. */
const guarded = [
  ['contacts_page', page],
  ['contact_counts', {}],
  ['workspace_boards', {}],
  ['workspace_needs', {}],
  ['cache_settings_read', {}],
  ['cache_settings_write', { p_change: { cacheEnabled: false } }],
] as const

const tables = ['workspaces', 'memberships', 'boards', 'board_columns', 'contacts', 'cache_settings']

describe.each(guarded)('%s', (name, args) => {
  test('is forbidden to strangers', async () => {
    const claimant = { sub: users.admin.sub, app_metadata: { workspaces: {} } }
    for (const claims of [users.stranger, users.otherAdmin, claimant])
      expect(await call(await database.as(claims), name, { p_workspace: '15213', ...args })).toEqual({
        outcome: 'forbidden',
      })
  })

  test('is forbidden for a workspace that does not exist', async () => {
    const admin = await database.as(users.admin)
    expect(await call(admin, name, { p_workspace: '99999', ...args })).toEqual({ outcome: 'forbidden' })
  })

  test('cannot be called without a token', async () => {
    const nobody = await database.as(null)
    await expect(call(nobody, name, { p_workspace: '15213', ...args })).rejects.toThrow('permission denied')
  })
})

test('a board of another workspace is not found, like one that does not exist', async () => {
  const admin = await database.as(users.admin)
  const foreign = await queryPage(admin, { p_board: 'board_214' })
  expect(foreign).toEqual({ outcome: 'not_found' })
  expect(await queryPage(admin, { p_board: 'board_none' })).toEqual(foreign)
})

test('boards with the same id in two workspaces are two boards', async () => {
  const ours = pageOf(await queryPage(await database.as(users.admin), { p_board: 'board_1' }))
  const theirs = pageOf(
    await queryPage(await database.as(users.otherAdmin), { p_workspace: '15214', p_board: 'board_1' }),
  )
  for (const contact of ours.contacts) expect(contact.workspace_id).toBe('15213')
  for (const contact of theirs.contacts) expect(contact.workspace_id).toBe('15214')
  expect(theirs.total).toBeGreaterThan(ours.total)
})

describe('membership', () => {
  const role = async (claims: Claims, workspaceId: string) =>
    call(await database.as(claims), 'workspace_membership', { p_workspace: workspaceId })

  test('comes from the table if the token has no claim', async () => {
    expect(await role(users.admin, '15213')).toEqual({ outcome: 'ok', role: 'admin' })
    expect(await role(users.member, '15213')).toEqual({ outcome: 'ok', role: 'member' })
    expect(await role(users.admin, '15214')).toEqual({ outcome: 'ok', role: null })
    expect(await role({ ...users.member, app_metadata: { provider: 'email' } }, '15213')).toEqual({
      outcome: 'ok',
      role: 'member',
    })
  })

  test('comes from the claim alone if there is one', async () => {
    const claims = { ...users.admin, app_metadata: { workspaces: { '15214': 'member' } } }
    expect(await role(claims, '15214')).toEqual({ outcome: 'ok', role: 'member' })
    expect(await role(claims, '15213')).toEqual({ outcome: 'ok', role: null })
    const client = await database.as(claims)
    const own = await queryPage(client, { p_workspace: '15214', p_board: 'board_214' })
    expect(pageOf(own).contacts).toHaveLength(50)
    expect(await queryPage(client)).toEqual({ outcome: 'forbidden' })
  })

  test('does not exist under a malformed claim', async () => {
    for (const workspaces of ['15213', ['15213'], 1, { '15213': 'owner' }, { '15213': null }])
      expect(await role({ ...users.admin, app_metadata: { workspaces } }, '15213')).toEqual({
        outcome: 'ok',
        role: null,
      })
  })

  test('does not need the subject to be a UUID', async () => {
    const claims = { sub: 'auth0|user 1', app_metadata: { workspaces: { '15213': 'member' } } }
    expect(pageOf(await queryPage(await database.as(claims), { p_filter: 'assigned_to_me' })).total).toBe(0)
    expect(await role({ sub: 'auth0|user 1' }, '15213')).toEqual({ outcome: 'ok', role: null })
  })
})

describe('row level security', () => {
  test.each(tables)('lets a member read %s of their own workspace and of no other', async (table) => {
    await database.sql`
      insert into public.cache_settings (workspace_id) values ('15213'), ('15214') on conflict do nothing
    `
    const rows = await rowsOf(await database.as(users.member), table)
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row['workspace_id'] ?? row['id']).toBe('15213')
  })

  test.each(tables)('shows nothing of %s to a stranger or without a token', async (table) => {
    for (const claims of [users.stranger, null])
      expect(await rowsOf(await database.as(claims), table)).toEqual([])
  })

  test('lets nobody write workspaces, boards or memberships with a user’s token', async () => {
    const before = await fingerprint()
    for (const claims of [users.admin, users.member, users.otherAdmin, users.stranger, null]) {
      const client = await database.as(claims)
      const sub = claims?.sub ?? 'nobody'
      await client.from('memberships').insert({ workspace_id: '15213', user_id: `${sub}-2`, role: 'admin' })
      await client.from('memberships').update({ role: 'admin' }).eq('workspace_id', '15213')
      await client.from('boards').insert({ workspace_id: '15213', id: 'planted', name: 'Planted' })
      await client.from('workspaces').delete().eq('id', '15213')
    }
    expect(await fingerprint()).toEqual(before)
  })

  test('lets nobody write a contact of another workspace with a user’s token', async () => {
    const before = await fingerprint()
    const contact = { board_id: 'board_123', board_column_id: 'col_1', name: 'Planted' }
    for (const claims of [users.otherAdmin, users.stranger, null]) {
      const client = await database.as(claims)
      await client.from('contacts').insert({ ...contact, id: 'planted', workspace_id: '15213' })
      await client.from('contacts').update({ name: 'Changed' }).eq('workspace_id', '15213')
      await client.from('contacts').delete().eq('workspace_id', '15213')
    }
    expect(await fingerprint()).toEqual(before)
  })

  test('lets a member change a contact of their own workspace', async () => {
    const member = await database.as(users.member)
    const { error } = await member.from('contacts').update({ name: 'Changed' }).eq('id', 'contact_000002')
    expect(error).toBeNull()
    const rows = await database.sql`
      select name = 'Changed' as is_changed from contacts where id = 'contact_000002' order by workspace_id`
    expect(rows.map((row) => row['is_changed'])).toEqual([true, false, false])
  })

  test('lets only an admin write cache settings, and only of their own workspace', async () => {
    const written = async () =>
      database.sql`select workspace_id, settings from public.cache_settings order by workspace_id`
    const before = await written()
    for (const claims of [users.member, users.stranger, null]) {
      const client = await database.as(claims)
      await client
        .from('cache_settings')
        .update({ settings: { cacheEnabled: false } })
        .eq('workspace_id', '15213')
      await client.from('cache_settings').insert({ workspace_id: '15215', settings: {} })
    }
    const other = await database.as(users.otherAdmin)
    await other
      .from('cache_settings')
      .update({ settings: { stolen: true } })
      .eq('workspace_id', '15213')
    expect(await written()).toEqual(before)
  })
})

describe('cache settings', () => {
  test('are empty if the workspace has set none', async () => {
    await database.sql`delete from public.cache_settings`
    const member = await database.as(users.member)
    expect(await call(member, 'cache_settings_read', { p_workspace: '15213' })).toEqual({
      outcome: 'ok',
      settings: {},
    })
  })

  test('are merged into the stored ones, object by object', async () => {
    const admin = await database.as(users.admin)
    const write = (p_change: unknown) =>
      call(admin, 'cache_settings_write', { p_workspace: '15213', p_change })
    await write({ features: { search: true }, cacheConfig: { contactsTTL: 60 } })
    await write({ cacheEnabled: false })
    const settings = {
      cacheEnabled: false,
      features: { search: false, contactLists: false },
      cacheConfig: { contactsTTL: 60 },
    }
    expect(await write({ features: { search: false, contactLists: false } })).toEqual({
      outcome: 'ok',
      settings,
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
    })
    const member = await database.as(users.member)
    expect(await call(member, 'cache_settings_read', { p_workspace: '15213' })).toEqual({
      outcome: 'ok',
      settings,
    })
  })

  test('keep both of two simultaneous changes', async () => {
    const admin = await database.as(users.admin)
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        call(admin, 'cache_settings_write', {
          p_workspace: '15213',
          p_change: { cacheConfig: { [`t${n}`]: n } },
        }),
      ),
    )
    expect(await call(admin, 'cache_settings_read', { p_workspace: '15213' })).toMatchObject({
      settings: { cacheConfig: { t0: 0, t1: 1, t2: 2, t3: 3, t4: 4, t5: 5, t6: 6, t7: 7 } },
    })
  })

  test('can be read by a member and not written', async () => {
    const member = await database.as(users.member)
    const change = { p_workspace: '15213', p_change: { cacheEnabled: true } }
    expect(await call(member, 'cache_settings_write', change)).toEqual({ outcome: 'admin_required' })
  })

  test('are not written for a workspace that exists only in a claim', async () => {
    const claimant = await database.as({ sub: 'x', app_metadata: { workspaces: { '77777': 'admin' } } })
    const change = { p_workspace: '77777', p_change: { cacheEnabled: true } }
    expect(await call(claimant, 'cache_settings_write', change)).toEqual({ outcome: 'forbidden' })
  })
})

async function rowsOf(client: SupabaseClient, table: string): Promise<Record<string, unknown>[]> {
  const { data } = await client.from(table).select('*')
  return data ?? []
}

/** One digest of the contents of every table but the settings. */
async function fingerprint(): Promise<unknown> {
  const [row] = await database.sql`
    select
      (select md5(string_agg(w::text, '|' order by w::text)) from public.workspaces w) as workspaces,
      (select md5(string_agg(m::text, '|' order by m::text)) from public.memberships m) as memberships,
      (select md5(string_agg(b::text, '|' order by b::text)) from public.boards b) as boards,
      (select md5(string_agg(c::text, '|' order by c::text)) from public.contacts c) as contacts
  `
  return row
}
