import { beforeEach, describe, expect, test } from 'vitest'
import type { MetricsClient, MetricsStub } from '../../../worker/metrics/client.ts'
import { createMetricsClient } from '../../../worker/metrics/client.ts'
import type { Totals } from '../../../worker/metrics/totals.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../../worker/metrics/totals.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { readEvent } from './events.ts'

const hit = readEvent('HIT', 'cloudflare_kv')
const miss = readEvent('MISS', 'database')
const never = () => new Promise<never>(() => undefined)
const refuse = () => Promise.reject(new Error('the store is gone'))

let clock: FakeClock
let sum: Totals
let stubs: number
/** What the next stubs do otherwise than a store that works. */
let faults: Partial<MetricsStub>
let metrics: MetricsClient

beforeEach(() => {
  clock = createFakeClock()
  sum = emptyTotals()
  stubs = 0
  faults = {}
  metrics = createMetricsClient(
    {
      idFromName: (name) => name,
      get() {
        stubs += 1
        return {
          async add(_id, totals) {
            sum = mergeTotals(sum, totals)
          },
          read: async () => sum,
          ...faults,
        }
      },
    },
    clock,
  )
})

/** What a promise settled to, or null while it is open. */
async function afterMs<Value>(promise: Promise<Value>, passedMs: number): Promise<Value | null> {
  let settled: Value | null = null
  void promise.then((value) => {
    settled = value
  })
  await clock.advance(passedMs)
  return settled
}

test('a stub is got for every call, since one belongs to the request that got it', async () => {
  metrics.recorder.record(hit)
  await metrics.read()
  expect(stubs).toBe(2)
  await metrics.read()
  expect(stubs).toBe(3)
})

describe('a store that does not answer', () => {
  test('to a batch holds a reader up for the deadline alone, who gets what this isolate counted', async () => {
    faults = { add: never }
    metrics.recorder.record(hit)
    const reading = metrics.read()
    expect(await afterMs(reading, 1_999)).toBeNull()
    expect(await afterMs(reading, 1)).toEqual({ ...totalsOf([hit]), isComplete: false })
  })

  test('to a question holds a reader up for the deadline alone, who is told so', async () => {
    faults = { read: never }
    const reading = metrics.read()
    expect(await afterMs(reading, 1_999)).toBeNull()
    expect(await afterMs(reading, 1)).toEqual({ ...emptyTotals(), isComplete: false })
  })

  test('is given everything once it does', async () => {
    faults = { add: never }
    metrics.recorder.record(hit)
    await afterMs(metrics.read(), 2_000)
    faults = {}
    metrics.recorder.record(miss)
    expect(await metrics.read()).toEqual({ ...totalsOf([hit, miss]), isComplete: true })
  })
})

test('a store that rejects makes nobody reject, and loses nothing', async () => {
  faults = { add: refuse, read: refuse }
  metrics.recorder.record(hit)
  expect(await metrics.read()).toEqual({ ...totalsOf([hit]), isComplete: false })
  const flushed = metrics.flushSoon()
  await clock.advance(30_000)
  await expect(flushed).resolves.toBeUndefined()
  faults = {}
  expect(await metrics.read()).toEqual({ ...totalsOf([hit]), isComplete: true })
})

test('a store that takes a batch and rejects the question makes nobody reject', async () => {
  faults = { read: refuse }
  metrics.recorder.record(hit)
  expect(await metrics.read()).toMatchObject({ isComplete: false })
  faults = {}
  expect(await metrics.read()).toEqual({ ...totalsOf([hit]), isComplete: true })
})
