import { beforeEach, describe, expect, it } from 'vitest'
import { defaultCacheSettings } from '../../../../shared/contract/settings.ts'
import { limits } from '../../../../shared/limits.ts'
import type { Question } from '../../../../shared/resources/question.ts'
import { err, ok } from '../../../../shared/result.ts'
import { createLoadsAhead } from '../../../../worker/cache/ahead/loads-ahead.ts'
import { withPrefetch } from '../../../../worker/cache/ahead/next-page.ts'
import type { AnswerQuestion, Inquiry } from '../../../../worker/cache/answer.ts'
import { plainWish } from '../../../../worker/cache/wish.ts'
import { entryOf } from '../../../support/entries.ts'
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts'
import { answerOf, inquiryOf, questionOf } from '../../../support/inquiries.ts'

const lastPage = 9

/** Page `page` of a list of nine. */
function pageOf(page: number): Question {
  return questionOf(`p${page}`, {
    next: () => (page === lastPage ? null : pageOf(page + 1)),
  })
}

let clock: FakeClock
let questions: string[]
let background: Promise<unknown>[]
let isEnabled: boolean
let answer: Awaited<ReturnType<AnswerQuestion>>
let answerQuestion: AnswerQuestion

beforeEach(() => {
  clock = createFakeClock()
  questions = []
  background = []
  isEnabled = true
  answer = ok(answerOf())
  const { features } = defaultCacheSettings
  answerQuestion = withPrefetch(
    async ({ question }) => {
      questions.push(String(question.params['boardId']))
      return answer
    },
    createLoadsAhead({
      clock,
      recorder: { record: () => undefined },
      settings: {
        inForce: async () => ({ ...defaultCacheSettings, features: { ...features, prefetch: isEnabled } }),
      },
    }),
  )
})

async function read(page: number, changes: Partial<Inquiry> & { readonly as?: string } = {}): Promise<void> {
  await answerQuestion(inquiryOf(pageOf(page), (work) => background.push(work), changes))
  for (const work of background) await work
}

describe('the next page', () => {
  it('is loaded behind the answer once a reader reads page after page', async () => {
    await read(1)
    await read(2)
    expect(questions).toEqual(['p1', 'p2'])
    await read(3)
    expect(questions).toEqual(['p1', 'p2', 'p3', 'p4'])
    await read(4)
    expect(questions).toEqual(['p1', 'p2', 'p3', 'p4', 'p4', 'p5'])
  })

  it('is loaded once however often a page is read again, which is no step back', async () => {
    for (const page of [1, 1, 2, 2, 2, 3, 3]) await read(page)
    expect(questions).toEqual(['p1', 'p1', 'p2', 'p2', 'p2', 'p3', 'p4', 'p3'])
  })

  it('is not loaded for a reader that skips pages, nor for another user', async () => {
    await read(1)
    await read(2)
    await read(5)
    await read(3, { as: 'user-2' })
    await read(4)
    expect(questions).toEqual(['p1', 'p2', 'p5', 'p3', 'p4'])
  })

  it('is loaded after a read with only-if-cached that found nothing', async () => {
    await read(1)
    answer = err({ code: 'not_cached' })
    await read(7)
    answer = ok(answerOf())
    await read(2)
    await read(3)
    expect(questions).toEqual(['p1', 'p7', 'p2', 'p3', 'p4'])
  })

  it('is not loaded after the last page', async () => {
    for (const page of [lastPage - 2, lastPage - 1, lastPage]) await read(page)
    expect(questions).toEqual(['p7', 'p8', 'p9'])
  })

  it('is not loaded if the workspace has switched that off', async () => {
    isEnabled = false
    for (const page of [1, 2, 3]) await read(page)
    expect(questions).toEqual(['p1', 'p2', 'p3'])
  })

  it.each([
    ['nothing shall be kept', { wish: { ...plainWish, isNoStore: true } }],
    ['only a cached entry may answer', { wish: { ...plainWish, isOnlyIfCached: true } }],
  ])('is not fetched where %s', async (_name, changes) => {
    for (const page of [1, 2, 3]) await read(page, changes)
    expect(questions).toEqual(['p1', 'p2', 'p3'])
  })

  it('is not loaded if the cache is switched off, or if the thing does not exist', async () => {
    for (const told of [
      answerOf({ isCacheEnabled: false }),
      answerOf({ entry: entryOf({ found: false }) }),
    ]) {
      answer = ok(told)
      for (const page of [1, 2, 3]) await read(page)
    }
    expect(questions).toEqual(['p1', 'p2', 'p3', 'p1', 'p2', 'p3'])
  })

  it.each(['overloaded', 'origin_timeout', 'origin_unavailable'] as const)(
    'is not loaded for a while after the origin answered %s',
    async (code) => {
      await read(1)
      await read(2)
      answer = err({ code })
      await read(7)
      answer = ok(answerOf())
      await clock.advance(limits.loadsAheadPauseMs - 1)
      await read(3)
      expect(questions).toEqual(['p1', 'p2', 'p7', 'p3'])
      await clock.advance(1)
      await read(4)
      expect(questions).toEqual(['p1', 'p2', 'p7', 'p3', 'p4', 'p5'])
    },
  )
})
