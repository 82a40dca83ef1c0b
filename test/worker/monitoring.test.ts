import { reset, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { alertReportAnswerSchema } from '../../shared/contract/alerts.ts'
import { monitoringHealthSchema } from '../../shared/contract/monitoring.ts'
import { limits } from '../../shared/limits.ts'
import { totalsOf } from '../../worker/deployment/metrics/totals.ts'
import type { CacheEvent } from '../../worker/events.ts'
import { readEvents } from '../support/event-stream.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

afterEach(reset)

const violation: CacheEvent = { kind: 'consistency', outcome: 'violated' }
const authorization = { Authorization: `Bearer ${workerTestBindings.METRICS_TOKEN}` }

const shard = () => env.METRICS.get(env.METRICS.idFromName('LAX'))

async function ask(path: string, init: RequestInit = {}) {
  const response = await exports.default.fetch(`https://boardcache.test${path}`, {
    ...init,
    headers: { ...authorization, ...init.headers },
  })
  return { status: response.status, body: await response.json<{ data: unknown }>() }
}

/**
 * Ends the overview as a crash does. An eviction would wait for the timer of the next sample, and after each timer
 * comes another.
 */
async function endOverview(): Promise<void> {
  const overview = env.METRICS_OVERVIEW.get(env.METRICS_OVERVIEW.idFromName('deployment'))
  await runInDurableObject(overview, (_instance, state) => state.abort()).catch(() => undefined)
}

async function report() {
  return alertReportAnswerSchema.parse((await ask('/api/monitoring/alerts')).body.data)
}

/** Reports an answer that was served as current and was not. Settles once its alert fires. */
async function violate() {
  await shard().add({ writer: crypto.randomUUID(), sequence: 1 }, 'LAX', totalsOf([violation]), {})
  return vi.waitFor(async () => {
    const seen = await report()
    expect(seen.changes.map(({ name, to }) => `${name} ${to}`)).toEqual(['consistency_violation firing'])
    return seen
  }, 40_000)
}

describe('the alerts of the overview', () => {
  it('survive a restart with their states, their changes and their settings', async () => {
    await ask('/api/monitoring/alerts/settings', {
      method: 'POST',
      headers: { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` },
      body: '{"rules":{"error_rate":{"fire_at":0.5}}}',
    })
    const before = await violate()
    await endOverview()
    const after = await report()
    expect(after.changes).toEqual(before.changes)
    expect(after.rules).toEqual(before.rules)
    const standing = after.alerts.find(({ name }) => name === 'consistency_violation')
    expect(standing).toMatchObject({ state: 'firing', since: before.changes[0]?.at })
  })

  it('are in /health, and do not change its status', async () => {
    await violate()
    const response = await exports.default.fetch('https://boardcache.test/health')
    const health = await response.json()
    expect(health).toMatchObject({ alerts: { firing: 1, names: ['consistency_violation'] } })
    expect(monitoringHealthSchema.parse((await ask('/api/monitoring/health')).body).alerts).toMatchObject({
      firing: 1,
    })
  })
})

describe('the stream', () => {
  it('passes through the Worker unchanged, and ends for the object when its reader leaves', async () => {
    await violate()
    const response = await exports.default.fetch('https://boardcache.test/api/monitoring/stream', {
      headers: authorization,
    })
    expect(response.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8')
    const events = readEvents(response.body ?? new ReadableStream())
    expect((await events.next()).value).toMatchObject({
      event: 'snapshot',
      data: { history: { is_resumed: false } },
    })
    expect((await events.next()).value).toMatchObject({ event: 'snapshot', data: { history: null } })
    await events.return()
  })

  it('is not opened by a HEAD request', async () => {
    for (let times = 0; times <= limits.streamsMax; times += 1) {
      const response = await exports.default.fetch('https://boardcache.test/api/monitoring/stream', {
        method: 'HEAD',
        headers: authorization,
      })
      expect(response.status).toBe(200)
      expect(response.headers.get('Content-Type')).toContain('text/event-stream')
    }
  })
})

describe('without a configured operators’ workspace', async () => {
  const tokenOf = (role: 'admin' | 'member') =>
    new SignJWT({ role: 'authenticated', app_metadata: { workspaces: { '15213': role } } })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('user-1')
      .setIssuer('https://example.supabase.co/auth/v1')
      .setAudience('authenticated')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(workerTestBindings.SUPABASE_JWT_SECRET))
  const as = async (role: 'admin' | 'member') => ({
    Authorization: `Bearer ${await tokenOf(role)}`,
    'X-Workspace-ID': '15213',
  })
  const settings = '/api/monitoring/alerts/settings'

  it('every admin may see the figures, and no member', async () => {
    expect((await ask(settings, { headers: await as('admin') })).status).toBe(200)
    const refused = await ask(settings, { headers: await as('member') })
    expect(refused).toMatchObject({ status: 403, body: { code: 'admin_required' } })
    const nowhere = await ask(settings, { headers: { Authorization: (await as('admin')).Authorization } })
    expect(nowhere).toMatchObject({ status: 400, body: { code: 'workspace_missing' } })
  })

  it('only the internal key sets alerts, because they concern the whole deployment', async () => {
    const change = { method: 'POST', body: '{"rules":{"error_rate":{"enabled":false}}}' }
    const refused = await ask(settings, { ...change, headers: await as('admin') })
    expect(refused).toMatchObject({ status: 403, body: { code: 'operator_required' } })
    expect((await ask(settings, change)).status).toBe(401)
    const headers = { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` }
    expect((await ask(settings, { ...change, headers })).status).toBe(200)
  })

  it('the settings say that only the internal key sets alerts', async () => {
    const asAdmin = (await ask('/api/monitoring/alerts', { headers: await as('admin') })).body.data
    expect(alertReportAnswerSchema.parse(asAdmin).changeable_by).toBe('internal_key')
    expect((await report()).changeable_by).toBe('internal_key')
  })

  it.each([
    ['{"rules":{"error_rate":{"fire_at":2}}}', 'rules.error_rate.fire_at'],
    ['{"rules":{"error_rate":{"for_seconds":-1}}}', 'rules.error_rate.for_seconds'],
    ['{"rules":{"error_rate":{"window_seconds":3601}}}', 'rules.error_rate.window_seconds'],
    ['{"rules":{"eror_rate":{}}}', 'rules.eror_rate'],
  ])('settings out of bounds are a 400 that names them: %s', async (body, parameter) => {
    const headers = { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` }
    const refused = await ask(settings, { method: 'POST', body, headers })
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_body', details: [{ parameter }] } })
  })
})
