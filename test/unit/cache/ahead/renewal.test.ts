import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { workspaceIdSchema } from '../../../../shared/ids.ts'
import { limits } from '../../../../shared/limits.ts'
import type { Question } from '../../../../shared/resources/question.ts'
import { err, ok } from '../../../../shared/result.ts'
import type { Tag } from '../../../../shared/tags/tags.ts'
import { workspaceTag } from '../../../../shared/tags/tags.ts'
import { withRenewal } from '../../../../worker/cache/ahead/renewal.ts'
import type { AnswerQuestion, Inquiry } from '../../../../worker/cache/answer.ts'
import type { ReadAnswer } from '../../../../worker/cache/read.ts'
import { plainWish } from '../../../../worker/cache/wish.ts'
import type { View } from '../../../../worker/ledger/view.ts'
import { entryOf, version, viewOf } from '../../../support/entries.ts'
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts'
import { answerOf, inquiryOf, questionOf } from '../../../support/inquiries.ts'
import { openTag } from '../../../support/tags.ts'

const listOf = (name: string, changes: Partial<Question> = {}) =>
  questionOf(name, { tags: [workspaceTag, openTag(name)], ...changes })
const [first, second] = [listOf('b1'), listOf('b2')]
const before = viewOf([], { version: version(10) })
const movedAt = (at: number, ...tags: Tag[]) =>
  viewOf(
    tags.map((tag) => [tag, at] as const),
    { version: version(at) },
  )

let clock: FakeClock
let renewed: string[]
let mayLoad: boolean
let again: AnswerQuestion
let outcomes: boolean[]
let told: string[]
let background: Promise<unknown>[]
let view: View
let chance: number
let changes: Partial<ReadAnswer>
let answerQuestion: AnswerQuestion

beforeEach(() => {
  clock = createFakeClock()
  renewed = []
  mayLoad = true
  outcomes = []
  told = []
  background = []
  view = before
  chance = 0
  changes = {}
  again = async () => ok(answerOf())
  answerQuestion = withRenewal(
    async ({ question }) =>
      ok(
        answerOf({
          view,
          entry: entryOf({
            tags: question.tagsFor(null),
            stamp: { ledgerId: view.ledgerId, version: view.version },
          }),
          ...changes,
        }),
      ),
    {
      again: async (inquiry) => {
        renewed.push(String(inquiry.question.params['boardId']))
        return again(inquiry)
      },
      loadsAhead: {
        noteOutcome: () => undefined,
        noteLoad: (why, { ok }) => outcomes.push(why === 'write' && ok),
        mayLoadFor: async () => mayLoad,
      },
      demand: { note: ({ question }) => told.push(String(question.params['boardId'])) },
      clock,
      random: () => chance,
    },
  )
})

async function read(question: Question, of: Partial<Inquiry> = {}): Promise<void> {
  await answerQuestion(inquiryOf(question, (work) => background.push(work), of))
  await clock.advance(0)
  if (chance === 0) for (const work of background.splice(0)) await work
}

/** Two readers make a question worth renewing. */
async function look(question: Question, of: Partial<Inquiry> = {}): Promise<void> {
  await read(question, of)
  await read(question, of)
}

describe('a question that readers look at', () => {
  it('is loaded again behind the first answer that shows that it moved', async () => {
    await look(first)
    view = movedAt(11, openTag('b1'))
    await read(second)
    expect(renewed).toEqual(['b1'])
  })

  it('is told as in demand from its second read on, and again only after a while', async () => {
    await read(first)
    expect(told).toEqual([])
    for (let reads = 0; reads < 5; reads += 1) await read(first)
    expect(told).toEqual(['b1'])
    for (let waitedMs = 0; waitedMs < limits.aheadTellEveryMs; waitedMs += 60_000) {
      await clock.advance(60_000)
      await read(first)
    }
    expect(told).toEqual(['b1', 'b1'])
    await clock.advance(limits.watchedMs)
    await read(first)
    expect(told).toEqual(['b1', 'b1'])
  })

  it('is not loaded again if other tags moved', async () => {
    await look(first)
    view = movedAt(11, openTag('b3'))
    await read(second)
    expect(renewed).toEqual([])
  })

  it('is loaded once, and not again before it is read again', async () => {
    await look(first)
    for (const at of [11, 12, 13]) {
      view = movedAt(at, openTag('b1'))
      await read(second)
    }
    expect(renewed).toEqual(['b1'])
    await read(first)
    view = movedAt(14, openTag('b1'))
    await read(second)
    expect(renewed).toEqual(['b1', 'b1'])
  })

  it('is not loaded by the backend if only members may read it, and still by the next member', async () => {
    await look(first)
    view = movedAt(11, openTag('b1'))
    const { requestId, keepAlive, userId } = inquiryOf(second, (work) => background.push(work)).caller
    await read(second, { caller: { kind: 'service', userId, requestId, keepAlive } })
    expect(renewed).toEqual([])
    view = viewOf([[openTag('b1'), 11]], { version: version(12) })
    await read(second)
    expect(renewed).toEqual(['b1'])
  })

  it('is not loaded for the reader whose answer it just was', async () => {
    await look(first)
    view = movedAt(11, openTag('b1'))
    await read(first)
    expect(renewed).toEqual([])
  })

  it('is loaded again if the ledger has another id', async () => {
    await look(first)
    view = viewOf([], { version: version(3), ledgerId: 'another' })
    await read(second)
    expect(renewed).toEqual(['b1'])
  })

  it('is not loaded after a late answer whose view is older than one seen before', async () => {
    view = movedAt(12, openTag('b3'))
    await read(second)
    view = before
    await read(first)
    view = movedAt(12, openTag('b3'))
    await read(second)
    expect(renewed).toEqual([])
  })

  it('is forgotten some time after it was read', async () => {
    await look(first)
    await clock.advance(limits.watchedMs)
    view = movedAt(11, openTag('b1'))
    await read(second)
    expect(renewed).toEqual([])
  })

  it('is not loaded again if it was read once, or twice at a long distance', async () => {
    await read(first)
    view = movedAt(11, openTag('b1'))
    await read(second)
    await clock.advance(limits.watchedMs)
    await read(first)
    view = movedAt(12, openTag('b1'))
    await read(second)
    expect(renewed).toEqual([])
  })

  it('is looked for in the tiers at a random instant within the spread', async () => {
    chance = 0.5
    await look(first)
    view = movedAt(11, openTag('b1'))
    await read(second)
    await clock.advance(limits.renewalSpreadMs / 2 - 1)
    expect(renewed).toEqual([])
    await clock.advance(1)
    expect(renewed).toEqual(['b1'])
  })

  it('belongs to its workspace alone', async () => {
    await look(first)
    view = movedAt(11, openTag('b1'))
    await read(second, { workspaceId: workspaceIdSchema.parse('another') })
    expect(renewed).toEqual([])
  })

  it('is loaded with a plain wish, whatever the wish of the reader', async () => {
    const wishes: unknown[] = []
    again = async ({ wish }) => {
      wishes.push(wish)
      return ok(answerOf())
    }
    await look(first)
    view = movedAt(11, openTag('b1'))
    await read(second, { wish: { ...plainWish, maxAgeSeconds: 1 } })
    expect(wishes).toEqual([plainWish])
  })

  it.each([
    ['each user has an entry of their own', listOf('b1', { sharing: 'user' }), {}, {}],
    ['the cache is switched off', first, { isCacheEnabled: false }, {}],
    ['the caller wanted the database', first, { status: 'BYPASS' }, {}],
    ['it could not be proved current', first, { doubt: 'ledger-unreachable' }, {}],
    ['nothing is known of the ledger', first, { view: null }, {}],
    ['nothing shall be kept', first, {}, { wish: { ...plainWish, isNoStore: true } }],
    ['only a cached entry may answer', first, {}, { wish: { ...plainWish, isOnlyIfCached: true } }],
  ] as const)('is not loaded if %s', async (_name, question, answered, inquiry) => {
    changes = answered
    await look(question, inquiry)
    changes = {}
    view = movedAt(11, openTag('b1'))
    await read(second)
    expect(renewed).toEqual([])
  })

  it('is not loaded if loads ahead are not allowed, and the outcome of each load is noted', async () => {
    mayLoad = false
    await look(first)
    view = movedAt(11, openTag('b1'))
    await read(second)
    expect(renewed).toEqual([])
    mayLoad = true
    again = async () => err({ code: 'overloaded' })
    await read(first)
    view = movedAt(12, openTag('b1'))
    await read(second)
    expect([renewed, outcomes]).toEqual([['b1'], [false]])
  })

  it('is loaded with few others at a time', async () => {
    let [underWay, most] = [0, 0]
    again = async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await Promise.resolve()
      underWay -= 1
      return ok(answerOf())
    }
    for (let list = 0; list < limits.watchedMax - 1; list += 1) await look(listOf(`b${list}`))
    view = movedAt(11, workspaceTag)
    await read(second)
    expect([renewed.length, most]).toEqual([limits.watchedMax - 1, limits.renewalsAtOnce])
  })

  it('is renewed no more often than it is read', async () => {
    const steps = fc.array(
      fc.record({ list: fc.integer({ min: 1, max: 4 }), moves: fc.array(fc.integer({ min: 1, max: 4 })) }),
      { maxLength: 30 },
    )
    const lists = [1, 2, 3, 4].map((list) => listOf(`b${list}`))
    let run = 0
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        run += 1
        renewed = []
        const workspaceId = workspaceIdSchema.parse(`w${run}`)
        const reads = new Map<string, number>()
        for (const { list, moves } of taken) {
          if (moves.length > 0)
            view = movedAt(view.version + 1, ...moves.map((moved) => openTag(`b${moved}`)))
          await read(lists[list - 1] ?? first, { workspaceId })
          reads.set(`b${list}`, (reads.get(`b${list}`) ?? 0) + 1)
          for (const name of new Set(renewed))
            expect(renewed.filter((each) => each === name).length).toBeLessThanOrEqual(reads.get(name) ?? 0)
        }
      }),
    )
  })
})
