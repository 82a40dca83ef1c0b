import { evictAllDurableObjects, reset } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { alertReportSchema } from '../../shared/contract/alerts.ts'
import { monitoringHealthSchema } from '../../shared/contract/monitoring.ts'
import type { CacheEvent } from '../../worker/metrics/events.ts'
import { totalsOf } from '../../worker/metrics/totals.ts'
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

async function report() {
  return alertReportSchema.parse((await ask('/api/monitoring/alerts')).body.data)
}

/** Something was served that was not current; settles once the alert of it fires. */
async function violate() {
  await shard().add({ writer: crypto.randomUUID(), sequence: 1 }, 'LAX', totalsOf([violation]), {})
  return vi.waitFor(async () => {
    const seen = await report()
    expect(seen.changes.map(({ name, to }) => `${name} ${to}`)).toEqual(['consistency_violation firing'])
    return seen
  }, 10_000)
}

describe('the alerts of the object that sums', () => {
  it('survive a restart: how they stand, what changed, and their settings', async () => {
    await ask('/api/monitoring/alerts/settings', {
      method: 'POST',
      headers: { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` },
      body: '{"rules":{"error_rate":{"fire_at":0.5}}}',
    })
    const before = await violate()
    await evictAllDurableObjects()
    const after = await report()
    expect(after.changes).toEqual(before.changes)
    expect(after.rules).toEqual(before.rules)
    const standing = after.alerts.find(({ name }) => name === 'consistency_violation')
    expect(standing).toMatchObject({ state: 'firing', since: before.changes[0]?.at })
  })

  it('show in /health, and do not make its status', async () => {
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
  it('passes through the Worker as it comes, and ends for the object when its reader leaves', async () => {
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
})
