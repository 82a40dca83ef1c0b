import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../../../shared/limits.ts'
import type { Causes } from '../../../../../worker/deployment/metrics/causes/cause-batch.ts'
import { createSketches } from '../../../../../worker/deployment/metrics/causes/cause-batch.ts'
import type { CauseBook } from '../../../../../worker/deployment/metrics/causes/cause-book.ts'
import { hourMs, openCauseBook } from '../../../../../worker/deployment/metrics/causes/cause-book.ts'
import { createCauseRelay } from '../../../../../worker/deployment/metrics/causes/cause-relay.ts'
import {
  describeBoard,
  describeHottest,
  describeWorkspace,
} from '../../../../../worker/deployment/metrics/causes/cause-views.ts'
import { createSqlStorage } from '../../../../support/book-storage.ts'
import { tallyOf } from './tallies.ts'

const startMs = 1_000 * hourMs
let database: DatabaseSync
let book: CauseBook
let sequence: number

beforeEach(() => {
  database = new DatabaseSync(':memory:')
  book = openCauseBook(createSqlStorage(database), startMs)
  sequence = 0
})

/** Reads of a workspace's board, of which some missed. */
function causesOf(workspaceId: string, reads: number, misses: number): Causes {
  const sketches = createSketches(limits.causesBatchMax)
  const key = `digest-${workspaceId} ${JSON.stringify({ workspaceId, params: { boardId: 'b', page: 1 }, hidden: ['search'] })}`
  sketches.keys.add(key, reads, 'contact-list', tallyOf(reads, misses, 0, 10 * reads))
  sketches.boards.add(`${workspaceId} b`, reads, 'contact-list', tallyOf(reads, misses, 0, 10 * reads))
  sketches.workspaces.add(workspaceId, reads, 'contact-list', tallyOf(reads, misses, 0, 10 * reads))
  if (misses > 0) sketches.missing.add(workspaceId, misses, 'contact-list', tallyOf(misses, misses, 0, 0))
  const { keys, boards, workspaces, missing } = sketches
  return {
    ...{ versions: ['v1'], reads },
    ...{ keys: keys.data(), boards: boards.data(), workspaces: workspaces.data(), missing: missing.data() },
  }
}

function take(causes: Causes, atMs: number): void {
  sequence += 1
  book.take('LAX', { instance: 'first', sequence, causes }, atMs)
}

const hottest = (hours: number, atMs: number) =>
  describeHottest(
    {
      keys: book.over('keys', hours, atMs),
      boards: book.over('boards', hours, atMs),
      missing: book.over('missing', hours, atMs),
    },
    atMs,
  )

describe('the hours of causes', () => {
  it('take each delivery of an instance once', () => {
    const delivery = { instance: 'first', sequence: 1, causes: causesOf('15213', 5, 2) }
    book.take('LAX', delivery, startMs)
    book.take('LAX', delivery, startMs)
    book.take('FRA', delivery, startMs)
    book.take('LAX', { ...delivery, instance: 'second' }, startMs)
    expect(book.over('keys', 1, startMs).reads).toBe(15)
  })

  it('are summed over as many hours as are wanted, with the running one', () => {
    for (const [hour, reads] of [10, 20, 40].entries())
      take(causesOf('15213', reads, 1), startMs + hour * hourMs)
    const nowMs = startMs + 2 * hourMs + 60_000
    expect(hottest(1, nowMs).keys.rows[0]?.reads).toBe(40)
    expect(hottest(2, nowMs).keys.rows[0]?.reads).toBe(60)
    expect(hottest(24, nowMs)).toMatchObject({
      reads: 70,
      keys: {
        unlisted_max: 0,
        rows: [
          {
            digest: 'digest-15213',
            reads: 70,
            reads_max: 70,
            misses: 3,
            hidden: ['search'],
            workspace_id: '15213',
          },
        ],
      },
      workspaces: {
        rows: [{ workspace_id: '15213', misses: 3, resources: [{ resource: 'contact-list', misses: 3 }] }],
      },
    })
  })

  it('survive a restart, but for the minutes since the running hour was stored', () => {
    take(causesOf('15213', 10, 1), startMs)
    book.tick(startMs + limits.causesStoredEveryMs)
    take(causesOf('15213', 5, 1), startMs + limits.causesStoredEveryMs + 1)
    const nowMs = startMs + limits.causesStoredEveryMs + 2
    book = openCauseBook(createSqlStorage(database), nowMs)
    expect(book.over('keys', 1, nowMs).reads).toBe(10)
    // The hour that ended while nobody was there is finished when the next one begins.
    book = openCauseBook(createSqlStorage(database), startMs + hourMs + 1)
    expect(book.over('keys', 2, startMs + hourMs + 1).reads).toBe(10)
  })

  it('are deleted when they are over: keys after a day, the reads of workspaces after a week', () => {
    take(causesOf('15213', 10, 1), startMs)
    for (let hour = 1; hour <= limits.workspaceHoursMax + 2; hour += 1)
      take(causesOf('x', 1, 0), startMs + hour * hourMs)
    const nowMs = startMs + (limits.workspaceHoursMax + 2) * hourMs
    const rows = (table: string) =>
      Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n'])
    expect(book.ofWorkspace('15213', limits.workspaceHoursMax, nowMs).hours).toEqual([])
    expect(rows('workspace_hours')).toBeLessThanOrEqual(limits.workspaceHoursMax)
    expect(rows('cause_hours')).toBeLessThanOrEqual(3 * limits.causesHoursMax + limits.workspaceHoursMax)
  })

  it('store a handful of rows while an hour runs', () => {
    for (let second = 0; second < 3_600; second += 1) {
      take(causesOf('15213', 1, 0), startMs + second * 1_000)
      book.tick(startMs + second * 1_000)
    }
    expect(database.prepare('select count(*) as n from cause_now').get()).toMatchObject({ n: 4 })
  })

  it('answer for a workspace nothing of another one', () => {
    take(causesOf('15213', 10, 1), startMs)
    take(causesOf('15214', 99, 9), startMs)
    take(causesOf('15213', 4, 4), startMs + hourMs)
    const nowMs = startMs + hourMs + 1
    const statistics = describeWorkspace(book.ofWorkspace('15213', 24, nowMs), nowMs)
    expect(statistics).toMatchObject({
      whole: { reads: 14, hits: 9, misses: 5, hit_rate: 9 / 14, avg_ms: 10 },
      hours: [
        { at_ms: startMs, reads: 10 },
        { at_ms: startMs + hourMs, reads: 4 },
      ],
      resources: [{ resource: 'contact-list', reads: 14 }],
      unlisted_max: 0,
    })
    expect(JSON.stringify(statistics)).not.toContain('15214')
  })

  it('answer for a board, and say how much one can have that is not tracked', () => {
    take(causesOf('15213', 10, 1), startMs)
    const boards = book.over('boards', 1, startMs)
    expect(describeBoard(boards, '15213 b', startMs)).toMatchObject({
      board: { workspace_id: '15213', board_id: 'b', reads: 10, misses: 1, hit_rate: 0.9 },
      resources: [{ resource: 'contact-list', reads: 10, misses: 1 }],
    })
    expect(describeBoard(boards, '15213 c', startMs)).toMatchObject({ board: null, unlisted_max: 0 })
    // With more boards than are tracked, a board that is not tracked may still have been read.
    for (let number = 0; number < 3 * limits.causesKeptMax; number += 1)
      take(causesOf(`w${number}`, 1, 0), startMs)
    const crowded = describeBoard(book.over('boards', 1, startMs), '15213 c', startMs)
    expect(crowded.unlisted_max).toBeGreaterThan(0)
    expect(crowded.unlisted_max).toBeLessThanOrEqual(
      (3 * limits.causesKeptMax + 10) / (limits.causesKeptMax + 1),
    )
  })

  it('list fifty of each, and what an unlisted one can have', () => {
    for (let number = 1; number <= limits.causesShownMax + 1; number += 1)
      take(causesOf(`w${number}`, number, number), startMs)
    const { workspaces, keys } = hottest(1, startMs)
    expect(workspaces.rows).toHaveLength(limits.causesShownMax)
    expect(workspaces.rows.map(({ workspace_id }) => workspace_id)).not.toContain('w1')
    expect([workspaces.unlisted_max, keys.unlisted_max]).toEqual([1, 1])
  })
})

describe('the causes of a location', () => {
  it('are delivered with one number until they are confirmed, and nothing newer before', () => {
    const relay = createCauseRelay('instance')
    expect(relay.delivery(limits.causesDeliveryMs, true)).toBeNull()
    relay.add(causesOf('15213', 1, 0))
    const first = relay.delivery(limits.causesDeliveryMs, false)
    relay.add(causesOf('15213', 2, 0))
    expect(relay.delivery(2 * limits.causesDeliveryMs, false)).toBe(first)
    if (first !== null) relay.confirm(first)
    expect(relay.isEmpty).toBe(false)
    // The next one waits, unless somebody wants it now.
    expect(relay.delivery(limits.causesDeliveryMs + 1, false)).toBeNull()
    const second = relay.delivery(limits.causesDeliveryMs + 1, true)
    expect(second).toMatchObject({ sequence: 2, causes: { reads: 2 } })
    if (second !== null) relay.confirm(second)
    expect(relay.isEmpty).toBe(true)
  })

  it('take a bounded place while the overview is out of reach', () => {
    const relay = createCauseRelay('instance')
    for (let number = 0; number < 5_000; number += 1) relay.add(causesOf(`w${number}`, 1, 1))
    const delivery = relay.delivery(limits.causesDeliveryMs, true)
    expect(delivery?.causes.reads).toBe(5_000)
    expect(delivery?.causes.workspaces.tracked.length).toBeLessThanOrEqual(limits.causesKeptMax)
  })
})
