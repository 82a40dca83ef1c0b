import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createSuspicion } from '../../../worker/cache/comparison.ts'
import type { ReadAnswer } from '../../../worker/cache/read.ts'
import { createShadow, type SeeAnswer } from '../../../worker/cache/shadow.ts'
import type { ShadowRead } from '../../../worker/cache/shadow-read.ts'
import type { Suspicion } from '../../../worker/cache/suspicions.ts'
import type { Entry } from '../../../worker/entry/entry.ts'
import type { CacheKey } from '../../../worker/entry/key.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createViews } from '../../../worker/ledger/view.ts'
import { createBook } from '../../support/book-storage.ts'
import { entryOf, version, viewOf } from '../../support/entries.ts'
import { createFakeClock, deferred, type FakeClock, settle } from '../../support/fake-clock.ts'
import { answerOf, inquiryOf, questionOf } from '../../support/inquiries.ts'
import { boardMove } from '../../support/tags.ts'

let clock: FakeClock
let book: ReturnType<typeof createBook>
let events: CacheEvent[]
let violations: Suspicion[]
let fills: number

beforeEach(() => {
  clock = createFakeClock()
  book = createBook()
  for (let index = 0; index < 5; index += 1) book.advance([{ moves: [boardMove('other')] }])
  events = []
  violations = []
  fills = 0
})

const bodyOf = (text: string) => new TextEncoder().encode(text)
const loaded = () => entryOf({ body: bodyOf('{"contacts":["new"]}') })
const shadowOf = (held: Entry | null, changes: Partial<ShadowRead> = {}): ShadowRead => ({
  loadMs: 40,
  search: async () => ({ entry: held, durationMs: 3 }),
  async fill() {
    fills += 1
  },
  ...changes,
})
const answered = (shadow: ShadowRead, changes: Partial<ReadAnswer> = {}) =>
  answerOf({ entry: loaded(), status: 'BYPASS', source: 'database', rollout: 'shadow', shadow, ...changes })

/** One isolate, which answers with what the test says. */
function createIsolate() {
  const ledger = {
    advance: async () => err({ kind: 'unavailable' as const }),
    since: async (_workspace: unknown, ledgerId: string | null, after: number) =>
      ok(book.since(ledgerId, after)),
  }
  const see = createShadow({
    views: createViews({ ledger, clock, boundMs: 1_000, shared: null }),
    recorder: { record: (event) => events.push(event) },
    clock,
    suspect: createSuspicion({ clock, instant: async () => clock.now() }),
    async violated(suspicion) {
      violations.push(suspicion)
    },
  })
  return async (given: Parameters<SeeAnswer>[1], question = questionOf()) => {
    const background: Promise<unknown>[] = []
    see(
      inquiryOf(question, (work) => background.push(work)),
      given,
    )
    await settle()
    return background
  }
}

const outcomes = () => events.map((event) => (event.kind === 'shadow' ? event.outcome : event.kind))

describe('behind an answer in shadow', () => {
  it('an equal entry is a match, with the time that it would have saved', async () => {
    const read = createIsolate()
    await read(ok(answered(shadowOf(loaded()))))
    expect(events).toEqual([{ kind: 'shadow', resource: 'contact-list', outcome: 'match', savedMs: 37 }])
  })

  it('an entry that the tiers lack is a miss, and they are given it', async () => {
    const read = createIsolate()
    await read(ok(answered(shadowOf(null))))
    expect([outcomes(), fills]).toEqual([['miss'], 1])
  })

  it('a difference is a mismatch once a view proves that nothing moved, and is told by its place', async () => {
    const read = createIsolate()
    await Promise.all(await read(ok(answered(shadowOf(entryOf({ body: bodyOf('{"contacts":["old"]}') }))))))
    expect(outcomes()).toEqual([])
    await clock.advance(5_000)
    const view = viewOf([], { version: version(5), provedAtMs: clock.now() })
    await read(ok(answerOf({ view })))
    expect(outcomes()).toEqual(['mismatch'])
    expect(violations).toMatchObject([{ resource: 'contact-list', places: ['$.contacts[]'] }])
    expect(JSON.stringify(violations)).not.toMatch(/old|new/)
  })

  it('a difference is late if the ledger knows of a change by now, or hears of it later', async () => {
    const read = createIsolate()
    const held = entryOf({ body: bodyOf('{"contacts":["old"]}') })
    await Promise.all(await read(ok(answered(shadowOf(held)))))
    book.advance([{ moves: [boardMove('b1')] }])
    await clock.advance(5_000)
    const moved = held.tags.map((tag) => [tag, 6] as const)
    await read(ok(answerOf({ view: viewOf(moved, { version: version(6), provedAtMs: clock.now() }) })))
    expect([outcomes(), violations]).toEqual([['late'], []])
    events = []
    await createIsolate()(ok(answered(shadowOf(held))))
    expect(outcomes()).toEqual(['late'])
  })

  it('an answer of the database that a newer entry has overtaken is no mismatch', async () => {
    const read = createIsolate()
    const newer = entryOf({
      body: bodyOf('{"contacts":["newest"]}'),
      stamp: { ledgerId: 'ledger', version: version(7) },
    })
    await read(ok(answered(shadowOf(newer))))
    expect([outcomes(), violations]).toEqual([['unknown'], []])
  })

  it('there is one comparison of a key, and a bounded number of all, and the rest are skipped', async () => {
    const read = createIsolate()
    const { promise, resolve } = deferred<void>()
    const waiting = shadowOf(loaded(), {
      async search() {
        await promise
        return { entry: loaded(), durationMs: 1 }
      },
    })
    await read(ok(answered(waiting)))
    await read(ok(answered(waiting)))
    expect(outcomes()).toEqual(['skipped'])
    for (let index = 0; index < limits.shadowAtOnceMax; index += 1)
      await read(ok(answered(waiting, { key: `key ${index}` as CacheKey })))
    expect(outcomes()).toEqual(['skipped', 'skipped'])
    resolve()
    await settle()
    expect(outcomes().filter((outcome) => outcome === 'match')).toHaveLength(limits.shadowAtOnceMax)
  })

  it('a comparison that never ends takes no place for ever', async () => {
    const read = createIsolate()
    const stuck = shadowOf(loaded(), { search: () => new Promise(() => undefined) })
    for (let index = 0; index < limits.shadowAtOnceMax; index += 1)
      await read(ok(answered(stuck, { key: `key ${index}` as CacheKey })))
    await read(ok(answered(shadowOf(loaded()))))
    expect(outcomes()).toEqual(['skipped'])
    await clock.advance(limits.shadowLostMs)
    await read(ok(answered(shadowOf(loaded()))))
    expect(outcomes()).toEqual(['skipped', 'match'])
  })

  it('nothing is compared for a while after the origin has failed', async () => {
    const read = createIsolate()
    await read(err({ code: 'overloaded' }))
    await read(ok(answered(shadowOf(loaded()))))
    expect(outcomes()).toEqual(['skipped'])
    await clock.advance(limits.shadowPauseMs)
    await read(ok(answered(shadowOf(loaded()))))
    expect(outcomes()).toEqual(['skipped', 'match'])
  })
})
