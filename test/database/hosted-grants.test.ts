import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogRules } from './catalog-rules.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
})

afterAll(async () => {
  await server.stop()
})

class Undone extends Error {}

/** The violations of a rule after a statement, which is rolled back. */
async function violationsAfter(statement: string, violations: string): Promise<string[]> {
  let found: string[] = []
  await database.owner
    .begin(async (sql) => {
      await sql.unsafe(statement)
      found = (await sql.unsafe(violations)).map((row) => String(row['what']))
      throw new Undone()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error
    })
  return found
}

describe.each(catalogRules)('$guarantee', ({ violations, broken }) => {
  test('holds in a database made by the migrations alone', async () => {
    expect((await database.owner.unsafe(violations)).map((row) => row['what'])).toEqual([])
  })

  test('finds a planted fault', async () => {
    expect(await violationsAfter(broken, violations)).not.toEqual([])
  })
})

const tables = ['workspaces', 'memberships', 'boards', 'board_columns', 'contacts', 'cache_settings']
const contact = {
  ...{ id: 'new', board_id: 'b1', board_column_id: 'c1', name: 'Zoë' },
  ...{ email: 'zoe@x.example', phone: '+15550100123' },
}

describe('through the tables themselves', () => {
  test('a member reads their own workspace, and a caller without a token nothing', async () => {
    await database.rpc(callers.admin, 'cache_settings_write', { p_workspace: 'w1', p_change: {} })
    await database.rpc(callers.outsider, 'cache_settings_write', { p_workspace: 'w2', p_change: {} })
    for (const table of tables) {
      const column = table === 'workspaces' ? 'id' : 'workspace_id'
      const query = `select distinct ${column} as workspace from public.${table}`
      const read = (caller: Parameters<HostedDatabase['asCaller']>[0]) =>
        database.asCaller(caller, async (sql) => (await sql.unsafe(query)).map((row) => row['workspace']))
      expect([table, await read(callers.member)]).toEqual([table, ['w1']])
      expect([table, await read(callers.outsider)]).toEqual([table, ['w2']])
      expect([table, await read({ sub: 'nobody' })]).toEqual([table, []])
      await expect(read('anon')).rejects.toThrow('permission denied')
    }
  })

  test('a member writes contacts of their own workspace alone, and no partition, tally or outbox', async () => {
    const insert = (workspace: string) =>
      database.asCaller(
        callers.member,
        (sql) => sql`
          insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
          values (${workspace}, 'direct', 'b1', 'c1', 'Zoë')`,
      )
    await insert('w1')
    await expect(insert('w2')).rejects.toThrow('row-level security')
    const change = (statement: string) =>
      database.asCaller(callers.member, async (sql) => (await sql.unsafe(statement)).count)
    expect(await change(`update public.contacts set name = 'X' where workspace_id = 'w2'`)).toBe(0)
    expect(await change(`delete from public.contacts where workspace_id = 'w2'`)).toBe(0)
    for (const statement of [
      `update public.contacts set workspace_id = 'w2' where id = 'direct'`,
      `update public.contacts set created_at = now() where id = 'direct'`,
      `truncate public.contacts`,
      `insert into public.memberships (workspace_id, user_id) values ('w2', 'member')`,
      `delete from public.boards where id = 'b1'`,
      `select from private.contacts_00`,
      `select from private.contact_tallies`,
      `update private.outbox set due_at = now() + interval '1 hour'`,
    ])
      await expect(change(statement)).rejects.toThrow('permission denied')
    await change(`delete from public.contacts where id = 'direct'`)
  })
})

describe('through the functions', () => {
  test('a member may do everything in their own workspace, and an outsider nothing', async () => {
    const write = { p_workspace: 'w1', p_contact: contact }
    const one = { p_workspace: 'w1', p_contact: 'new' }
    const calls = [
      ['contact_create', write],
      ['contact_update', { ...one, p_change: { board_column_id: 'c2' } }],
      ['contacts_import', { p_workspace: 'w1', p_contacts: [contact, { ...contact, id: 'other' }] }],
      ['contact', one],
      ['lead', one],
      ['lead_status', one],
      ['contact_by_email', { p_workspace: 'w1', p_addresses: ['zoe@x.example'] }],
      ['lead_by_phone', { p_workspace: 'w1', p_keys: ['+15550100123'] }],
      ['workspace_region', { p_workspace: 'w1' }],
      ['contact_counts', { p_workspace: 'w1' }],
      ['workspace_boards', { p_workspace: 'w1' }],
      ['dashboard', { p_workspace: 'w1', p_user: 'member' }],
      ['analytics', { p_workspace: 'w1', p_days: 30 }],
      ['workspace_needs', { p_workspace: 'w1' }],
      ['cache_settings_read', { p_workspace: 'w1' }],
      ['contact_delete', one],
    ] as const
    for (const [name, args] of calls) {
      expect([name, await database.rpc(callers.outsider, name, args)]).toEqual([
        name,
        { outcome: 'forbidden' },
      ])
      await expect(database.rpc('anon', name, args)).rejects.toThrow('permission denied')
      expect([name, await database.rpc(callers.member, name, args)]).toMatchObject([name, { outcome: 'ok' }])
    }
  })

  test('only the service role, and no member, may run the outbox and the tallies', async () => {
    const calls = [
      ['outbox_claim', { p_rows_max: 1, p_lease_ms: 0 }],
      ['outbox_read', { p_ids: [] }],
      ['outbox_acknowledge', { p_ids: [] }],
      ['outbox_release', { p_ids: [], p_delay_ms: 0 }],
      ['outbox_fail', { p_failures: [], p_attempts_max: 1 }],
      ['outbox_state', {}],
      ['outbox_wait', { p_wait_ms: 0 }],
      ['outbox_retry_parked', {}],
      ['outbox_move_everything', {}],
      ['outbox_writer_proof', {}],
      ['workspaces_list', { p_after: null, p_limit: 1 }],
      ['mark_take', { p_workspaces_max: 1 }],
      ['fold_counts', {}],
      ['reconcile_counts', { p_workspace: 'w1' }],
    ] as const
    for (const [name, args] of calls) {
      for (const caller of [callers.admin, 'anon'] as const)
        await expect(database.rpc(caller, name, args)).rejects.toThrow('permission denied')
      expect([name, await database.rpc('service_role', name, args)]).toMatchObject([name, { outcome: 'ok' }])
    }
  })
})
