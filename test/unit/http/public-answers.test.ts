import { beforeEach, describe, expect, it } from 'vitest'
import type { WireError } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { createPublicAnswers, type PublicAnswers } from '../../../worker/http/public-answers.ts'
import { createFakeClock, deferred, type FakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let answers: PublicAnswers
let made: number
beforeEach(() => {
  clock = createFakeClock()
  answers = createPublicAnswers(clock)
  made = 0
})

const make = async () => {
  made += 1
  return ok(new Response(`made ${made}`, { status: 503, headers: { 'X-Made': String(made) } }))
}
async function publicAnswer(name = '/health ', how: () => Promise<Result<Response, WireError>> = make) {
  const answer = await answers.answer(name, how, () => undefined)
  if (!answer.ok) return answer.error.code
  const { status, headers } = answer.value
  return { status, made: headers.get('X-Made'), text: await answer.value.text() }
}

describe('a public answer', () => {
  it('is made once, however many callers come at the same time, and each can read all of it', async () => {
    const answered = await Promise.all(Array.from({ length: 100 }, () => publicAnswer()))
    expect(made).toBe(1)
    expect(answered).toEqual(answered.map(() => ({ status: 503, made: '1', text: 'made 1' })))
  })

  it('is made once a second, and no older than that', async () => {
    await publicAnswer()
    await clock.advance(limits.publicAnswerMs - 1)
    expect(await publicAnswer()).toMatchObject({ text: 'made 1' })
    await clock.advance(1)
    expect(await publicAnswer()).toMatchObject({ text: 'made 2' })
  })

  it('is made once while it takes longer than a second', async () => {
    const slow = deferred<Result<Response, WireError>>()
    const first = publicAnswer('/health ', () => {
      made += 1
      return slow.promise
    })
    await clock.advance(3 * limits.publicAnswerMs)
    const second = publicAnswer()
    slow.resolve(ok(new Response('slow')))
    expect([await first, await second]).toMatchObject([{ text: 'slow' }, { text: 'slow' }])
    expect(made).toBe(1)
  })

  it('of one name is no answer to another', async () => {
    expect(await publicAnswer('/metrics json')).toMatchObject({ text: 'made 1' })
    expect(await publicAnswer('/metrics prometheus')).toMatchObject({ text: 'made 2' })
    expect(await publicAnswer('/metrics json')).toMatchObject({ text: 'made 1' })
  })

  it('that failed is told to those who wait for it, and made again for the next', async () => {
    const fails = async (): Promise<Result<Response, WireError>> => {
      made += 1
      return err({ code: 'figures_unavailable' })
    }
    const answered = await Promise.all(Array.from({ length: 10 }, () => publicAnswer('/health ', fails)))
    expect(new Set(answered)).toEqual(new Set(['figures_unavailable']))
    expect(made).toBe(1)
    expect(await publicAnswer()).toMatchObject({ text: 'made 2' })
  })

  it('whose making throws is an error of each who waits, made once, and not kept', async () => {
    const throws = () => {
      made += 1
      return Promise.reject(new Error('unexpected'))
    }
    const answered = await Promise.allSettled(
      Array.from({ length: 10 }, () => publicAnswer('/health ', throws)),
    )
    expect(answered.map(({ status }) => status)).toEqual(answered.map(() => 'rejected'))
    expect(made).toBe(1)
    expect(await publicAnswer()).toMatchObject({ text: 'made 2' })
  })

  it('of a request that workerd ended is given up, and made by another', async () => {
    void publicAnswer('/health ', () => new Promise(() => undefined))
    const waiting = publicAnswer()
    await clock.advance(limits.originDeadlineMs)
    expect(await waiting).toMatchObject({ text: 'made 1' })
  })
})
