import { describe, expect, it } from 'vitest'
import { alertReportSchema } from '../../../shared/contract/alerts.ts'
import { snapshotSchema } from '../../../shared/contract/monitoring.ts'
import type { TryOutcome } from '../../../worker/deployment/alerts/webhook.ts'
import type { Figures, OriginStatus, Sample } from '../../../worker/deployment/metrics/figures.ts'
import type { Gauges } from '../../../worker/deployment/metrics/gauges.ts'
import { readSums } from '../../../worker/deployment/metrics/read-sums.ts'
import { createSamples } from '../../../worker/deployment/metrics/samples.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../../worker/deployment/metrics/totals.ts'
import { createMonitor } from '../../../worker/deployment/monitor.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { readEvents } from '../../support/event-stream.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const hit: CacheEvent = {
  kind: 'read',
  resource: 'contact-list',
  httpStatus: 200,
  served: { status: 'HIT', source: 'redis_cache' },
  durationMs: 20,
}
const tierGet = (tier: 'kv' | 'redis', outcome: 'hit' | 'timeout' | 'breaker-open'): CacheEvent => ({
  kind: 'tier-get',
  tier,
  outcome,
  durationMs: 5,
})
const violation: CacheEvent = { kind: 'consistency', outcome: 'violated' }

const origin: OriginStatus = {
  fetchedAtMs: 0,
  isUp: true,
  queriesRunning: 1,
  queriesRunningMax: 16,
  jobs: null,
  queriesWaiting: 2,
  outbox: { status: 'running', depth: 3, oldestAgeMs: 4, parked: 0, relayed: 5 },
}

/** A deployment that is sampled once a second, and the monitor that watches it. */
function createRoom(answer: TryOutcome = { kind: 'taken', status: 200, retryAfterMs: null }) {
  const clock = createFakeClock()
  const samples = createSamples([])
  const state: { origin: OriginStatus | null; gauges: Record<string, Gauges>; watches: number } = {
    ...{ origin, gauges: {}, watches: 0 },
  }
  let totals = emptyTotals()
  const sent: string[] = []
  let ids = 0
  const monitor = createMonitor({
    watched: {
      samples,
      snapshot: (): Figures => ({
        ...{ atMs: clock.now(), totals, shards: 1, shardsAway: 0 },
        ...{ gauges: state.gauges, labelledGauges: {}, origin: state.origin },
      }),
      watch: () => {
        state.watches += 1
      },
    },
    storage: createSqlStorage(),
    clock,
    async send(change) {
      sent.push(`${change.name} ${change.to}`)
      return answer
    },
    disabledParts: new Set(['memory']),
    redisMemory: () => ({}),
    newId: () => `change-${++ids}`,
    random: () => 0.5,
  })
  return {
    clock,
    monitor,
    state,
    sent,
    async second(...events: CacheEvent[]) {
      await clock.advance(1_000)
      const news = totalsOf(events)
      totals = mergeTotals(totals, news)
      const sample: Sample = { atMs: clock.now(), spanMs: 1_000, totals: news, sums: readSums(news) }
      samples.add(sample)
      monitor.look(sample)
      await clock.advance(0)
    },
  }
}

describe('the state of the deployment', () => {
  it('has the form of the contract, and is null before the first sample', async () => {
    const room = createRoom()
    expect(room.monitor.now()).toBeNull()
    await room.second(hit, tierGet('redis', 'hit'))
    const now = snapshotSchema.omit({ history: true }).parse(room.monitor.now())
    expect(now.sample).toMatchObject({ requests: 1, hit_rate: 1, seconds: 1, sources: { redis_cache: 1 } })
    expect(now.totals).toEqual({ requests: 1, errors: 0, hit_rate: 1 })
    expect(now.outbox).toEqual({ status: 'running', depth: 3, oldest_age_ms: 4, parked: 0, relayed: 5 })
  })

  it('distinguishes parts that fail, are away, idle or switched off', async () => {
    const room = createRoom()
    await room.second(tierGet('kv', 'hit'), tierGet('kv', 'timeout'), tierGet('redis', 'breaker-open'))
    const stateOf = (part: string) => room.monitor.now()?.parts.find((each) => each.part === part)?.state
    expect([stateOf('kv'), stateOf('redis'), stateOf('ledger'), stateOf('memory')]).toEqual([
      ...['failing', 'away', 'idle', 'disabled'],
    ])
  })

  it('shows the worst state of each breaker over all locations', async () => {
    const room = createRoom()
    await room.second(hit)
    room.state.gauges = {
      LAX: { 'breaker_state redis get': 0, 'breaker_state redis put': 1 },
      FRA: { 'breaker_state redis get': 2 },
    }
    const redis = room.monitor.now()?.parts.find(({ part }) => part === 'redis')
    expect(redis?.breakers).toEqual({ get: 'open', put: 'half-open' })
    const kv = room.monitor.now()?.parts.find(({ part }) => part === 'kv')
    expect(kv?.breakers).toEqual({ get: null, put: null })
  })

  it('does not repeat the last report of an origin that is away', async () => {
    const room = createRoom()
    const outbox = { ...origin.outbox, status: 'lagging', oldestAgeMs: 60_000, depth: 500 } as const
    room.state.origin = { ...origin, isUp: false, outbox: { ...outbox, parked: 0, relayed: 0 } }
    await room.second(hit)
    expect(room.monitor.now()?.outbox).toBeNull()
    expect(room.monitor.alertReport().alerts.filter(({ state }) => state !== 'inactive')).toEqual([])
  })
})

describe('the sums of windows', () => {
  it('end with the newest sample, and reach back as far as they say or, for all time, to the beginning', async () => {
    const room = createRoom()
    for (let second = 0; second < 70; second += 1) await room.second(hit)
    const { windows, all } = room.monitor.windowSums()
    expect(readSums(windows['1m'].totals)).toMatchObject({ requests: 60, hits: 60, durationMs: 1_200 })
    expect(windows['1m'].spanMs).toBe(60_000)
    expect([readSums(windows['5m'].totals).requests, windows['5m'].spanMs]).toEqual([70, 70_000])
    expect(readSums(all).requests).toBe(70)
    await room.second(hit)
    expect(readSums(room.monitor.windowSums().windows['1h'].totals).requests).toBe(71)
  })
})

describe('a look', () => {
  it('informs the webhook and the streams of an alert in the second in which it fires', async () => {
    const room = createRoom()
    await room.second(hit)
    const stream = room.monitor.openStream(null, { workspaceId: null, userId: null })
    if (typeof stream === 'string') throw new Error(stream)
    const events = readEvents(stream)
    expect((await events.next()).value).toMatchObject({ event: 'snapshot' })
    await room.second(violation)
    expect((await events.next()).value).toMatchObject({
      event: 'alert',
      data: { name: 'consistency_violation', to: 'firing' },
    })
    expect(room.sent).toEqual(['consistency_violation firing'])
    await room.second()
    expect(room.sent).toHaveLength(1)
    expect(alertReportSchema.parse(room.monitor.alertReport()).changes[0]?.delivery.status).toBe('delivered')
  })

  it('requests a sample a second while a second matters, and otherwise none', async () => {
    const room = createRoom({ kind: 'refused', status: 500, retryAfterMs: null })
    await room.second(hit)
    expect(room.state.watches).toBe(0)
    await room.second(tierGet('redis', 'timeout'), tierGet('redis', 'timeout'))
    expect(room.state.watches).toBe(1)
    await room.second(tierGet('redis', 'hit'))
    expect(room.state.watches).toBe(1)
    // The try is in flight in this sample. By the next one it was refused, and will soon be repeated.
    await room.second(violation)
    await room.second()
    expect(room.state.watches).toBe(2)
  })
})
