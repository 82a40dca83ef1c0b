import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alertReportAnswerSchema } from '../../shared/contract/alerts.ts'
import {
  cacheReportSchema,
  monitoringHealthSchema,
  performanceReportSchema,
  redisHealthSchema,
} from '../../shared/contract/monitoring.ts'
import { limits } from '../../shared/limits.ts'
import { type Answer, ask } from '../support/api-client.ts'
import { readEvents, type SeenEvent } from '../support/event-stream.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { failuresOf, has, readCommands } from './runbook-commands.ts'

/** Outages take their time, and the machine may be busy. */
const patient = { timeout: 90_000 }
const metricsToken = 'metrics token of these tests'
let receiver: WebhookReceiver
let stack: TestStack

beforeAll(async () => {
  receiver = await startWebhookReceiver()
  stack = await startTestStack({
    contacts: 2_000,
    hasNearTiers: false,
    workerVariables: {
      METRICS_TOKEN: metricsToken,
      ALERT_WEBHOOK_URL: receiver.url,
      ALERT_WEBHOOK_SECRET: receiver.secret,
    },
  })
})
afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

const monitoring = (path: string, token = metricsToken, init: RequestInit = {}) =>
  ask(`${stack.worker}/api/monitoring${path}`, { ...init, headers: { Authorization: `Bearer ${token}` } })
const parse = <Schema extends z.ZodType>(schema: Schema, { text }: Answer) => schema.parse(JSON.parse(text))
const data = <Schema extends z.ZodType>(schema: Schema) => z.object({ data: schema })
const alertReport = async () => parse(data(alertReportAnswerSchema), await monitoring('/alerts')).data

let page = 0
/** Reads a page that was never read before, so that every tier and the origin are called. */
async function readAnew() {
  page += 1
  return stack.api().get(`/api/boards/board_123/contacts?per_page=1&page=${page}`)
}

async function openStream(lastEventId: string | null = null, token = metricsToken) {
  const controller = new AbortController()
  const response = await fetch(`${stack.worker}/api/monitoring/stream`, {
    headers: {
      Authorization: `Bearer ${token}`,
      ...(lastEventId === null ? {} : { 'Last-Event-ID': lastEventId }),
    },
    signal: controller.signal,
  })
  const events = response.body === null ? null : readEvents(response.body)
  return {
    response,
    leave: () => controller.abort(),
    async next(): Promise<SeenEvent> {
      const { value, done } = (await events?.next()) ?? { done: true, value: undefined }
      if (done) throw new Error('the stream ended')
      return value
    },
  }
}

type Stream = Awaited<ReturnType<typeof openStream>>

async function nextSnapshot(stream: Stream) {
  for (;;) {
    const event = await stream.next()
    if (event.event === 'snapshot') return event
  }
}

describe('access to monitoring', () => {
  it('is for holders of METRICS_TOKEN and admins of the operators’ workspace, and for nobody else', async () => {
    for (const path of ['/health', '/metrics', '/alerts', '/stats/cache', '/metrics/performance']) {
      expect((await monitoring(path)).status).toBe(200)
      expect((await monitoring(path, stack.tokens.admin)).status).toBe(200)
      expect((await monitoring(path, stack.tokens.member)).status).toBe(403)
      expect((await monitoring(path, stack.tokens.otherAdmin)).status).toBe(403)
      expect((await ask(`${stack.worker}/api/monitoring${path}`)).status).toBe(401)
    }
    expect((await monitoring('/stream', 'another token of some length')).status).toBe(401)
  })

  it('lets only an admin of the operators’ workspace or the internal key set alerts', async () => {
    const post = (token: string) =>
      monitoring('/alerts/settings', token, {
        method: 'POST',
        body: '{"rules":{"error_rate":{"fire_at":0.06}}}',
      })
    expect((await post(metricsToken)).status).toBe(401)
    expect((await post(stack.tokens.otherAdmin)).status).toBe(403)
    expect((await post(stack.tokens.admin)).status).toBe(200)
    expect((await post(stack.internalAuthKey)).status).toBe(200)
    const rule = (await alertReport()).rules.find((each) => each.rule === 'error_rate')
    expect(rule?.fire_at).toBe(0.06)
    const settersToldTo = async (token: string) =>
      parse(data(alertReportAnswerSchema), await monitoring('/alerts', token)).data.changeable_by
    expect(await settersToldTo(stack.tokens.admin)).toBe('you')
    expect(await settersToldTo(metricsToken)).toBe('operators')
    const wrong = await monitoring('/alerts/settings', stack.internalAuthKey, {
      method: 'POST',
      body: '{"rules":{"error_rate":{"fire_at":6}}}',
    })
    expect(wrong.status).toBe(400)
    expect(wrong.text).toContain('rules.error_rate.fire_at')
  })
})

describe('the figures of operators', () => {
  it('show what was read, part by part', async () => {
    await Promise.all([readAnew(), readAnew(), readAnew()])
    const report = await eventually(async () => {
      const seen = parse(performanceReportSchema, await monitoring('/metrics/performance'))
      return seen.windows['1m'].whole.count >= 3 && seen
    })
    expect(report.windows.all.parts.redis.count).toBeGreaterThanOrEqual(3)
    expect(report.windows['1m'].sources.database.count).toBeGreaterThanOrEqual(3)
    const stats = parse(data(cacheReportSchema), await monitoring('/stats/cache')).data
    expect(stats.windows['1h'].sources.database).toBeGreaterThanOrEqual(3)
    expect(stats.tiers.redis.gets['miss']).toBeGreaterThanOrEqual(3)
    const health = await eventually(async () => {
      const seen = parse(monitoringHealthSchema, await monitoring('/health'))
      return seen.outbox?.status === 'running' && seen
    })
    expect(health).toMatchObject({ status: 'healthy', services: { metrics: 'healthy', database: 'healthy' } })
    expect(health.parts.find(({ part }) => part === 'redis')).toMatchObject({ state: 'healthy' })
    expect(health.parts.find(({ part }) => part === 'memory')).toMatchObject({ state: 'disabled' })
    const redis = parse(redisHealthSchema, await monitoring('/health/redis'))
    expect(redis).toMatchObject({ status: 'healthy', latency_ms: expect.any(Number) })
    expect(redis.breakers?.get.state).toBe('closed')
  })

  it('are there as text for a scraper too', async () => {
    expect((await monitoring('/metrics?format=prometheus')).text).toContain('boardcache_reads_total')
  })
})

describe('the stream', () => {
  it('begins with the last hour, continues every second, and sends what a reader missed during a break', async () => {
    await readAnew()
    const stream = await openStream()
    expect(stream.response.headers.get('Content-Type')).toContain('text/event-stream')
    const first = await nextSnapshot(stream)
    expect(first.data.history).toMatchObject({ is_resumed: false })
    expect(first.data.history?.samples.at_ms.at(-1)).toBe(first.data.at_ms)
    const second = await nextSnapshot(stream)
    expect(second.data.history).toBeNull()
    expect(second.data.at_ms).toBeGreaterThan(first.data.at_ms)
    stream.leave()

    // Meanwhile the deployment continues, as another stream shows.
    const other = await openStream()
    const missed: number[] = []
    while (missed.length < 3) {
      const { at_ms } = (await nextSnapshot(other)).data
      if (at_ms > second.data.at_ms) missed.push(at_ms)
    }
    const resumed = await openStream(second.id)
    const { history } = (await nextSnapshot(resumed)).data
    expect(history?.is_resumed).toBe(true)
    expect(history?.samples.at_ms[0]).toBeGreaterThan(second.data.at_ms)
    expect(history?.samples.at_ms).toEqual(expect.arrayContaining(missed.slice(1)))
    other.leave()
    resumed.leave()
  })

  it('shows a read within a second or two', async () => {
    const stream = await openStream()
    const { requests } = (await nextSnapshot(stream)).data.totals
    await readAnew()
    await eventually(async () => (await nextSnapshot(stream)).data.totals.requests > requests, {
      deadlineMs: 5_000,
    })
    stream.leave()
  })

  it('is not held up for others by a reader that reads nothing', async () => {
    const idle = await openStream()
    const stream = await openStream()
    const instants = [await nextSnapshot(stream), await nextSnapshot(stream), await nextSnapshot(stream)]
    expect(new Set(instants.map(({ id }) => id)).size).toBe(3)
    stream.leave()
    idle.leave()
  })

  it('is refused if Last-Event-ID is not one of its own', async () => {
    const { response } = await openStream('yesterday')
    expect(response.status).toBe(400)
    await response.body?.cancel()
  })

  it('is bounded for each user and each workspace; closing one makes room, and others have room of their own', async () => {
    const adminOf = () => stack.tokenOf({ userId: randomUUID(), workspaces: { '15213': 'admin' } })
    const open = async (count: number, token: string) => {
      const opened = await Promise.all(Array.from({ length: count }, () => openStream(null, token)))
      return {
        taken: opened.filter(({ response }) => response.ok),
        refused: opened.find(({ response }) => !response.ok)?.response,
      }
    }
    const greedy = await adminOf()
    const streams = await open(limits.streamsPerUserMax + 1, greedy)
    expect(streams.taken).toHaveLength(limits.streamsPerUserMax)
    expect(streams.refused?.status).toBe(429)
    expect(streams.refused?.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(await streams.refused?.json()).toMatchObject({ code: 'too_many_streams' })

    const others: Stream[] = []
    while (others.length < limits.streamsPerWorkspaceMax - limits.streamsPerUserMax) {
      const left = limits.streamsPerWorkspaceMax - limits.streamsPerUserMax - others.length
      others.push(...(await open(Math.min(left, limits.streamsPerUserMax), await adminOf())).taken)
    }
    expect((await open(1, await adminOf())).refused?.status).toBe(429)
    // The holder of METRICS_TOKEN is no user of that workspace.
    const ofTokenHolder = await openStream()
    expect(ofTokenHolder.response.status).toBe(200)

    for (const stream of [ofTokenHolder, ...streams.taken, ...others]) stream.leave()
    const next = await eventually(async () => {
      const opened = await openStream(null, greedy)
      return opened.response.ok && opened
    })
    next.leave()
  })
})

describe('with Redis stopped', () => {
  it(
    'the alert is pending, then fires, is posted once to the webhook, and resolves when Redis is back',
    patient,
    async () => {
      const quick = { for_seconds: 2, resolve_for_seconds: 1, min_count: 1 }
      await monitoring('/alerts/settings', stack.tokens.admin, {
        method: 'POST',
        body: JSON.stringify({ rules: { tier_away: quick } }),
      })
      const stream = await openStream()
      const changes: string[] = []
      const until = (wanted: string) =>
        eventually(
          async () => {
            await readAnew()
            const event = await stream.next()
            if (event.event === 'alert' && event.data.name === 'tier_away:redis') {
              changes.push(`${event.data.from} → ${event.data.to}`)
            }
            return changes.at(-1)?.endsWith(wanted) === true
          },
          { deadlineMs: 25_000 },
        )
      const told = (type: string) =>
        eventually(
          () =>
            receiver.taken.find(
              (message) => message.type === type && message.data.name === 'tier_away:redis',
            ) ?? false,
          { deadlineMs: 15_000 },
        )
      // The receiver fails at first, so the change must come again under the same id.
      receiver.refuse(1, 500)
      await stack.pieces.redis?.stop()
      await until('pending')
      await until('firing')
      const firing = await told('alert.firing')
      expect(receiver.tries.filter((id) => id === firing.webhookId)).toHaveLength(2)
      expect(firing.webhookId).toBe(firing.data.id)
      await eventually(async () => {
        const health = JSON.parse((await ask(`${stack.worker}/health`)).text)
        expect(health).toMatchObject({ status: 'degraded', services: { redis: 'unhealthy' } })
        expect(health.alerts.names).toContain('tier_away:redis')
      })

      await stack.pieces.redis?.start()
      await until('resolved')
      const resolved = await told('alert.resolved')
      expect(resolved.data).toMatchObject({ from: 'firing', reason: 'recovered' })
      expect(changes).toEqual(['inactive → pending', 'pending → firing', 'firing → resolved'])
      stream.leave()

      const report = await eventually(async () => {
        const seen = await alertReport()
        return seen.webhook.waiting === 0 && seen
      })
      const deliveredIds = report.changes
        .filter(({ delivery }) => delivery.status === 'delivered')
        .map(({ id }) => id)
      expect(deliveredIds).toEqual(expect.arrayContaining([firing.webhookId, resolved.webhookId]))
      expect(receiver.taken.filter(({ data: { name } }) => name === 'tier_away:redis')).toHaveLength(2)
    },
  )
})

describe('with Postgres stopped', () => {
  it(
    'errors raise an alert, and changes that were posted before a crash of the Worker are not posted again',
    patient,
    async () => {
      const quick = { window_seconds: 5, for_seconds: 0, resolve_for_seconds: 1, min_count: 3 }
      await monitoring('/alerts/settings', stack.tokens.admin, {
        method: 'POST',
        body: JSON.stringify({ rules: { error_rate: quick } }),
      })
      await stack.pieces.postgres.stop()
      const isFiring = async () =>
        (await alertReport()).alerts.find(({ name }) => name === 'error_rate')?.state === 'firing'
      await eventually(
        async () => {
          await readAnew()
          return isFiring()
        },
        { deadlineMs: 20_000 },
      )
      const told = () => receiver.taken.filter(({ data: { name } }) => name === 'error_rate')
      await eventually(() => told().length === 1)
      await eventually(async () => (await alertReport()).webhook.waiting === 0)
      await stack.pieces.worker.kill()
      await stack.pieces.worker.start()
      expect(await isFiring()).toBe(true)
      await stack.pieces.postgres.start()
      await eventually(
        async () => {
          await readAnew()
          return told().length === 2
        },
        { deadlineMs: 25_000 },
      )
      expect(told().map(({ type }) => type)).toEqual(['alert.firing', 'alert.resolved'])
    },
  )
})

it('each command of the runbook works as it stands', patient, async () => {
  const commands = await readCommands()
  expect(commands.length).toBeGreaterThan(30)
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-runbook-'))
  const redis = stack.redisTcp ?? ''
  const names = {
    ...{ WORKER: stack.worker, ORIGIN: stack.origin, LOGS: stack.logs, DATABASE_URL: stack.databaseUrl },
    ...{ INTERNAL_AUTH_KEY: stack.internalAuthKey, METRICS_TOKEN: stack.tokens.admin },
    // Another database of the same server stands for another server.
    ...{ REDIS_URL: `${redis}/0`, SESSIONS_REDIS: `${redis}/1` },
  }
  const isThere = (line: string) =>
    ['psql', 'redis-cli', 'jq'].every((name) => !line.includes(`${name} `) || has(name))
  try {
    expect(await failuresOf(commands.filter(isThere), names, folder)).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
