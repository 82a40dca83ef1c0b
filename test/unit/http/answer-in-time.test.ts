import { expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { answerInTime } from '../../../worker/http/answer-in-time.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const never = new Promise<Response>(() => undefined)

it.each([
  ['GET', limits.answerDeadlineMs, 503, 'overloaded', `${limits.retryAfterSeconds}`],
  ['HEAD', limits.answerDeadlineMs, 503, 'overloaded', `${limits.retryAfterSeconds}`],
  ['POST', limits.workDeadlineMs, 504, 'write_unconfirmed', null],
])('a %s that waits for ever is answered after %i ms with %i %s', async (method, deadlineMs, ...expected) => {
  const clock = createFakeClock()
  let answer: Response | undefined
  void answerInTime({ method, requestId: 'r1' }, never, clock).then((given) => {
    answer = given
  })
  await clock.advance(deadlineMs - 1)
  expect(answer).toBeUndefined()
  await clock.advance(1)
  const { status, headers } = answer ?? new Response()
  const code = /"code":"(\w+)"/.exec((await answer?.text()) ?? '')?.[1]
  expect([status, code, headers.get('Retry-After')]).toEqual(expected)
})

it('an answer is passed on as it is, and so is a failure', async () => {
  const clock = createFakeClock()
  const given = new Response('a')
  expect(await answerInTime({ method: 'GET', requestId: 'r1' }, Promise.resolve(given), clock)).toBe(given)
  const failure = answerInTime({ method: 'GET', requestId: 'r1' }, Promise.reject(new Error('b')), clock)
  await expect(failure).rejects.toThrow('b')
})

it('all loads of a read fit into the time that its answer may take', () => {
  expect(limits.loadAttemptsMax * limits.originDeadlineMs).toBeLessThan(limits.answerDeadlineMs)
})
