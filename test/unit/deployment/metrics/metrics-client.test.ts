import { beforeEach, describe, expect, test } from 'vitest'
import type { Figures } from '../../../../worker/deployment/metrics/figures.ts'
import type {
  MetricsClient,
  OverviewStub,
  ShardStub,
} from '../../../../worker/deployment/metrics/metrics-client.ts'
import { createMetricsClient } from '../../../../worker/deployment/metrics/metrics-client.ts'
import type { Totals } from '../../../../worker/deployment/metrics/totals.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import type { FakeClock } from '../../../support/fake-clock.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { readEvent } from './events.ts'

const hit = readEvent('HIT', 'cloudflare_kv')
const miss = readEvent('MISS', 'database')
const never = () => new Promise<never>(() => undefined)
const refuse = () => Promise.reject(new Error('the store is gone'))

let clock: FakeClock
let sum: Totals
let stubs: number
/** How the next stubs differ from objects that work. */
let faults: Partial<ShardStub & OverviewStub>
let shardsAway: number
let metrics: MetricsClient

beforeEach(() => {
  clock = createFakeClock()
  sum = emptyTotals()
  stubs = 0
  faults = {}
  shardsAway = 0
  const shard: ShardStub = {
    async add(_id, _location, totals) {
      sum = mergeTotals(sum, totals)
      return { nextMs: 500 }
    },
  }
  const overview: OverviewStub = { read: async () => figures() }
  const namespaceOf = <Stub>(stub: Stub) => ({
    idFromName: (name: string) => name,
    get() {
      stubs += 1
      return { ...stub, ...faults }
    },
  })
  metrics = createMetricsClient(namespaceOf(shard), namespaceOf(overview), clock)
})

function figures(): Figures {
  return {
    atMs: clock.now(),
    totals: sum,
    gauges: {},
    labelledGauges: {},
    shards: 1,
    shardsAway,
    origin: null,
  }
}

/** The value of a promise after some time, or null if it has not settled. */
async function afterMs<Value>(promise: Promise<Value>, passedMs: number): Promise<Value | null> {
  let settled: Value | null = null
  void promise.then((value) => {
    settled = value
  })
  await clock.advance(passedMs)
  return settled
}

test('every call gets a new stub, since a stub belongs to the request that created it', async () => {
  metrics.recorder.record(hit)
  await metrics.read('LAX')
  expect(stubs).toBe(2)
  await metrics.read('LAX')
  expect(stubs).toBe(3)
})

describe('a store that does not answer', () => {
  test('to a batch delays a reader by no more than the deadline, and the figures are marked incomplete', async () => {
    faults = { add: never }
    metrics.recorder.record(hit)
    const reading = metrics.read('LAX')
    expect(await afterMs(reading, 1_999)).toBeNull()
    expect(await afterMs(reading, 1)).toEqual({ ...emptyTotals(), isComplete: false, figures: figures() })
  })

  test('to a read delays a reader by no more than the deadline, and the figures are marked incomplete', async () => {
    faults = { read: never }
    const reading = metrics.read('LAX')
    expect(await afterMs(reading, 1_999)).toBeNull()
    expect(await afterMs(reading, 1)).toEqual({ ...emptyTotals(), isComplete: false, figures: null })
  })

  test('receives everything once it answers again', async () => {
    faults = { add: never }
    metrics.recorder.record(hit)
    await afterMs(metrics.read('LAX'), 2_000)
    faults = {}
    metrics.recorder.record(miss)
    expect(await metrics.read('LAX')).toEqual({
      ...totalsOf([hit, miss]),
      isComplete: true,
      figures: figures(),
    })
  })
})

test('a store that rejects makes no caller reject, and nothing is lost', async () => {
  faults = { add: refuse, read: refuse }
  metrics.recorder.record(hit)
  expect(await metrics.read('LAX')).toEqual({ ...totalsOf([hit]), isComplete: false, figures: null })
  const flushed = metrics.flushSoon('LAX')
  await clock.advance(30_000)
  await expect(flushed).resolves.toBeUndefined()
  faults = {}
  expect(await metrics.read('LAX')).toEqual({ ...totalsOf([hit]), isComplete: true, figures: figures() })
})

test('a store that takes a batch and rejects the read makes no caller reject', async () => {
  faults = { read: refuse }
  metrics.recorder.record(hit)
  expect(await metrics.read('LAX')).toMatchObject({ isComplete: false, figures: null })
  faults = {}
  expect(await metrics.read('LAX')).toEqual({ ...totalsOf([hit]), isComplete: true, figures: figures() })
})

test('figures without a shard are marked incomplete', async () => {
  metrics.recorder.record(hit)
  shardsAway = 1
  expect(await metrics.read('LAX')).toEqual({ ...totalsOf([hit]), isComplete: false, figures: figures() })
})
