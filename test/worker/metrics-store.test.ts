import {
  createExecutionContext,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import type { Gauges } from '../../worker/deployment/metrics/gauges.ts'
import type { MetricsClient } from '../../worker/deployment/metrics/metrics-client.ts'
import { createMetricsClient } from '../../worker/deployment/metrics/metrics-client.ts'
import type { Totals } from '../../worker/deployment/metrics/totals.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../worker/deployment/metrics/totals.ts'
import type { CacheEvent } from '../../worker/events.ts'

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

const location = 'LAX'

/** The shard of a location, with a new stub each time, as in the Worker. */
function store() {
  return env.METRICS.get(env.METRICS.idFromName(location))
}

function overview() {
  return env.METRICS_OVERVIEW.get(env.METRICS_OVERVIEW.idFromName('deployment'))
}

async function read(): Promise<Totals> {
  const report = await store().currentReport()
  return report === null ? emptyTotals() : plain(report.totals)
}

function plain({ counters, durations }: Totals): Totals {
  return { counters, durations }
}

/** Ends both objects as a crash does. Timers are lost, and everything that was only in memory. */
async function restart(): Promise<void> {
  for (const stub of [store(), overview()]) {
    await runInDurableObject(stub, (_instance, state) => state.abort()).catch(() => undefined)
  }
}

async function counted(metrics: MetricsClient) {
  const { counters, durations, isComplete } = await metrics.read(location)
  return { counters, durations, isComplete }
}

function add(writer: string, sequence: number, totals: Totals, gauges: Gauges = {}) {
  return store().add({ writer, sequence }, location, totals, gauges)
}

describe('the store', () => {
  test('has an empty sum without batches', async () => {
    expect(await read()).toEqual(emptyTotals())
  })

  test('sums the batches of many writers', async () => {
    const batches = Array.from({ length: 20 }, (_, number) =>
      totalsOf([hit, { ...miss, durationMs: number }]),
    )
    await Promise.all(batches.map((totals, number) => add(`isolate-${number}`, 1, totals)))
    expect(await read()).toEqual(batches.reduce(mergeTotals, emptyTotals()))
  })

  test('counts a batch once, however often it comes', async () => {
    const first = totalsOf([hit])
    const second = totalsOf([miss])
    await add('isolate-1', 1, first)
    await add('isolate-1', 1, first)
    await add('isolate-1', 2, second)
    await add('isolate-1', 1, first)
    await add('isolate-1', 2, second)
    await add('isolate-2', 1, first)
    expect(await read()).toEqual(totalsOf([hit, miss, hit]))
  })

  test('keeps confirmed batches and their numbers across a restart', async () => {
    await add('isolate-1', 1, totalsOf([hit]))
    await restart()
    expect(await read()).toEqual(totalsOf([hit]))
    await add('isolate-1', 1, totalsOf([hit]))
    await add('isolate-1', 2, totalsOf([miss]))
    await restart()
    expect(await read()).toEqual(totalsOf([hit, miss]))
  })

  test('reads a sum that an older version wrote, with families that it does not know', async () => {
    const older: Totals = { counters: { 'retired label': 7 }, durations: {} }
    await add('isolate-1', 1, older)
    await restart()
    await add('isolate-1', 2, totalsOf([hit]))
    expect(await read()).toEqual(mergeTotals(older, totalsOf([hit])))
  })

  test('forgets writers that were silent for 50,000 batches, and no others', async () => {
    await add('old', 1, totalsOf([hit]))
    await add('recent', 1, totalsOf([hit]))
    await runInDurableObject(store(), (_instance, state) => {
      state.storage.sql.exec("update writers set batch = 50000 where writer = 'recent'")
      state.storage.sql.exec('update sum set batches = 50999')
    })
    await restart()
    await add('new', 1, totalsOf([hit]))
    const writers = await runInDurableObject(store(), (_instance, state) =>
      state.storage.sql.exec('select writer from writers order by writer').toArray(),
    )
    expect(writers).toEqual([{ writer: 'new' }, { writer: 'recent' }])
  })
})

describe('the overview', () => {
  test('has the sum of every shard, whether or not the shard has reported', async () => {
    await add('isolate-1', 1, totalsOf([hit]), { memory_tier_bytes: 5 })
    const elsewhere = env.METRICS.get(env.METRICS.idFromName('FRA'))
    await elsewhere.add({ writer: 'isolate-2', sequence: 1 }, 'FRA', totalsOf([miss]), {})
    await overview().read('FRA')
    const { totals, shards, shardsAway, gauges } = await overview().read(location)
    expect(plain(totals)).toEqual(totalsOf([hit, miss]))
    expect({ shards, shardsAway }).toEqual({ shards: 2, shardsAway: 0 })
    expect(gauges).toEqual({ LAX: { memory_tier_bytes: 5, isolates: 1 }, FRA: { isolates: 1 } })
  })

  test('gets new figures by the alarm of their shard', async () => {
    await add('isolate-1', 1, totalsOf([hit]))
    await runDurableObjectAlarm(store())
    const { shards, totals } = await overview().read('ORD')
    expect(shards).toBe(1)
    expect(plain(totals)).toEqual(totalsOf([hit]))
  })

  test('has the same sum after a restart, and counts nothing twice', async () => {
    await add('isolate-1', 1, totalsOf([hit]))
    await runDurableObjectAlarm(store())
    await runDurableObjectAlarm(overview())
    await add('isolate-1', 2, totalsOf([miss]))
    await restart()
    expect(plain((await overview().read(location)).totals)).toEqual(totalsOf([hit, miss]))
  })

  test('continues by its own alarm', async () => {
    await add('isolate-1', 1, totalsOf([hit]))
    await overview().read(location)
    expect(await runDurableObjectAlarm(overview())).toBe(true)
    expect(await runDurableObjectAlarm(overview())).toBe(true)
  })
})

describe("the Worker's metrics", () => {
  test('contain what this isolate has just counted, and what others have handed over', async () => {
    await add('another isolate', 1, totalsOf([miss]))
    const metrics = createMetricsClient(env.METRICS, env.METRICS_OVERVIEW, systemClock)
    metrics.recorder.record(hit)
    expect(await counted(metrics)).toEqual({ ...totalsOf([miss, hit]), isComplete: true })
  })

  test('of two isolates show the same sum to both', async () => {
    const [one, two] = [
      createMetricsClient(env.METRICS, env.METRICS_OVERVIEW, systemClock),
      createMetricsClient(env.METRICS, env.METRICS_OVERVIEW, systemClock),
    ]
    one.recorder.record(hit)
    two.recorder.record(miss)
    await counted(two)
    expect(await counted(one)).toEqual({ ...totalsOf([hit, miss]), isComplete: true })
    expect(await counted(two)).toEqual(await counted(one))
  })

  test('reach the store within waitUntil, even if nobody reads them', async () => {
    const context = createExecutionContext()
    const metrics = createMetricsClient(env.METRICS, env.METRICS_OVERVIEW, systemClock)
    metrics.recorder.record(hit)
    context.waitUntil(Promise.resolve(metrics.flushSoon(location)))
    await waitOnExecutionContext(context)
    expect(await read()).toEqual(totalsOf([hit]))
  })

  test('say that they are not complete while the store cannot be reached, and lose nothing', async () => {
    let isAway = true
    const namespace = {
      idFromName: (name: string) => env.METRICS.idFromName(name),
      get(id: DurableObjectId) {
        if (isAway) throw new Error('the store cannot be reached')
        return env.METRICS.get(id)
      },
    }
    const metrics = createMetricsClient(namespace, env.METRICS_OVERVIEW, systemClock)
    metrics.recorder.record(hit)
    expect(await counted(metrics)).toEqual({ ...emptyTotals(), isComplete: false })
    isAway = false
    metrics.recorder.record(miss)
    expect(await counted(metrics)).toEqual({ ...totalsOf([hit, miss]), isComplete: true })
  })
})
