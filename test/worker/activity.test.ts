import { reset } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deploymentActivityPageSchema, workspaceActivityPageSchema } from '../../shared/contract/activity.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

afterEach(reset)

const tokenFor = async (workspaces: Record<string, 'admin' | 'member'>) => workerTokenFor(workspaces)
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const internal = bearer(workerTestBindings.INTERNAL_AUTH_KEY)
const admin = { ...bearer(await tokenFor({ '15213': 'admin' })), 'X-Workspace-ID': '15213' }
const otherAdmin = { ...bearer(await tokenFor({ '15214': 'admin' })), 'X-Workspace-ID': '15214' }
const member = { ...bearer(await tokenFor({ '15213': 'member' })), 'X-Workspace-ID': '15213' }

async function ask(path: string, headers: Record<string, string>, body?: unknown) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await exports.default.fetch(`https://boardcache.test${path}`, { headers, ...init })
  return { status: response.status, body: await response.json<{ code?: string; data: unknown }>() }
}

const feedOf = async (headers: Record<string, string>, query = '') =>
  workspaceActivityPageSchema.parse((await ask(`/api/activity?${query}`, headers)).body.data)
const report = (event: object) => ask('/api/cache/invalidate', internal, event)
const moved = { workspaceId: '15213', boardId: 'board_1', contactId: 'c1', action: 'contact_moved' }

describe('what moved in a workspace', () => {
  it('is told to its admins with cause, ids, tags and version, and is another one in every workspace', async () => {
    const { body } = await report({ ...moved, fromColumnId: 'a', toColumnId: 'b', eventId: 'e1' })
    const { version } = z.object({ version: z.int() }).parse(body.data)
    // The same event again changes nothing, and happened once.
    await report({ ...moved, fromColumnId: 'a', toColumnId: 'b', eventId: 'e1' })
    await ask('/api/cache/invalidate', internal, {
      outbox: [{ eventId: 'o1', workspaceId: '15213', tags: ['counts', 'contact#517'] }],
    })
    await ask('/api/cache-settings/invalidate', admin, { workspaceId: '15213' })
    await report({ workspaceId: '15214', action: 'workspace_updated' })

    const { items, next } = await feedOf(admin)
    expect(items.map((item) => (item.kind === 'invalidation' ? item.cause : item.kind))).toEqual([
      ...['action', 'outbox', 'api'],
    ])
    const [action, outbox, api] = items
    expect(action?.by).toMatchObject({ kind: 'user' })
    expect(outbox).toMatchObject({ by: null, tags: ['counts', 'contact#517'], version: version + 1 })
    expect(api).toMatchObject({ by: { kind: 'internal_key' }, version })
    expect(api).toMatchObject({ event: { action: 'contact_moved', fromColumnId: 'a', toColumnId: 'b' } })
    expect(JSON.stringify(items)).not.toContain('e1"')
    expect(next).toBeNull()
    expect((await feedOf(otherAdmin)).items).toHaveLength(1)
  })

  it('comes by cause, in pages, and only what is newer', async () => {
    for (let number = 0; number < 3; number += 1) await report({ ...moved, contactId: `c${number}` })
    const first = await feedOf(admin, 'limit=2')
    const rest = await feedOf(admin, `limit=2&before=${first.next}`)
    expect([first.items.length, rest.items.length, rest.next]).toEqual([2, 1, null])
    expect((await feedOf(admin, `after=${first.newest}`)).items).toEqual([])
    await report({ ...moved, contactId: 'later' })
    expect((await feedOf(admin, `after=${first.newest}`)).items).toMatchObject([
      { event: { contactId: 'later' } },
    ])
    expect((await feedOf(admin, 'cause=outbox')).items).toEqual([])
    expect((await feedOf(admin, 'kind=settings')).items).toEqual([])
  })

  it('is refused to members, other workspaces, keys and bad input', async () => {
    const refused: [Record<string, string>, string, string][] = [
      [member, '', 'admin_required'],
      [{ ...admin, 'X-Workspace-ID': '15214' }, '', 'not_a_member'],
      [{ ...internal, 'X-Workspace-ID': '15213' }, '', 'token_invalid'],
      [{ 'X-Workspace-ID': '15213' }, '', 'token_missing'],
      [admin, 'limit=101', 'invalid_parameter'],
      [admin, 'before=x', 'invalid_parameter'],
      [admin, 'kind=deploy', 'invalid_parameter'],
      [admin, 'workspace=15214', 'invalid_parameter'],
    ]
    for (const [headers, query, code] of refused)
      expect((await ask(`/api/activity?${query}`, headers)).body.code, `${query} ${code}`).toBe(code)
  })
})

describe('what happened to the deployment', () => {
  const path = '/api/monitoring/activity'
  const reader = bearer(workerTestBindings.METRICS_TOKEN)
  const happened = async (headers: Record<string, string>, query = '') =>
    deploymentActivityPageSchema.parse((await ask(`${path}?${query}`, headers)).body.data)

  it('has the version that runs, and changed alert settings with both values and who changed them', async () => {
    await ask('/api/monitoring/alerts/settings', internal, { rules: { error_rate: { fire_at: 0.5 } } })
    const { items } = await happened(reader)
    expect(items.map(({ kind }) => kind)).toEqual(['alert_settings', 'deploy'])
    expect(items[0]).toMatchObject({
      by: { kind: 'internal_key' },
      changes: [{ name: 'error_rate.fire_at', to: 0.5 }],
    })
    // A change that changes nothing is no item.
    await ask('/api/monitoring/alerts/settings', internal, { rules: { error_rate: { fire_at: 0.5 } } })
    expect((await happened(reader)).items).toHaveLength(2)
    expect((await happened(reader, 'kind=deploy')).items).toHaveLength(1)
  })

  it('has no deeds on workspaces for those who may not act on all of them', async () => {
    const asOperator = { ...internal, 'X-Workspace-ID': '15214' }
    expect((await ask('/api/admin/workspaces/15214/invalidate', asOperator, {})).status).toBe(200)
    const { body } = await ask('/api/admin/deeds', internal)
    expect(body.data).toMatchObject({ deeds: [{ deed: 'invalidate', workspaceId: '15214' }] })
    for (const headers of [reader, admin]) {
      expect(JSON.stringify(await happened(headers))).not.toContain('15214')
      expect((await happened(headers, 'kind=deed')).items).toEqual([])
    }
  })

  it('is open to those who see the figures, and to nobody else', async () => {
    expect((await ask(path, admin)).status).toBe(200)
    for (const [headers, code] of [
      [member, 'admin_required'],
      [{}, 'token_missing'],
    ] as const)
      expect((await ask(path, headers)).body.code).toBe(code)
  })
})
