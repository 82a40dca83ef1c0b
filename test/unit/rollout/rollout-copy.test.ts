import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { RolloutCopy } from '../../../worker/ledger/rollout-copy.ts'
import type { RolloutTold } from '../../../worker/ledger/rollout-messages.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { createFakeClock, deferred, settle } from '../../support/fake-clock.ts'

function setUp() {
  const clock = createFakeClock()
  const database = new DatabaseSync(':memory:')
  const state: { answer: RolloutTold | null; hold: Promise<void>; asked: number } = {
    answer: { version: 5, state: 'off', leaseMs: limits.rolloutLeaseMs },
    hold: Promise.resolve(),
    asked: 0,
  }
  /** The ledger's object on another machine, with the same storage. */
  const wakeUp = () =>
    new RolloutCopy({
      storage: createSqlStorage(database),
      clock,
      async ask() {
        state.asked += 1
        const { answer } = state
        await state.hold
        if (answer === null) throw new Error('nobody answers')
        return answer
      },
      keepAlive: () => undefined,
    })
  return { clock, state, wakeUp }
}

describe("a ledger's copy of the rollout", () => {
  it('is known before the first answer', async () => {
    const { wakeUp } = setUp()
    const copy = wakeUp()
    expect(copy.state).toBe('on')
    await copy.wake()
    expect([copy.state, copy.ready()]).toEqual(['off', undefined])
  })

  it('takes what it is told if that is newer, and what is late changes nothing', async () => {
    const { wakeUp } = setUp()
    const copy = wakeUp()
    await copy.wake()
    expect(copy.take({ version: 7, state: 'on' })).toBe(7)
    expect(copy.take({ version: 6, state: 'shadow' })).toBe(7)
    expect(copy.take({ version: 7, state: 'shadow' })).toBe(7)
    expect(copy.state).toBe('on')
  })

  it('is not undone by an answer that was overtaken by a change', async () => {
    const { state, wakeUp } = setUp()
    const copy = wakeUp()
    const { promise, resolve } = deferred<void>()
    state.hold = promise
    const waking = copy.wake()
    await settle()
    copy.take({ version: 6, state: 'shadow' })
    resolve()
    await waking
    expect(copy.state).toBe('shadow')
  })

  it('follows a keeper that has gone back in time, once it asks', async () => {
    const { clock, state, wakeUp } = setUp()
    const copy = wakeUp()
    await copy.wake()
    state.answer = { version: 2, state: 'on', leaseMs: limits.rolloutLeaseMs }
    await clock.advance(limits.rolloutLeaseMs)
    await copy.ready()
    expect(copy.state).toBe('on')
  })

  it('is the last known one if nobody answers in time, and is asked for again', async () => {
    const { clock, state, wakeUp } = setUp()
    await wakeUp().wake()
    state.hold = new Promise(() => undefined)
    const copy = wakeUp()
    const waking = copy.wake()
    await clock.advance(limits.rolloutAskDeadlineMs)
    await waking
    expect(copy.state).toBe('off')
    // It asks again, but not for each of its readers.
    expect([copy.ready(), state.asked]).toEqual([undefined, 2])
    state.hold = Promise.resolve()
    state.answer = { version: 8, state: 'on', leaseMs: limits.rolloutLeaseMs }
    await clock.advance(limits.rolloutAskEveryMs)
    await copy.ready()
    expect([copy.state, state.asked]).toEqual(['on', 3])
  })

  it('is asked for again behind an answer when half of the lease is over, and before one when all of it is', async () => {
    const { clock, state, wakeUp } = setUp()
    const copy = wakeUp()
    await copy.wake()
    await clock.advance(limits.rolloutLeaseMs / 2 - 1)
    expect([copy.ready(), state.asked]).toEqual([undefined, 1])
    await clock.advance(1)
    expect([copy.ready(), state.asked]).toEqual([undefined, 2])
    await settle()
    state.answer = { version: 9, state: 'on', leaseMs: limits.rolloutLeaseMs }
    await clock.advance(limits.rolloutLeaseMs)
    const [one, another] = [copy.ready(), copy.ready()]
    expect(one).toBe(another)
    await one
    expect([copy.state, state.asked]).toEqual(['on', 3])
  })
})
