import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { withConsistencyChecks } from '../../../worker/cache/check.ts'
import type { ReadAnswer } from '../../../worker/cache/read.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createViews } from '../../../worker/ledger/view.ts'
import { createBook } from '../../support/book-storage.ts'
import { entryOf, version, viewOf } from '../../support/entries.ts'
import { createFakeClock, type FakeClock, settle } from '../../support/fake-clock.ts'
import { answerOf, inquiryOf, questionOf } from '../../support/inquiries.ts'
import { boardMove, openMove } from '../../support/tags.ts'

let clock: FakeClock
let book: ReturnType<typeof createBook>
let events: CacheEvent[]
let reports: string[]
let loads: number
let database: { body: string | null; isAway: boolean }
let isLedgerAway: boolean
let chance: number

beforeEach(() => {
  clock = createFakeClock()
  book = createBook()
  for (let index = 0; index < 5; index += 1) book.advance([{ moves: [boardMove('other')] }])
  events = []
  reports = []
  loads = 0
  database = { body: '{"contacts":[]}', isAway: false }
  isLedgerAway = false
  chance = 0
})

/** Serves one answer and waits for all work behind it. */
async function serve(answer: ReadAnswer = answerOf(), question = questionOf()) {
  const ledger = {
    advance: async () => err({ kind: 'unavailable' as const }),
    since: async (_workspace: unknown, ledgerId: string | null, after: number) =>
      isLedgerAway ? err({ kind: 'unavailable' as const }) : ok(book.since(ledgerId, after)),
  }
  const answerQuestion = withConsistencyChecks(async () => ok(answer), {
    views: createViews({ ledger, clock, boundMs: 1_000, shared: null }),
    origin: {
      async load() {
        loads += 1
        if (database.isAway) return err({ code: 'origin_unavailable' })
        return ok(database.body === null ? null : new TextEncoder().encode(database.body))
      },
    },
    recorder: { record: (event) => events.push(event) },
    clock,
    sampleRate: 0.5,
    random: () => chance,
    report: (line) => reports.push(line),
  })
  const background: Promise<unknown>[] = []
  await answerQuestion(inquiryOf(question, (work) => background.push(work)))
  await settle()
  return {
    async rest() {
      await clock.advance(limits.consistencyPatienceMs)
      for (const work of background) await work
      return events.map((event) => (event.kind === 'consistency' ? event.outcome : event.kind))
    },
  }
}

describe('an answer that was served as current', () => {
  it("is compared with the origin's current answer, for a share of all answers", async () => {
    expect(await (await serve()).rest()).toEqual(['consistent'])
    chance = 0.5
    expect(await (await serve()).rest()).toEqual(['consistent'])
    expect(loads).toBe(1)
  })

  it('is a violation if the database differs and no change was reported', async () => {
    database.body = '{"contacts":["changed"]}'
    expect(await (await serve()).rest()).toEqual(['violated'])
  })

  it('is a violation if the thing exists by now, or no longer exists', async () => {
    database.body = null
    expect(await (await serve()).rest()).toEqual(['violated'])
    database.body = '{"contacts":[]}'
    const none = answerOf({ entry: entryOf({ found: false, body: new Uint8Array() }) })
    expect(await (await serve(none)).rest()).toEqual(['violated', 'violated'])
  })

  it('is excused if the report of the change was on its way', async () => {
    database.body = '{"contacts":["changed"]}'
    const { rest } = await serve()
    book.advance([{ moves: [openMove('b1')] }])
    expect(await rest()).toEqual(['excused'])
    expect(reports).toEqual([])
  })

  it('is excused if one of its tags has moved since, without a call of the origin', async () => {
    book.advance([{ moves: [openMove('b1')] }])
    expect(await (await serve()).rest()).toEqual(['excused'])
    expect(loads).toBe(0)
  })

  it('is not judged if the origin or the ledger cannot be reached, or if time changes it', async () => {
    database.isAway = true
    expect(await (await serve()).rest()).toEqual(['unknown'])
    isLedgerAway = true
    expect(await (await serve()).rest()).toEqual(['unknown', 'unknown'])
    isLedgerAway = false
    database = { body: '{"contacts":["changed"]}', isAway: false }
    const question = questionOf('b1', { comparable: null })
    expect(await (await serve(answerOf(), question)).rest()).toEqual(['unknown', 'unknown', 'unknown'])
  })

  it('is named in the log by a digest, without contact data', async () => {
    database.body = '{"contacts":["Ada Lovelace"]}'
    await (await serve()).rest()
    expect(reports).toHaveLength(1)
    expect(JSON.parse(reports[0] ?? '')).toEqual({
      level: 'error',
      event: 'consistency-violation',
      resource: 'contact-list',
      keyDigest: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  })
})

describe('the greatest age of a change that an answer missed', () => {
  const servedAfter = (viewMs: number, entryMs: number) =>
    answerOf({
      view: viewOf([], { calledAtMs: clock.now() - viewMs }),
      entry: entryOf({ createdAtMs: clock.now() - entryMs }),
    })
  const staleMs = () => events.flatMap((event) => (event.kind === 'consistency' ? [event.staleMs] : []))

  it('is 0 if the answer missed none', async () => {
    await (await serve(servedAfter(700, 60_000))).rest()
    expect(staleMs()).toEqual([0])
  })

  it('is the age of the view if the ledger knows of the change by now', async () => {
    book.advance([{ moves: [openMove('b1')] }])
    await (await serve(servedAfter(700, 60_000))).rest()
    expect(staleMs()).toEqual([700])
  })

  it('is the age of the entry if the change was not reported to the ledger', async () => {
    database.body = '{"contacts":["changed"]}'
    await (await serve(servedAfter(700, 60_000))).rest()
    expect(staleMs()).toEqual([60_000])
  })

  it('is absent if it is not known', async () => {
    database.isAway = true
    await (await serve(servedAfter(700, 60_000))).rest()
    expect(staleMs()).toEqual([undefined])
  })
})

describe('an answer that claims nothing', () => {
  it.each([
    ['was loaded just now', { status: 'MISS' }],
    ['is past its time', { status: 'STALE' }],
    ['could not be proved', { doubt: 'overtaken' }],
  ] as const)('because it %s is not checked', async (_name, changes) => {
    expect(await (await serve(answerOf(changes))).rest()).toEqual([])
  })
})

it('a stamp of another ledger excuses itself', async () => {
  const stamp = { ledgerId: 'lost', version: version(9) }
  expect(await (await serve(answerOf({ entry: entryOf({ stamp }) }))).rest()).toEqual(['excused'])
})
