import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../../../shared/limits.ts'
import { resources } from '../../../../shared/resources/index.ts'
import type { ShardReport } from '../../../../worker/deployment/metrics/figures.ts'
import type { OriginReport } from '../../../../worker/deployment/metrics/origin-figures.ts'
import type { Overview, OverviewOptions } from '../../../../worker/deployment/metrics/overview.ts'
import { createOverview, pauseFor } from '../../../../worker/deployment/metrics/overview.ts'
import type { Totals } from '../../../../worker/deployment/metrics/totals.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import type { CacheEvent } from '../../../../worker/events.ts'
import { createPulse } from '../../../../worker/platform/pulse.ts'
import { createSqlStorage } from '../../../support/book-storage.ts'
import type { FakeClock } from '../../../support/fake-clock.ts'
import { createFakeClock, settle } from '../../../support/fake-clock.ts'
import { cacheEvent, readEvent } from './events.ts'

const hit = readEvent('HIT', 'memory')
const miss = readEvent('MISS', 'database')

let clock: FakeClock
let database: DatabaseSync
/** The report that each location's shard would give; null if the shard does not answer. */
let shards: Map<string, ShardReport | null>
let origin: OriginReport | null
let wokenInMs: number[]
let overview: Overview

beforeEach(() => {
  clock = createFakeClock()
  database = new DatabaseSync(':memory:')
  shards = new Map()
  origin = null
  wokenInMs = []
  overview = open()
})

/** Opens the overview from storage, as after a restart. */
function open(more: Partial<OverviewOptions> = {}): Overview {
  return createOverview({
    storage: createSqlStorage(database),
    clock,
    async fetchShardReport(location) {
      const report = shards.get(location)
      if (report === null) throw new Error('out of reach')
      return report ?? null
    },
    fetchOriginReport: async () => origin,
    wake: (inMs) => wokenInMs.push(inMs),
    ...more,
  })
}

function reportOf(location: string, batches: number, totals: Totals, epoch = 'first'): ShardReport {
  return { location, epoch, batches, totals, gauges: { isolates: 1 } }
}

async function tickFor(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await clock.advance(1_000)
    await overview.tick()
  }
}

/** A shard takes a batch and does not report it yet. */
function takeBatch(told: Map<string, ShardReport[]>, location: string, events: readonly CacheEvent[]): void {
  const before = shards.get(location) ?? reportOf(location, 0, emptyTotals())
  const next = reportOf(location, before.batches + 1, mergeTotals(before.totals, totalsOf(events)))
  shards.set(location, next)
  told.set(location, [...(told.get(location) ?? []), next])
}

/** A shard's report arrives, perhaps long after a newer one. */
function reportOld(told: ReadonlyMap<string, readonly ShardReport[]>, location: string, age: number): void {
  const report = told.get(location)?.at(-1 - age)
  if (report !== undefined) overview.report(report)
}

describe('a sample', () => {
  test('has as many series for all resources and routes as for one, before a restart and after it', async () => {
    const served = { status: 'HIT', source: 'memory' } as const
    const readsOf = (all: readonly (typeof resources)[number][]) =>
      totalsOf(
        all.flatMap(({ name, route }): CacheEvent[] => [
          { kind: 'read', resource: name, httpStatus: 200, served, durationMs: 10 },
          { kind: 'request', method: 'GET', route, httpStatus: 200, durationMs: 10 },
        ]),
      )
    const seriesAfter = async (totals: Totals) => {
      database = new DatabaseSync(':memory:')
      overview = open()
      overview.report(reportOf('LAX', 1, totals))
      // A span of samples is stored when it is over.
      await tickFor(11)
      const [before, after] = [overview, open()].map(({ samples }) => samples.over(3_600).totals)
      expect(after).toEqual(before)
      return Object.keys({ ...before?.counters, ...before?.durations }).length
    }
    expect(await seriesAfter(readsOf(resources))).toBe(await seriesAfter(readsOf(resources.slice(0, 1))))
  })
})

describe('the sum', () => {
  test('is that of the latest reports of all shards, even if reports arrive twice, late or never, and across restarts', async () => {
    const location = fc.constantFrom('LAX', 'FRA', 'SIN')
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('batch' as const),
        location,
        events: fc.array(cacheEvent, { maxLength: 4 }),
      }),
      fc.record({ kind: fc.constant('report' as const), location, age: fc.nat(3) }),
      fc.constant({ kind: 'tick' as const }),
      fc.constant({ kind: 'restart' as const }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        database = new DatabaseSync(':memory:')
        shards = new Map()
        overview = open()
        const told = new Map<string, ShardReport[]>()
        for (const each of steps) {
          if (each.kind === 'tick') await tickFor(1)
          else if (each.kind === 'restart') overview = open()
          else if (each.kind === 'batch') takeBatch(told, each.location, each.events)
          else reportOld(told, each.location, each.age)
        }
        for (const each of shards.keys()) await overview.read(each)
        const whole = [...shards.values()].reduce(
          (sum, each) => mergeTotals(sum, each?.totals ?? sum),
          emptyTotals(),
        )
        expect(overview.snapshot().totals).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  test('keeps the figures of a shard that started again from zero', async () => {
    overview.report(reportOf('LAX', 5, totalsOf([hit, hit])))
    overview.report(reportOf('LAX', 1, totalsOf([miss]), 'second'))
    expect(overview.snapshot().totals).toEqual(totalsOf([hit, hit, miss]))
  })

  test('contains the news of every shard in use, and a shard that is out of reach is reported', async () => {
    overview.report(reportOf('LAX', 1, totalsOf([hit])))
    overview.report(reportOf('FRA', 1, totalsOf([hit])))
    shards.set('LAX', reportOf('LAX', 2, totalsOf([hit, miss])))
    shards.set('FRA', null)
    const { totals, shardsAway, shards: known } = await overview.read('LAX')
    expect(totals).toEqual(totalsOf([hit, miss, hit]))
    expect({ known, shardsAway }).toEqual({ known: 2, shardsAway: 1 })
  })

  test('contains after a restart what shards had not reported yet, whichever location reads it', async () => {
    overview.report(reportOf('LAX', 1, totalsOf([hit])))
    await tickFor(11)
    shards.set('LAX', reportOf('LAX', 2, totalsOf([hit, miss])))
    overview = open()
    expect((await overview.read('FRA')).totals).toEqual(totalsOf([hit, miss]))
  })

  test('is answered within the deadline although a shard hangs', async () => {
    overview = open({ fetchShardReport: () => new Promise(() => undefined) })
    const reading = overview.read('LAX')
    await clock.advance(limits.shardDeadlineMs)
    expect((await reading).shardsAway).toBe(1)
  })
})

describe('samples', () => {
  test('contain everything since the previous sample, once', async () => {
    overview.report(reportOf('LAX', 1, totalsOf([hit])))
    await tickFor(1)
    overview.report(reportOf('LAX', 2, totalsOf([hit, miss])))
    await tickFor(2)
    const requests = overview.samples.since(0).map(({ sums }) => sums.requests)
    expect(requests).toEqual([1, 1, 0])
  })

  test('are taken every second while there is news or somebody watches, and otherwise every ten', async () => {
    overview.report(reportOf('LAX', 1, totalsOf([hit])))
    expect(wokenInMs).toEqual([1_000])
    await clock.advance(1_000)
    expect(await overview.tick()).toBe(1_000)
    await clock.advance(15_000)
    expect(await overview.tick()).toBe(10_000)
    overview.watch()
    expect(wokenInMs).toEqual([1_000, 1_000])
    await clock.advance(29_000)
    expect(await overview.tick()).toBe(1_000)
    await clock.advance(1_000)
    expect(await overview.tick()).toBe(10_000)
  })

  test('of the last hour survive a restart, and what was not stored is reported again', async () => {
    const events = []
    for (let second = 1; second <= 25; second += 1) {
      events.push(hit)
      const report = reportOf('LAX', second, totalsOf(events))
      shards.set('LAX', report)
      overview.report(report)
      await tickFor(1)
    }
    overview = open()
    await tickFor(1)
    expect(overview.samples.sumsOver(3_600).requests).toBe(25)
    expect(overview.snapshot().totals).toEqual(totalsOf(events))
  })

  test('are passed on for evaluation one by one', async () => {
    const seen: number[] = []
    overview = open({ onSample: ({ sums }) => seen.push(sums.requests) })
    overview.report(reportOf('LAX', 1, totalsOf([hit])))
    await tickFor(2)
    expect(seen).toEqual([1, 0])
  })

  test('are neither lost nor late if their evaluation fails, and the error is logged without its message', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    let evaluated = 0
    const beat = () => overview.tick()
    overview = open({
      onSample() {
        evaluated += 1
        throw new TypeError('anna@example.com')
      },
    })
    overview.report(reportOf('LAX', 1, totalsOf([hit])))
    const pulse = createPulse({ clock, setAlarm: async () => undefined, beat })
    pulse.within(1_000)
    for (let second = 1; second <= 12; second += 1) await clock.advance(1_000)
    expect(evaluated).toBe(12)
    expect(overview.samples.since(0).map(({ sums }) => sums.requests)).toEqual([1, ...Array(11).fill(0)])
    expect(open().samples.sumsOver(3_600).requests).toBe(1)
    expect(new Set(logged.mock.calls.map(([line]) => line))).toEqual(
      new Set(['{"level":"error","message":"a sample was not evaluated","error":"TypeError"}']),
    )
    logged.mockRestore()
  })

  test('that cannot be stored are stored with the next ones', async () => {
    const storage = createSqlStorage(database)
    let isBroken = false
    overview = open({
      storage: {
        sql: storage.sql,
        transactionSync(closure) {
          if (isBroken) throw new Error('disk full')
          return storage.transactionSync(closure)
        },
      },
    })
    overview.report(reportOf('LAX', 1, totalsOf([hit, miss])))
    await tickFor(9)
    isBroken = true
    await expect(tickFor(5)).rejects.toThrow('disk full')
    isBroken = false
    await tickFor(12)
    expect(open().samples.sumsOver(3_600).requests).toBe(2)
  })
})

describe("the origin's figures", () => {
  const report = (instance: string, queries: number): OriginReport => ({
    instance,
    totals: { counters: { 'origin_queries boards': queries }, durations: {} },
    status: { queriesRunning: 3, queriesRunningMax: 16, queriesWaiting: 1, outbox: null, jobs: null },
  })

  test('of several processes behind one name add up, whichever answers', async () => {
    for (const [instance, queries] of [
      ['one', 5],
      ['two', 7],
      ['one', 6],
      ['three', 1],
      ['two', 7],
    ] as const) {
      origin = report(instance, queries)
      await clock.advance(5_000)
      await overview.tick()
      await settle()
    }
    expect(overview.snapshot().totals.counters).toEqual({ 'origin_queries boards': 14 })
  })

  test('keep their last values while it does not answer, and are marked as old', async () => {
    origin = report('one', 5)
    await tickFor(1)
    await settle()
    expect(overview.snapshot().origin).toMatchObject({ isUp: true, queriesRunning: 3 })
    origin = null
    await tickFor(6)
    await settle()
    expect(overview.snapshot().origin).toMatchObject({ isUp: false, queriesRunning: 3 })
  })

  test('are fetched at most every five seconds', async () => {
    let asked = 0
    overview = open({
      fetchOriginReport: async () => {
        asked += 1
        return null
      },
    })
    await tickFor(20)
    expect(asked).toBeLessThanOrEqual(5)
  })
})

test('callers are told to wait long enough that together they stay within the limit', () => {
  for (const callers of [1, 100, 200, 500, 2_000]) {
    const pauseMs = pauseFor(callers, 500)
    expect((callers * 1_000) / pauseMs).toBeLessThanOrEqual(limits.figuresCallsPerSecondMax)
  }
  expect(pauseFor(1, 500)).toBe(500)
  expect(pauseFor(1_000_000, 500)).toBe(limits.figuresPauseMaxMs)
})
