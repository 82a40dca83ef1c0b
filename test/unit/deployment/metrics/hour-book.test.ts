import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../../shared/limits.ts'
import { historyOf } from '../../../../worker/deployment/metrics/history-report.ts'
import type { HourBook } from '../../../../worker/deployment/metrics/hour-book.ts'
import { openHourBook } from '../../../../worker/deployment/metrics/hour-book.ts'
import { totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import { openVersionLog } from '../../../../worker/deployment/metrics/version-log.ts'
import type { CacheEvent } from '../../../../worker/events.ts'
import { createSqlStorage } from '../../../support/book-storage.ts'

const hourMs = 3_600_000
const startMs = 1_000 * hourMs
let database: DatabaseSync
let book: HourBook

beforeEach(() => {
  database = new DatabaseSync(':memory:')
  book = openHourBook(createSqlStorage(database))
})

type Read = Extract<CacheEvent, { kind: 'read' }>

function read(resource: Read['resource'], isHit: boolean, httpStatus = 200, durationMs = 10): CacheEvent[] {
  const served = isHit
    ? ({ status: 'HIT', source: 'memory' } as const)
    : ({ status: 'MISS', source: 'database' } as const)
  const route = resource === 'contact-list' ? '/api/boards/{boardId}/contacts' : '/api/other'
  return [
    { kind: 'read', resource, httpStatus, durationMs, ...(httpStatus < 400 ? { served } : {}) },
    { kind: 'request', method: 'GET', route, httpStatus, durationMs },
  ]
}

function add(events: readonly CacheEvent[], atMs: number): void {
  book.add(totalsOf(events), atMs)
  book.write()
}

const history = (hours: number, nowMs: number, resource: string | null = null) =>
  historyOf(book, { hours, resource }, nowMs)

describe('the figures of hours', () => {
  it('are the sums of what happened in each of them, by resource and by route', () => {
    add(
      [...read('contact-list', true), ...read('contact-list', false), ...read('contact', false, 503)],
      startMs,
    )
    add(read('contact-list', true, 200, 1_000), startMs + hourMs)
    const report = history(24, startMs + hourMs + 1)
    expect(report.hours).toMatchObject({
      at_ms: [startMs, startMs + hourMs],
      requests: [3, 1],
      hits: [1, 1],
      errors: [1, 0],
    })
    expect(report.resources[0]).toMatchObject({
      resource: 'contact-list',
      requests: 3,
      misses: 1,
      hit_rate: 2 / 3,
    })
    expect(report.resources[0]?.avg_ms).toBeCloseTo(340)
    expect(report.resources[0]?.worst_p95_ms).toBeGreaterThan(980)
    expect(report.routes[0]).toMatchObject({
      ...{ route: '/api/boards/{boardId}/contacts', resource: 'contact-list', requests: 3, hit_rate: 2 / 3 },
    })
    expect(report.routes[1]).toMatchObject({ route: '/api/other', errors: 1, resource: null, hit_rate: null })
    expect(history(24, startMs + hourMs, 'contact').hours).toMatchObject({ at_ms: [startMs], errors: [1] })
    expect(history(1, startMs + hourMs).hours.requests).toEqual([1])
  })

  it('are the same after a restart at any time, whatever happened', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ isHit: fc.boolean(), afterMinutes: fc.nat(90), isRestarted: fc.boolean() }), {
          maxLength: 25,
        }),
        (steps) => {
          database = new DatabaseSync(':memory:')
          book = openHourBook(createSqlStorage(database))
          let [nowMs, hits, requests] = [startMs, 0, 0]
          for (const { isHit, afterMinutes, isRestarted } of steps) {
            nowMs += afterMinutes * 60_000
            add(read('contact-list', isHit), nowMs)
            hits += isHit ? 1 : 0
            requests += 1
            if (isRestarted) book = openHourBook(createSqlStorage(database))
          }
          const report = history(limits.hoursKeptMax, nowMs)
          expect(report.hours.requests.reduce((sum, each) => sum + each, 0)).toBe(requests)
          expect(report.hours.hits.reduce((sum, each) => sum + each, 0)).toBe(hits)
          expect(report.resources[0]?.requests ?? 0).toBe(requests)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are kept for 30 days and no longer, in a row each', () => {
    for (let hour = 0; hour < limits.hoursKeptMax + 30; hour += 1)
      add(read('contact', true), startMs + hour * hourMs)
    const nowMs = startMs + (limits.hoursKeptMax + 29) * hourMs
    const rows = Number(database.prepare('select count(*) as n from hours').get()?.['n'])
    expect(rows).toBeLessThanOrEqual(limits.hoursKeptMax)
    const report = history(limits.hoursKeptMax, nowMs)
    expect(report.hours.at_ms).toHaveLength(limits.hoursKeptMax)
    expect(report.kept_from_ms).toBe(report.from_ms)
  })

  it('show what happened in the running hour before it is written', () => {
    book.add(totalsOf(read('contact', true)), startMs)
    expect(history(1, startMs).hours.requests).toEqual([1])
    book = openHourBook(createSqlStorage(database))
    expect(history(1, startMs).hours.requests).toEqual([])
    expect(history(1, startMs).kept_from_ms).toBeNull()
  })
})

describe('the versions of the Worker', () => {
  it('are noted when each is first seen, and the oldest are forgotten', () => {
    const log = openVersionLog(createSqlStorage(database))
    log.note(['one'], 1)
    log.note(['one', 'two'], 2)
    expect(log.latest()).toEqual([
      { version: 'two', firstSeenAtMs: 2 },
      { version: 'one', firstSeenAtMs: 1 },
    ])
    for (let number = 0; number < limits.versionsKeptMax; number += 1)
      log.note([`later-${number}`], 10 + number)
    expect(openVersionLog(createSqlStorage(database)).latest()).toHaveLength(limits.versionsKeptMax)
    expect(log.latest().map(({ version }) => version)).not.toContain('one')
  })
})
