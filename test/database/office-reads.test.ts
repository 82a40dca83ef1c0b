import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
})
afterAll(() => server?.stop())

const tables = ['workspace_configurations', 'webhook_sources', 'role_permissions', 'mailbox_folders']
beforeEach(async () => {
  for (const table of tables) await database.owner.unsafe(`delete from public.${table}`)
})

const inW1 = { p_workspace: 'w1' }

describe('workspace_config', () => {
  test('answers the row of the workspace with instants in UTC, and null without one', async () => {
    expect(await database.rpc(callers.member, 'workspace_config', inW1)).toEqual({
      outcome: 'ok',
      configuration: null,
    })
    await database.owner`
      insert into public.workspace_configurations (workspace_id, language, greetings, updated_at)
      values ('w1', 'de', '{"voice": "{greeting}!"}', '2026-01-02T03:04:05.123456+00:00')`
    expect(await database.rpc(callers.member, 'workspace_config', inW1)).toEqual({
      outcome: 'ok',
      configuration: {
        ...{ language: 'de', region: 'US', time_zone: 'UTC', working_hours: {} },
        ...{ greetings: { voice: '{greeting}!' }, updated_at: '2026-01-02T03:04:05.123456+00:00' },
      },
    })
  })
})

describe('webhook_sources', () => {
  const answer = z.object({ sources: z.array(z.looseObject({ id: z.string() })), is_complete: z.boolean() })
  const addSources = (count: number) => database.owner`
    insert into public.webhook_sources (workspace_id, id, name, kind)
    select 'w1', 's' || lpad(n::text, 3, '0'), 'Source ' || n, 'stripe' from generate_series(1, ${count}) n`

  test('answers all sources in the order of their ids, up to the bound, and says when there are more', async () => {
    const read = async () => answer.parse(await database.rpc(callers.member, 'webhook_sources', inW1))
    expect(await read()).toEqual({ sources: [], is_complete: true })
    await addSources(limits.webhookSourcesMax)
    const all = await read()
    expect([all.sources.length, all.is_complete]).toEqual([limits.webhookSourcesMax, true])
    await database.owner`
      insert into public.webhook_sources (workspace_id, id, name, kind) values ('w1', 's000', 'First', 'calendar')`
    const some = await read()
    expect([some.sources.length, some.is_complete, some.sources[0]?.id]).toEqual([
      limits.webhookSourcesMax,
      false,
      's000',
    ])
  })

  test('shows one workspace nothing of another', async () => {
    await addSources(1)
    const other = { p_workspace: 'w2' }
    expect(answer.parse(await database.rpc(callers.outsider, 'webhook_sources', other)).sources).toEqual([])
  })
})

describe('permissions', () => {
  const permissionsOf = (caller: Parameters<HostedDatabase['rpc']>[0], p_user: string) =>
    database.rpc(caller, 'permissions', { ...inW1, p_user })

  test("answers the role of the table and the changes of both roles, a role's denials before the rest", async () => {
    await database.owner`
      insert into public.role_permissions (workspace_id, role, permission, is_allowed) values
        ('w1', 'member', 'a.allowed', true), ('w1', 'member', 'z.denied', false), ('w1', 'admin', 'b.allowed', true),
        ('w2', 'member', 'c.allowed', true)`
    const answer = {
      outcome: 'ok',
      role: 'member',
      changes: [
        { role: 'admin', permission: 'b.allowed', is_allowed: true },
        { role: 'member', permission: 'z.denied', is_allowed: false },
        { role: 'member', permission: 'a.allowed', is_allowed: true },
      ],
    }
    expect(await permissionsOf(callers.member, 'member')).toEqual(answer)
    expect(await permissionsOf('service_role', 'member')).toEqual(answer)
  })

  test('follows from the table, whatever role a token claims, so that one entry answers the user and the backend', async () => {
    const claimant = { sub: 'claimant', app_metadata: { workspaces: { w1: 'admin' } } }
    const answer = { outcome: 'ok', role: null, changes: [] }
    expect(await permissionsOf(claimant, 'claimant')).toEqual(answer)
    expect(await permissionsOf('service_role', 'claimant')).toEqual(answer)
  })

  test('keeps every denial when a role has more changes than it answers', async () => {
    await database.owner`
      insert into public.role_permissions (workspace_id, role, permission, is_allowed)
      select 'w1', 'member', 'a.p_' || translate(n::text, '0123456789', 'abcdefghij'), true
      from generate_series(1, ${limits.permissionChangesMax + 10}) n`
    await database.owner`
      insert into public.role_permissions (workspace_id, role, permission, is_allowed)
      values ('w1', 'member', 'z.denied', false)`
    const { changes } = z
      .object({ changes: z.array(z.looseObject({ permission: z.string() })) })
      .parse(await permissionsOf(callers.member, 'member'))
    expect([changes.length, changes[0]?.permission]).toEqual([limits.permissionChangesMax, 'z.denied'])
  })

  test('are forbidden to other members, to admins, and to strangers', async () => {
    for (const caller of [callers.admin, callers.outsider, { sub: 'service_role' }])
      expect(await permissionsOf(caller, 'member')).toEqual({ outcome: 'forbidden' })
    expect(await permissionsOf(callers.outsider, 'outsider')).toEqual({ outcome: 'forbidden' })
  })
})

describe('mailbox', () => {
  const page = (caller: Parameters<HostedDatabase['rpc']>[0], p_page = 1, p_user = 'member') =>
    database.rpc(caller, 'mailbox', { ...inW1, p_user, p_folder: 'inbox', p_page })
  const answer = z.object({
    messages: z.array(z.looseObject({ id: z.string() })),
    total: z.int(),
    is_counted: z.boolean(),
  })
  const fill = async (count: number) => {
    await database.owner`
      insert into public.mailbox_folders (workspace_id, user_id, folder)
      values ('w1', 'member', 'inbox'), ('w1', 'member', 'sent'), ('w1', 'admin', 'inbox')`
    // Pairs of messages have one instant, so that ids decide between them.
    await database.owner`
      insert into public.mailbox_messages (workspace_id, user_id, folder, id, from_address, received_at)
      select 'w1', 'member', 'inbox', 'm' || lpad(n::text, 5, '0'), 'ann@example.com',
        '2026-01-01T00:00:00Z'::timestamptz + interval '1 minute' * (n / 2)
      from generate_series(1, ${count}) n`
    await database.owner`
      insert into public.mailbox_messages (workspace_id, user_id, folder, id, from_address, received_at)
      values ('w1', 'member', 'sent', 'elsewhere', 'a@example.com', now()),
        ('w1', 'admin', 'inbox', 'another', 'a@example.com', now())`
  }
  const idsFrom = (last: number, first: number) =>
    Array.from({ length: last - first + 1 }, (_, step) => `m${String(last - step).padStart(5, '0')}`)

  test('answers the messages of a page, newest first and by ids among equals, and the totals past the end too', async () => {
    await fill(120)
    for (const [number, ids] of [
      [1, idsFrom(120, 71)],
      [3, idsFrom(20, 1)],
      [4, []],
    ] as const) {
      const { messages, total, is_counted } = answer.parse(await page(callers.member, number))
      expect([messages.map(({ id }) => id), total, is_counted]).toEqual([ids, 120, true])
    }
    expect(await page('service_role')).toEqual(await page(callers.member))
  })

  test('counts a folder up to the last page that can be read', async () => {
    await fill(limits.mailboxPageMax * limits.mailboxPerPage + 1)
    const last = answer.parse(await page(callers.member, limits.mailboxPageMax))
    expect([last.messages.length, last.total, last.is_counted]).toEqual([50, 10_000, false])
  })

  test('is absent without a folder, and forbidden to everybody but its user and the backend', async () => {
    expect(await page(callers.member)).toEqual({ outcome: 'not_found' })
    await fill(1)
    for (const caller of [callers.admin, callers.outsider, { sub: 'service_role' }])
      expect(await page(caller)).toEqual({ outcome: 'forbidden' })
    expect(await page(callers.outsider, 1, 'outsider')).toEqual({ outcome: 'forbidden' })
  })
})
