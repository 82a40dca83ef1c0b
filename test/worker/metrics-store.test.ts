import {
  createExecutionContext,
  evictAllDurableObjects,
  reset,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createMetricsClient } from '../../worker/metrics/client.ts'
import type { CacheEvent } from '../../worker/metrics/events.ts'
import type { Totals } from '../../worker/metrics/totals.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../worker/metrics/totals.ts'

afterEach(reset)

const hit: CacheEvent = {
  kind: 'read',
  resource: 'contact-list',
  httpStatus: 200,
  served: { status: 'HIT', source: 'cloudflare_kv' },
  durationMs: 12,
}
const miss: CacheEvent = {
  kind: 'read',
  resource: 'contact-counts',
  httpStatus: 200,
  served: { status: 'MISS', source: 'database' },
  durationMs: 80,
}

/** The one store of the deployment. A new stub each time, as the Worker asks for it. */
function store() {
  return env.METRICS.get(env.METRICS.idFromName('deployment'))
}

async function read(): Promise<Totals> {
  const { counters, durations } = await store().read()
  return { counters, durations }
}

describe('the store', () => {
  test('sums nothing to nothing', async () => {
    expect(await read()).toEqual(emptyTotals())
  })

  test('sums what many writers hand it', async () => {
    const batches = Array.from({ length: 20 }, (_, number) =>
      totalsOf([hit, { ...miss, durationMs: number }]),
    )
    await Promise.all(
      batches.map((totals, number) => store().add({ writer: `isolate-${number}`, sequence: 1 }, totals)),
    )
    expect(await read()).toEqual(batches.reduce(mergeTotals, emptyTotals()))
  })

  test('counts a batch once, however often it comes', async () => {
    const first = totalsOf([hit])
    const second = totalsOf([miss])
    await store().add({ writer: 'isolate-1', sequence: 1 }, first)
    await store().add({ writer: 'isolate-1', sequence: 1 }, first)
    await store().add({ writer: 'isolate-1', sequence: 2 }, second)
    await store().add({ writer: 'isolate-1', sequence: 1 }, first)
    await store().add({ writer: 'isolate-1', sequence: 2 }, second)
    await store().add({ writer: 'isolate-2', sequence: 1 }, first)
    expect(await read()).toEqual(totalsOf([hit, miss, hit]))
  })

  test('keeps what it confirmed, and the numbers it saw, across a restart', async () => {
    await store().add({ writer: 'isolate-1', sequence: 1 }, totalsOf([hit]))
    await evictAllDurableObjects()
    expect(await read()).toEqual(totalsOf([hit]))
    await store().add({ writer: 'isolate-1', sequence: 1 }, totalsOf([hit]))
    await store().add({ writer: 'isolate-1', sequence: 2 }, totalsOf([miss]))
    await evictAllDurableObjects()
    expect(await read()).toEqual(totalsOf([hit, miss]))
  })

  test('takes a sum that an older version wrote, with families it does not know', async () => {
    const older: Totals = { counters: { 'retired label': 7 }, durations: {} }
    await store().add({ writer: 'isolate-1', sequence: 1 }, older)
    await evictAllDurableObjects()
    await store().add({ writer: 'isolate-1', sequence: 2 }, totalsOf([hit]))
    expect(await read()).toEqual(mergeTotals(older, totalsOf([hit])))
  })

  test('forgets writers not heard of for 50,000 batches, and no others', async () => {
    await store().add({ writer: 'old', sequence: 1 }, totalsOf([hit]))
    await store().add({ writer: 'recent', sequence: 1 }, totalsOf([hit]))
    await runInDurableObject(store(), (_instance, state) => {
      state.storage.sql.exec("update writers set batch = 50000 where writer = 'recent'")
      state.storage.sql.exec('update sum set batches = 50999')
    })
    await evictAllDurableObjects()
    await store().add({ writer: 'new', sequence: 1 }, totalsOf([hit]))
    const writers = await runInDurableObject(store(), (_instance, state) =>
      state.storage.sql.exec('select writer from writers order by writer').toArray(),
    )
    expect(writers).toEqual([{ writer: 'new' }, { writer: 'recent' }])
  })
})

describe("the Worker's metrics", () => {
  test('hold what this isolate has just counted, and what others handed over', async () => {
    await store().add({ writer: 'another isolate', sequence: 1 }, totalsOf([miss]))
    const metrics = createMetricsClient(env.METRICS, systemClock)
    metrics.recorder.record(hit)
    expect(await metrics.read()).toEqual({ ...totalsOf([miss, hit]), isComplete: true })
  })

  test('of two isolates show the same sum to both', async () => {
    const [one, two] = [
      createMetricsClient(env.METRICS, systemClock),
      createMetricsClient(env.METRICS, systemClock),
    ]
    one.recorder.record(hit)
    two.recorder.record(miss)
    await two.read()
    expect(await one.read()).toEqual({ ...totalsOf([hit, miss]), isComplete: true })
    expect(await two.read()).toEqual(await one.read())
  })

  test('reach the store within waitUntil, without anybody reading them', async () => {
    const context = createExecutionContext()
    const metrics = createMetricsClient(env.METRICS, systemClock)
    metrics.recorder.record(hit)
    context.waitUntil(Promise.resolve(metrics.flushSoon()))
    await waitOnExecutionContext(context)
    expect(await read()).toEqual(totalsOf([hit]))
  })

  test('say that they are not complete while the store is out of reach, and lose nothing', async () => {
    let isAway = true
    const namespace = {
      idFromName: (name: string) => env.METRICS.idFromName(name),
      get(id: DurableObjectId) {
        if (isAway) throw new Error('out of reach')
        return env.METRICS.get(id)
      },
    }
    const metrics = createMetricsClient(namespace, systemClock)
    metrics.recorder.record(hit)
    expect(await metrics.read()).toEqual({ ...totalsOf([hit]), isComplete: false })
    isAway = false
    metrics.recorder.record(miss)
    expect(await metrics.read()).toEqual({ ...totalsOf([hit, miss]), isComplete: true })
  })
})
