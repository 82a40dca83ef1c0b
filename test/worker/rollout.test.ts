import { reset } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deploymentActivityPageSchema } from '../../shared/contract/activity.ts'
import { rolloutSchema, shadowReportSchema } from '../../shared/contract/rollout.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

afterEach(reset)

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const internal = bearer(workerTestBindings.INTERNAL_AUTH_KEY)
const reader = bearer(workerTestBindings.METRICS_TOKEN)
const tokenOf = async (role: 'admin' | 'member') => workerTokenFor({ '15213': role })
const admin = { ...bearer(await tokenOf('admin')), 'X-Workspace-ID': '15213' }
const member = { ...bearer(await tokenOf('member')), 'X-Workspace-ID': '15213' }

async function ask(path: string, headers: Record<string, string>, body?: unknown) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await exports.default.fetch(`https://boardcache.test${path}`, { headers, ...init })
  const json = z
    .object({ code: z.string().optional(), data: z.unknown().optional() })
    .parse(await response.json())
  return { status: response.status, ...json }
}

const change = async (body: unknown) => rolloutSchema.parse((await ask('/api/rollout', internal, body)).data)
const rolloutOf = async (workspace: string) =>
  (await env.LEDGER.get(env.LEDGER.idFromName(workspace)).since(null, 0)).rollout

describe('the rollout', () => {
  it('is on until an operator changes it, and then in force in ledgers that are awake and that wake up', async () => {
    const before = rolloutSchema.parse((await ask('/api/rollout', internal)).data)
    expect(before).toMatchObject({ mode: 'on', percent: 100, version: 0, changed: null, unconfirmed: 0 })
    expect(await rolloutOf('15213')).toBeUndefined()
    const changed = await change({ mode: 'percent', percent: 0, allow: ['15214'], shadowed: ['15215'] })
    expect(changed).toMatchObject({ unconfirmed: 0, changed: { by: { kind: 'internal-key' } } })
    expect(await rolloutOf('15213')).toBe('off')
    expect(await rolloutOf('15214')).toBeUndefined()
    expect(await rolloutOf('15215')).toBe('shadow')
    await change({ mode: 'off' })
    expect([await rolloutOf('15214'), await rolloutOf('15215')]).toEqual(['off', 'off'])
    const frozen = rolloutSchema.parse((await ask('/api/rollout', internal)).data)
    expect(frozen).toMatchObject({ mode: 'off', percent: 0, allow: ['15214'], shadowed: ['15215'] })
  })

  it('is changed by operators alone, from the version that they read', async () => {
    for (const [headers, code] of [
      [admin, 'operator_required'],
      [member, 'operator_required'],
      [reader, 'token_invalid'],
      [{}, 'token_missing'],
    ] as const) {
      const refused = await ask('/api/rollout', headers, { mode: 'off' })
      expect([refused.code, refused.status >= 400], code).toEqual([code, true])
    }
    for (const path of ['/api/rollout', '/api/rollout/shadow'])
      for (const headers of [admin, member]) expect((await ask(path, headers)).code).toBe('operator_required')
    const { version } = await change({ mode: 'shadow' })
    expect(await ask('/api/rollout', internal, { version: version - 1, mode: 'on' })).toMatchObject({
      status: 409,
      code: 'rollout_changed',
    })
    expect(await change({ version, percent: 12.5 })).toMatchObject({ mode: 'shadow', percent: 12.5 })
  })

  it('refuses what is out of bounds, and changes nothing by it', async () => {
    for (const body of [
      ...[{}, { version: 1 }, { mode: 'half' }, { percent: 101 }, { percent: 1.001 }, { allow: ['a b'] }],
      ...[
        { allow: ['1', '1'] },
        { mode: 'off', more: 1 },
        { deny: Array.from({ length: 501 }, (_, at) => `w${at}`) },
      ],
    ])
      expect((await ask('/api/rollout', internal, body)).code, JSON.stringify(body)).toBe('invalid_body')
    expect((await ask('/api/rollout', internal)).data).toMatchObject({ version: 0 })
  })

  it('is in the activity feed and in Prometheus', async () => {
    await change({ mode: 'percent', percent: 7.25, deny: ['15214'] })
    const feed = await ask('/api/monitoring/activity?kind=rollout', reader)
    const { items } = deploymentActivityPageSchema.parse(feed.data)
    expect(items).toMatchObject([
      {
        ...{ kind: 'rollout', by: { kind: 'internal_key' }, reason: 'changed' },
        ...{ from: { mode: 'on', percent: 100 }, to: { mode: 'percent', percent: 7.25 } },
        lists: [{ list: 'deny', added: 1, removed: 0 }],
      },
    ])
    expect(JSON.stringify(items)).not.toContain('15214')
    const metrics = await exports.default.fetch('https://boardcache.test/metrics?format=prometheus', {
      headers: reader,
    })
    const text = await metrics.text()
    for (const line of [
      'boardcache_rollout_mode{mode="percent"} 1',
      'boardcache_rollout_mode{mode="off"} 0',
      'boardcache_rollout_percent 7.25',
      'boardcache_rollout_workspaces{list="deny"} 1',
      'boardcache_rollout_unconfirmed_ledgers 0',
    ])
      expect(text).toContain(line)
  })

  it('tells what shadow found, by place, and which workspaces are suspected', async () => {
    const overview = env.METRICS_OVERVIEW.get(env.METRICS_OVERVIEW.idFromName('deployment'))
    const violation = { resource: 'contact-list', places: ['$.contacts[].name'] }
    for (const keyDigest of ['a', 'b'])
      await overview.noteViolation({ ...violation, keyDigest, workspaceId: '15213' as never })
    const report = shadowReportSchema.parse((await ask('/api/rollout/shadow', internal)).data)
    expect(report).toMatchObject({
      differences: [{ resource: 'contact-list', place: '$.contacts[].name', count: 2 }],
      suspected: [{ workspaceId: '15213', keys: 2 }],
    })
  })
})
