import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { prepareSchema } from '../../origin/queues/bullmq/schema.ts'
import { createNotificationsHandler } from '../../origin/queues/handlers/notifications.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import {
  type Arguments,
  type Caller,
  callers,
  type HostedDatabase,
  type HostedServer,
  startHostedServer,
} from '../database/hosted.ts'
import { createHandlerRuns, type HandlerRuns } from './handler-runs.ts'

let server: HostedServer
let database: HostedDatabase
let runs: HandlerRuns

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
  runs = createHandlerRuns(database.ownerUrl)
  const pool = new pg.Pool({ connectionString: database.ownerUrl, max: 1, options: '-c search_path=bullmq' })
  pool.on('connect', (client) => client.on('error', () => undefined))
  await prepareSchema(pool)
  await pool.end()
})
afterAll(async () => {
  await runs?.stop()
  await server?.stop()
})
beforeEach(async () => {
  for (const table of [
    'bullmq.job',
    'private.exports',
    'private.imports',
    'private.notifications',
    'private.job_marks',
  ])
    await database.owner.unsafe(`delete from ${table}`)
})

const rpc = (name: string, args: Arguments, caller: Caller = callers.admin) =>
  database.rpc(caller, name, { p_workspace: 'w1', ...args })
const jobs = () => database.owner`
  select queue, name, data -> 'workspaceId' as workspace, data -> 'input' as input from bullmq.job order by seq`
const outcome = (kind: string) => ({ outcome: kind })
const asked = (p_export: string, p_board: string | null = null) => ({ p_export, p_board, p_format: 'csv' })

describe('an export', () => {
  test('is asked for by admins and the backend, with its job in the same transaction', async () => {
    expect(await rpc('export_create', asked('e1'))).toMatchObject({
      outcome: 'ok',
      export: { id: 'e1', status: 'queued', boardId: null, format: 'csv', file: null },
    })
    expect(await rpc('export_create', asked('e2', 'b1'), 'service_role')).toMatchObject({ outcome: 'ok' })
    expect(await jobs()).toEqual([
      { queue: 'exports', name: 'export', workspace: 'w1', input: { exportId: 'e1' } },
      { queue: 'exports', name: 'export', workspace: 'w1', input: { exportId: 'e2' } },
    ])
    expect(await database.owner`select id, user_id from private.exports order by id`).toEqual([
      { id: 'e1', user_id: 'admin' },
      { id: 'e2', user_id: null },
    ])
  })

  test('is refused to members, strangers, and for another workspace', async () => {
    for (const [caller, kind] of [
      [callers.member, 'admin_required'],
      [callers.outsider, 'forbidden'],
    ] as const) {
      expect(await rpc('export_create', asked('e1'), caller)).toEqual(outcome(kind))
      expect(await rpc('export_read', { p_export: 'e1' }, caller)).toEqual(outcome(kind))
      expect(await rpc('exports_list', {}, caller)).toEqual(outcome(kind))
    }
    await rpc('export_create', asked('e1'))
    const elsewhere = { p_workspace: 'w2', p_export: 'e1' }
    expect(await rpc('export_read', elsewhere, callers.outsider)).toEqual(outcome('not_found'))
    expect(await rpc('export_read', { p_export: 'e1', p_workspace: 'none' }, 'service_role')).toEqual(
      outcome('not_found'),
    )
  })

  test('may be asked for again, but not for something else', async () => {
    const first = await rpc('export_create', asked('e1'))
    expect(await rpc('export_create', asked('e1'))).toEqual(first)
    expect(await rpc('export_create', asked('e1', 'b1'))).toEqual(outcome('export_exists'))
    expect(await rpc('export_create', asked('e2', 'none'))).toEqual(outcome('board_not_found'))
    expect(await jobs()).toHaveLength(1)
  })

  test('waits for others if ten are not finished, however many are asked for at once', async () => {
    const many = Array.from({ length: limits.unfinishedExportsMax + 5 }, (_, index) =>
      rpc('export_create', asked(`e${index}`)),
    )
    const refused = (await Promise.all(many)).filter(
      (answer) => JSON.stringify(answer) === JSON.stringify(outcome('rate_limited')),
    )
    expect(refused).toHaveLength(5)
    expect(await jobs()).toHaveLength(limits.unfinishedExportsMax)
  })

  test('is not written down where there are no queues', async () => {
    await database.owner`alter schema bullmq rename to away`
    expect(await rpc('export_create', asked('e1'))).toEqual(outcome('queues_unavailable'))
    await database.owner`alter schema away rename to bullmq`
    expect(await database.owner`select from private.exports`).toEqual([])
  })
})

describe('an import', () => {
  test('is begun by a member, queued once its file is stored, and seen by that member and by admins', async () => {
    const begun = await rpc('import_create', { p_import: 'i1' }, callers.member)
    expect(begun).toMatchObject({
      outcome: 'ok',
      file: expect.stringMatching(/^imports\/[0-9a-f-]+\.ndjson$/),
    })
    expect(await jobs()).toEqual([])
    const stored = { p_import: 'i1', p_size_bytes: 7, p_failure: null }
    expect(await rpc('import_stored', stored)).toEqual(outcome('not_found'))
    expect(await rpc('import_stored', stored, callers.member)).toMatchObject({
      outcome: 'ok',
      import: { status: 'queued', sizeBytes: 7, progress: 0 },
    })
    expect(await rpc('import_stored', stored, callers.member)).toEqual(outcome('not_found'))
    expect(await jobs()).toEqual([
      { queue: 'imports', name: 'import', workspace: 'w1', input: { importId: 'i1' } },
    ])
    for (const caller of [callers.member, callers.admin, 'service_role'] as const) {
      expect(await rpc('import_read', { p_import: 'i1' }, caller)).toMatchObject({ outcome: 'ok' })
      expect(await rpc('imports_list', {}, caller)).toMatchObject({ imports: [{ id: 'i1' }] })
    }
    expect(await rpc('import_read', { p_import: 'i1' }, callers.outsider)).toEqual(outcome('forbidden'))
  })

  test('of somebody else is not there for a member', async () => {
    await rpc('import_create', { p_import: 'i1' })
    expect(await rpc('import_read', { p_import: 'i1' }, callers.member)).toEqual(outcome('not_found'))
    expect(await rpc('imports_list', {}, callers.member)).toEqual({ outcome: 'ok', imports: [] })
  })

  test('whose file could not be stored has failed, and its file expires all the same', async () => {
    await rpc('import_create', { p_import: 'i1' })
    const failed = { p_import: 'i1', p_size_bytes: null, p_failure: 'the upload broke off' }
    expect(await rpc('import_stored', failed)).toMatchObject({ import: { status: 'failed' } })
    expect(await jobs()).toEqual([])
    expect(
      await database.owner`
      select from private.stored_files f join private.imports i on i.file = f.name where f.expires_at > now()`,
    ).toHaveLength(1)
  })
})

describe('notifications', () => {
  const handler = createNotificationsHandler()
  const notify = (id: string, data: object, workspaceId = 'w1') =>
    runs.run(handler, {
      ...{
        queue: 'notifications',
        id,
        data: { userId: 'member', kind: 'contact.assigned', title: id, ...data },
      },
      workspaceId: workspaceIdSchema.parse(workspaceId),
    })
  const page = (more: Arguments = {}, caller: Caller = callers.member) =>
    rpc(
      'notifications_page',
      { p_user: 'member', p_unread: false, p_after: null, p_after_id: null, ...more },
      caller,
    )
  const mark = (more: Arguments, caller: Caller = callers.member) =>
    rpc('notifications_mark', { p_user: 'member', p_ids: null, p_until: null, ...more }, caller)

  test('are kept for their user once, however often their job runs', async () => {
    expect(await notify('w1~n1', { subject: { type: 'contact', id: 'w1-first' } })).toMatchObject({
      ok: true,
    })
    await notify('w1~n1', {})
    expect(await page()).toMatchObject({
      outcome: 'ok',
      unread: 1,
      notifications: [
        {
          kind: 'contact.assigned',
          title: 'w1~n1',
          body: '',
          subject: { type: 'contact', id: 'w1-first' },
          readAt: null,
        },
      ],
    })
  })

  test('are an event for the endpoints of the workspace, which names no content', async () => {
    await database.owner`
      insert into private.webhook_endpoints (workspace_id, id, url, event_types, secret)
      values ('w1', 'hook', 'https://a.example/', '{notification.created}', ${`whsec_${'A'.repeat(43)}=`})`
    await notify('w1~told', {})
    await notify('w1~told', {})
    const [told, ...more] = await database.owner`select event_type, data from private.webhook_deliveries`
    expect(more).toEqual([])
    expect(told).toMatchObject({ event_type: 'notification.created', data: { userId: 'member' } })
    expect(Object.keys(told?.['data']).sort()).toEqual(['notificationId', 'userId'])
    expect((await jobs()).map(({ queue }) => queue)).toEqual(['webhooks'])
    await database.owner`delete from private.webhook_endpoints`
  })

  test('are seen and marked by their user and the backend alone', async () => {
    await notify('w1~n1', {})
    expect(await page({}, 'service_role')).toMatchObject({ unread: 1 })
    for (const caller of [callers.admin, callers.outsider]) {
      expect(await page({}, caller)).toEqual(outcome('forbidden'))
      expect(await mark({ p_until: '2126-01-01T00:00:00Z' }, caller)).toEqual(outcome('forbidden'))
    }
    expect(await page({ p_workspace: 'none' }, 'service_role')).toEqual(outcome('not_found'))
    expect(await page({ p_user: 'admin' })).toEqual(outcome('forbidden'))
    expect(await page()).toMatchObject({ unread: 1 })
  })

  test('are marked by their ids or up to an instant, and again without a change', async () => {
    for (const id of ['w1~a', 'w1~b', 'w1~c']) await notify(id, {})
    // A second apart, because the client of this test makes a Date of an instant, which has milliseconds.
    await database.owner`
      update private.notifications
      set created_at = '2026-01-01T00:00:00Z'::timestamptz + make_interval(secs => ascii(right(title, 1)))`
    const rows =
      await database.owner`select id, created_at::text as at from private.notifications order by created_at`
    const [first, second] = rows
    expect(await mark({ p_ids: [first?.['id'], 'unknown'] })).toEqual({ outcome: 'ok', marked: 1, unread: 2 })
    expect(await mark({ p_ids: [first?.['id']] })).toEqual({ outcome: 'ok', marked: 0, unread: 2 })
    expect(await mark({ p_until: second?.['at'] })).toEqual({ outcome: 'ok', marked: 1, unread: 1 })
    expect(await page({ p_unread: true })).toMatchObject({ notifications: [{ title: 'w1~c' }] })
  })

  test('are read page by page, each once, though new ones arrive', async () => {
    await database.owner`
      insert into private.notifications (workspace_id, id, user_id, kind, title, created_at)
      select 'w1', 'n' || n, 'member', 'x', 'n' || n, now()::timestamptz(3) - make_interval(secs => n / 3)
      from generate_series(1, 120) n`
    const seen: string[] = []
    let after: Arguments = {}
    for (let pages = 0; pages < 3; pages += 1) {
      const { notifications } = (await page(after)) as {
        readonly notifications: readonly { readonly id: string; readonly createdAt: string }[]
      }
      const shown = notifications.slice(0, limits.notificationsPerPage)
      seen.push(...shown.map(({ id }) => id))
      const last = shown.at(-1)
      after = { p_after: last?.createdAt ?? null, p_after_id: last?.id ?? null }
      await database.owner`
        insert into private.notifications (workspace_id, id, user_id, kind, title)
        values ('w1', ${`new${pages}`}, 'member', 'x', 'new')`
    }
    expect(seen).toHaveLength(120)
    expect(new Set(seen).size).toBe(120)
  })

  test('are refused if their data are of another form, or their workspace is gone', async () => {
    for (const data of [
      { kind: 'Bad kind' },
      { title: '' },
      { userId: 'a b' },
      { extra: 1 },
      { body: 'x'.repeat(2_001) },
    ])
      expect(await notify('w1~bad', data)).toMatchObject({ error: { kind: 'permanent' } })
    expect(await notify('w1~gone', {}, 'gone')).toMatchObject({ error: { kind: 'permanent' } })
    expect(await database.owner`select from private.notifications`).toEqual([])
  })
})
