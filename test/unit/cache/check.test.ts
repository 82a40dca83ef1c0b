import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Move } from '../../../shared/tags/moves.ts'
import { tagsMovedBy } from '../../../shared/tags/moves.ts'
import type { Tag } from '../../../shared/tags/tags.ts'
import { withConsistencyChecks } from '../../../worker/cache/check.ts'
import { createSuspicion } from '../../../worker/cache/comparison.ts'
import type { ReadAnswer } from '../../../worker/cache/read.ts'
import { createViolations, type Violation } from '../../../worker/cache/violations.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import type { View } from '../../../worker/ledger/view.ts'
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
let provedAtMs: number
let healed: { keyDigest: string; moves: readonly string[] }[]
let noted: Violation[]
let hasMarks: boolean

/** A ledger at the version of the entries' stamp. */
function bookAtFive(): ReturnType<typeof createBook> {
  const made = createBook()
  for (let index = 0; index < 5; index += 1) made.advance([{ moves: [boardMove('other')] }])
  return made
}

beforeEach(() => {
  clock = createFakeClock()
  book = bookAtFive()
  events = []
  reports = []
  loads = 0
  database = { body: '{"contacts":[]}', isAway: false }
  isLedgerAway = false
  chance = 0
  provedAtMs = 0
  healed = []
  noted = []
  hasMarks = true
})

/** One isolate, which serves an answer again and again. */
function createIsolate() {
  const ledger = {
    advance: async () => err({ kind: 'unavailable' as const }),
    since: async (_workspace: unknown, ledgerId: string | null, after: number) =>
      isLedgerAway ? err({ kind: 'unavailable' as const }) : ok(book.since(ledgerId, after)),
  }
  let answer = answerOf()
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
    shadow: () => undefined,
    suspect: createSuspicion({ clock, instant: async () => (hasMarks ? clock.now() : null) }),
    violated: createViolations({
      clock,
      async heal(_workspace, keyDigest, moves) {
        healed.push({ keyDigest, moves })
        return true
      },
      async note(violation) {
        noted.push(violation)
      },
      report: (line) => reports.push(line),
    }),
  })
  return {
    async serve(served: ReadAnswer, question = questionOf()) {
      answer = served
      const background: Promise<unknown>[] = []
      await answerQuestion(inquiryOf(question, (work) => background.push(work)))
      await settle()
      for (const work of background) await work
    },
  }
}

/** The view of the next read, as the ledger would answer it now. */
function nextView(): View {
  const { moved, version: now } = book.since(null, 0)
  const moves =
    moved.tags === null
      ? []
      : [...moved.tags].map((tag, index) => [tag as Tag, moved.distances[index] ?? 0] as const)
  return viewOf(moves, { version: now, provedAtMs, calledAtMs: clock.now() })
}

const outcomes = () => events.map((event) => (event.kind === 'consistency' ? event.outcome : event.kind))

/** Serves one answer, and a while later another read brings a view that proves what was committed meanwhile. */
async function serve(answer: ReadAnswer = answerOf(), question = questionOf()) {
  const isolate = createIsolate()
  await isolate.serve(answer, question)
  return {
    async rest() {
      await clock.advance(10_000)
      provedAtMs = clock.now()
      const before = chance
      chance = 1
      await isolate.serve(answerOf({ view: nextView() }))
      chance = before
      return outcomes()
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
    expect(noted).toMatchObject([{ resource: 'contact-list', places: ['$.contacts.length'] }])
    expect(JSON.parse(reports[0] ?? '')).toEqual({
      level: 'error',
      event: 'consistency-violation',
      places: ['$.contacts.length'],
      resource: 'contact-list',
      keyDigest: expect.stringMatching(/^[0-9a-f]{16}$/),
      isHealed: true,
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

describe('a difference while the relay is late', () => {
  /** A minute of load on one page, whose change was committed at its beginning and is told at its end. */
  async function minuteOfLoad(isLate: boolean): Promise<number> {
    book = bookAtFive()
    database.body = isLate ? '{"contacts":["changed"]}' : '{"contacts":[]}'
    provedAtMs = clock.now()
    const isolate = createIsolate()
    const before = loads
    for (let read = 0; read < 600; read += 1) {
      await clock.advance(100)
      await isolate.serve(answerOf({ view: nextView() }))
    }
    const asked = loads - before
    book.advance([{ moves: [openMove('b1')] }])
    provedAtMs = clock.now()
    await isolate.serve(answerOf({ view: nextView() }))
    return asked
  }

  it('for a minute under load is no violation, heals nothing, and asks the origin no more than a relay in time', async () => {
    const inTime = await minuteOfLoad(false)
    const late = await minuteOfLoad(true)
    expect(outcomes()).not.toContain('violated')
    expect(outcomes().filter((outcome) => outcome === 'excused').length).toBeGreaterThan(0)
    expect(healed).toEqual([])
    expect(reports).toEqual([])
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThanOrEqual(inTime)
  })

  it('is judged by a proof of an instant after the comparison, and by no earlier one', async () => {
    database.body = '{"contacts":["changed"]}'
    const isolate = createIsolate()
    await isolate.serve(answerOf())
    chance = 1
    for (const proved of [clock.now() - 1, clock.now()]) {
      provedAtMs = proved
      await isolate.serve(answerOf({ view: nextView() }))
      expect(outcomes()).toEqual([])
    }
    provedAtMs = clock.now() + 1
    await isolate.serve(answerOf({ view: nextView() }))
    expect(outcomes()).toEqual(['violated'])
  })

  it('is never judged without marks, nor after ten minutes', async () => {
    database.body = '{"contacts":["changed"]}'
    hasMarks = false
    await createIsolate().serve(answerOf())
    expect(outcomes()).toEqual(['unknown'])
    hasMarks = true
    const isolate = createIsolate()
    await isolate.serve(answerOf())
    chance = 1
    await clock.advance(limits.suspicionMs + 1)
    await isolate.serve(answerOf({ view: nextView() }))
    expect(outcomes()).toEqual(['unknown', 'unknown'])
  })
})

it('a violation heals the narrowest tags of the entry: slots of its places, and never its families or its workspace', async () => {
  database.body = '{"contacts":["changed"]}'
  await (await serve()).rest()
  expect(healed).toHaveLength(1)
  const moved = healed.flatMap(({ moves }) => moves.flatMap((move) => tagsMovedBy(move as Move)))
  expect(moved.length).toBeGreaterThan(0)
  expect(entryOf().tags).toEqual(expect.arrayContaining(moved))
  for (const { moves } of healed) for (const move of moves) expect(move).toMatch(/^place#/)
})
