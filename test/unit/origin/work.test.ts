import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFileLinks } from '../../../origin/files/file-links.ts'
import type { FileStore } from '../../../origin/files/file-store.ts'
import type { Files } from '../../../origin/files/files-of.ts'
import { createFolderFiles } from '../../../origin/files/folder-files.ts'
import { toOpaqueText } from '../../../shared/contract/cursor.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createMemoryFiles } from '../../support/memory-files.ts'
import { makeDataDirectory } from '../../support/run-folder.ts'
import { alice, bob, createOrigin, internalAuthKey, nowMs } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'
import { createWatchedBody } from './watched-body.ts'

const workspace = { 'X-Workspace-ID': '15213' }
const asBackend = { ...workspace, Authorization: `Bearer ${internalAuthKey}` }
const asAlice = { ...asBackend, 'X-Caller-Token': alice }
const asBob = { ...asBackend, 'X-Caller-Token': bob }
const at = '2026-01-02T03:04:05+00:00'
const later = new Date(nowMs + 3_600_000).toISOString().replace('Z', '+00:00')

const stored = {
  ...{ id: 'e1', boardId: 'b1', format: 'csv', status: 'done', contacts: 3, sizeBytes: 99, failure: null },
  ...{ createdAt: at, finishedAt: at, file: 'exports/e1', expiresAt: later },
}
const { file: _file, expiresAt: _expiresAt, ...shown } = stored
const imported = {
  ...{ id: 'i1', status: 'queued', sizeBytes: 3, progress: 0, lines: 0, created: 0, updated: 0 },
  ...{ rejected: 0, ignored: 0, rejections: [], stoppedAtLine: null, failure: null },
  ...{ createdAt: at, finishedAt: null },
}
const notification = (id: string) => ({
  ...{ id, kind: 'export.finished', title: 'Your export is ready', body: '' },
  ...{ subject: { type: 'export', id: 'e1' }, createdAt: at, readAt: null },
})

/** An origin whose database answers each function with `answers`, and the calls that it got. */
function originWith(answers: Readonly<Record<string, object>>, files?: Files) {
  const calls: [string, object][] = []
  const database = createPromptDatabase((name, args) => {
    if (name === 'workspace_membership') return { outcome: 'ok', role: 'member' }
    calls.push([name, args])
    return { outcome: 'ok', ...answers[name] }
  })
  return { ...createOrigin({ database, ...(files === undefined ? {} : { files }) }), calls }
}
const inMemory = () => {
  const store = createMemoryFiles()
  return { store, files: { store, served: null } satisfies Files }
}
type App = ReturnType<typeof createOrigin>['app']
const call = (app: App, path: string, init: RequestInit = {}) => Promise.resolve(app.request(path, init))
const bodyOf = async (response: Response): Promise<unknown> => response.json()

describe('exports', () => {
  test('are asked for with a board and a format, and are shown without the name of their file', async () => {
    const { app, calls } = originWith(
      { export_create: { export: { ...stored, status: 'queued', file: null } } },
      inMemory().files,
    )
    const body = JSON.stringify({ id: 'e1', boardId: 'b1', format: 'csv' })
    const response = await call(app, '/api/v1/exports', { method: 'POST', headers: asAlice, body })
    expect(response.status).toBe(201)
    expect(await bodyOf(response)).toEqual({
      success: true,
      data: { ...shown, status: 'queued', url: null, urlExpiresAt: null },
    })
    expect(calls).toEqual([
      ['export_create', { p_workspace: '15213', p_export: 'e1', p_board: 'b1', p_format: 'csv' }],
    ])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  test('have a link once they are done, and none in a list', async () => {
    const { app } = originWith(
      { export_read: { export: stored }, exports_list: { exports: [stored] } },
      inMemory().files,
    )
    const one = await bodyOf(await call(app, '/api/v1/exports/e1', { headers: asBackend }))
    expect(one).toEqual({
      success: true,
      data: { ...shown, url: `memory:exports/e1?expires=${Date.parse(later)}`, urlExpiresAt: later },
    })
    const list = await bodyOf(await call(app, '/api/v1/exports', { headers: asBackend }))
    expect(list).toEqual({ success: true, data: { exports: [{ ...shown, url: null, urlExpiresAt: null }] } })
  })

  test('are not there where no files are kept, and tell why they are refused', async () => {
    const body = JSON.stringify({ format: 'csv' })
    const { app, calls } = originWith({})
    const response = await call(app, '/api/v1/exports', { method: 'POST', headers: asBackend, body })
    expect(response.status).toBe(503)
    expect(await bodyOf(response)).toMatchObject({ code: 'files_unavailable' })
    expect(calls).toEqual([])
    for (const [outcome, status, code] of [
      ['board_not_found', 404, 'board_not_found'],
      ['export_exists', 409, 'export_exists'],
      ['rate_limited', 429, 'rate_limited'],
      ['queues_unavailable', 503, 'queues_unavailable'],
      ['admin_required', 403, 'admin_required'],
    ] as const) {
      const refusing = originWith({ export_create: { outcome } }, inMemory().files)
      const refused = await call(refusing.app, '/api/v1/exports', {
        method: 'POST',
        headers: asBackend,
        body,
      })
      expect(refused.status).toBe(status)
      expect(await bodyOf(refused)).toMatchObject({ success: false, code })
    }
  })
})

describe('an upload of an import', () => {
  const answers = { import_create: { file: 'imports/i1' }, import_stored: { import: imported } }
  /** A request with a stream as its body needs `duplex` (WHATWG Fetch). */
  const upload = (
    app: App,
    body: string | ReadableStream<Uint8Array>,
    headers: Record<string, string> = asBackend,
  ) => call(app, '/contacts/import/jobs', { method: 'POST', headers, body, duplex: 'half' })

  test('is stored as it came, and then queued with its size', async () => {
    const { store, files } = inMemory()
    const { app, calls } = originWith(answers, files)
    const response = await upload(app, '{}\n', { ...workspace, Authorization: `Bearer ${bob}` })
    expect(response.status).toBe(201)
    expect(await bodyOf(response)).toEqual({ success: true, data: imported })
    expect(new TextDecoder().decode(store.files.get('imports/i1'))).toBe('{}\n')
    const [begun, ended] = calls
    expect(begun?.[0]).toBe('import_create')
    expect(ended).toEqual([
      'import_stored',
      { p_workspace: '15213', p_import: Object(begun?.[1])['p_import'], p_size_bytes: 3, p_failure: null },
    ])
  })

  test('that breaks off leaves a failed import and no file', async () => {
    const { store, files } = inMemory()
    const { app, calls } = originWith(answers, files)
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      pull: (controller) => controller.error(new Error('the connection is gone')),
    })
    const response = await upload(app, broken)
    expect(await bodyOf(response)).toMatchObject({ success: false, code: 'malformed_request' })
    expect(calls.at(-1)).toEqual([
      'import_stored',
      expect.objectContaining({ p_size_bytes: null, p_failure: 'the upload broke off' }),
    ])
    expect(store.files.size).toBe(0)
  })
})

describe('an upload of an import that is too large', () => {
  const answers = { import_create: { file: 'imports/i1' }, import_stored: { import: null } }

  test('is refused by the size that it announces, before anything is read or begun', async () => {
    const { app, calls } = originWith(answers, inMemory().files)
    const body = createWatchedBody()
    const announced = { ...asBackend, 'Content-Length': `${limits.importFileBytesMax + 1}` }
    const response = await call(app, '/contacts/import/jobs', {
      ...{ method: 'POST', headers: announced },
      ...body.init,
    })
    expect(await bodyOf(response)).toMatchObject({ success: false, code: 'body_too_large' })
    expect([calls, body.pulls]).toEqual([[], 0])
  })

  test('is read no further than its bound if it announces none, and leaves a failed import', async () => {
    const piece = new Uint8Array(64 * 1_048_576)
    let sentBytes = 0
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          sentBytes += piece.length
          controller.enqueue(piece)
        },
      },
      { highWaterMark: 0 },
    )
    const drain: FileStore = {
      ...createMemoryFiles(),
      async put(_name, content) {
        try {
          await content.pipeTo(new WritableStream())
          return ok(undefined)
        } catch {
          return err({ kind: 'unavailable' })
        }
      },
    }
    const { app, calls } = originWith(answers, { store: drain, served: null })
    const response = await call(app, '/contacts/import/jobs', {
      ...{ method: 'POST', headers: asBackend, body: endless, duplex: 'half' },
    })
    expect(await bodyOf(response)).toMatchObject({ success: false, code: 'body_too_large' })
    expect(sentBytes).toBeLessThanOrEqual(limits.importFileBytesMax + 2 * piece.length)
    expect(calls.at(-1)?.[1]).toMatchObject({ p_size_bytes: null, p_failure: 'the file is too large' })
  })
})

test('a parameter that is given twice is refused, whichever of its values may be meant', async () => {
  const { app, calls } = originWith({ snapshots_list: { snapshots: [] } })
  for (const query of [
    'notifications?unread=true&unread=false',
    'analytics/snapshots?period=daily&period=weekly',
    'webhook-endpoints/e1/deliveries?status=failed&status=waiting',
  ]) {
    const refused = await call(app, `/api/v1/${query}`, { headers: asBob })
    expect([refused.status, await bodyOf(refused)]).toMatchObject([400, { code: 'invalid_parameter' }])
  }
  expect(calls).toEqual([])
})

describe('notifications', () => {
  const page = { notifications: [notification('n1')], unread: 1 }

  test("are a member's own, and the backend's for the user that it names", async () => {
    const { app, calls } = originWith({ notifications_page: page })
    const data = { ...page, nextCursor: null }
    for (const [headers, query] of [
      [asBob, '?unread=true'],
      [asBob, '?unread=true&user=bob'],
      [asBackend, '?unread=true&user=bob'],
    ] as const) {
      const response = await call(app, `/api/v1/notifications${query}`, { headers })
      expect(await bodyOf(response)).toEqual({ success: true, data })
      expect(calls.at(-1)).toEqual([
        'notifications_page',
        { p_workspace: '15213', p_user: 'bob', p_unread: true, p_after: null, p_after_id: null },
      ])
    }
    const refused = async (path: string, headers: Record<string, string>) =>
      Object(await bodyOf(await call(app, path, { headers })))['code']
    expect(await refused('/api/v1/notifications', asBackend)).toBe('user_needed')
    expect(await refused('/api/v1/notifications?user=alice', asBob)).toBe('user_mismatch')
    expect(await refused('/api/v1/notifications?cursor=x', asBob)).toBe('invalid_cursor')
    expect(await refused('/api/v1/notifications?more=x', asBob)).toBe('invalid_parameter')
  })

  test('continue after the last one of a page', async () => {
    const many = Array.from({ length: limits.notificationsPerPage + 1 }, (_, index) =>
      notification(`n${index}`),
    )
    const { app, calls } = originWith({ notifications_page: { notifications: many, unread: 51 } })
    const first = await bodyOf(await call(app, '/api/v1/notifications', { headers: asBob }))
    const last = `n${limits.notificationsPerPage - 1}`
    expect(first).toMatchObject({ data: { nextCursor: toOpaqueText({ createdAt: at, id: last }) } })
    const cursor = Object(first)['data']['nextCursor']
    await call(app, `/api/v1/notifications?cursor=${cursor}`, { headers: asBob })
    expect(calls.at(-1)?.[1]).toMatchObject({ p_after: at, p_after_id: last, p_unread: false })
  })

  test('are marked by their ids, or up to an instant', async () => {
    const { app, calls } = originWith({ notifications_mark: { marked: 1, unread: 0 } })
    const mark = async (body: object) =>
      bodyOf(
        await call(app, '/api/v1/notifications/read', {
          method: 'POST',
          headers: asBob,
          body: JSON.stringify(body),
        }),
      )
    expect(await mark({ ids: ['n1'] })).toEqual({ success: true, data: { marked: 1, unread: 0 } })
    expect(calls.at(-1)?.[1]).toEqual({ p_workspace: '15213', p_user: 'bob', p_ids: ['n1'], p_until: null })
    await mark({ until: at })
    expect(calls.at(-1)?.[1]).toMatchObject({ p_ids: null, p_until: at })
    for (const bad of [{}, { ids: [] }, { ids: ['n1'], until: at }, { until: 'now' }])
      expect(await mark(bad)).toMatchObject({ code: 'invalid_body' })
  })
})

test('snapshots are asked for by their period', async () => {
  const { app, calls } = originWith({ snapshots_list: { snapshots: [] } })
  const response = await call(app, '/api/v1/analytics/snapshots?period=weekly&limit=5', { headers: asBob })
  expect(await bodyOf(response)).toEqual({ success: true, data: { snapshots: [] } })
  expect(calls).toEqual([['snapshots_list', { p_workspace: '15213', p_period: 'weekly', p_rows: 5 }]])
  for (const query of ['', '?period=yearly', '?period=daily&limit=32']) {
    const refused = await call(app, `/api/v1/analytics/snapshots${query}`, { headers: asBob })
    expect(await bodyOf(refused)).toMatchObject({ code: 'invalid_parameter' })
  }
})

describe('a link to a file of the origin', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await makeDataDirectory()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('gives the file to be saved, for as long as it is signed for, and to nobody else', async () => {
    const links = createFileLinks(internalAuthKey)
    const store = createFolderFiles({ folder, url: '', links })
    const clock = createFakeClock(nowMs)
    const { app } = createOrigin({
      database: createPromptDatabase(() => null),
      files: { store, served: { store, links } },
      clock,
    })
    await store.put('exports/e1', new Blob(['"a"']).stream(), 'text/csv', new AbortController().signal)
    const path = links.pathOf('exports/e1', { savedAs: 'contacts.csv', expiresAtMs: nowMs + 1_000 })
    const response = await call(app, path)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('"a"')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-disposition': 'attachment; filename="contacts.csv"',
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    expect((await call(app, path.replace('contacts.csv', 'page.html'))).status).toBe(401)
    expect((await call(app, '/files/exports/e1')).status).toBe(401)
    await store.remove(['exports/e1'], new AbortController().signal)
    expect((await call(app, path)).status).toBe(404)
    await clock.advance(1_000)
    expect((await call(app, path)).status).toBe(401)
  })

  test('leads nowhere where files are kept elsewhere', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => null) })
    expect((await call(app, '/files/exports/e1')).status).toBe(404)
  })
})
