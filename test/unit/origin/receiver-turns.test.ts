import { describe, expect, test } from 'vitest'
import { createReceiverTurns, type Turn } from '../../../origin/queues/handlers/receiver-turns.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const quick = { isGood: true, tookMs: 50 }
const dead = { isGood: false, tookMs: 10_000 }

function begun(turn: Turn) {
  if (turn.kind === 'wait') throw new Error('it has to wait')
  return turn
}

describe('a receiver', () => {
  test('that nobody knows yet, or that is slow or away, holds two places at most', () => {
    const turns = createReceiverTurns(createFakeClock())
    for (const experience of [null, dead, { isGood: true, tookMs: 5_000 }, { isGood: false, tookMs: 1 }]) {
      if (experience !== null) begun(turns.take('a')).end(experience)
      const first = begun(turns.take('a'))
      const second = begun(turns.take('a'))
      expect(turns.take('a').kind).toBe('wait')
      first.end('untried')
      second.end('untried')
    }
  })

  test('that is quick holds as many as it likes, until it is not', () => {
    const turns = createReceiverTurns(createFakeClock())
    begun(turns.take('a')).end(quick)
    const many = Array.from({ length: 20 }, () => begun(turns.take('a')))
    many[0]?.end(dead)
    expect(turns.take('a').kind).toBe('wait')
  })

  test('never makes another one wait', () => {
    const turns = createReceiverTurns(createFakeClock())
    for (let count = 0; count < 100; count += 1) turns.take('dead')
    expect(turns.take('other').kind).toBe('begin')
  })

  test('spreads those that wait by what it takes, up to ten minutes', () => {
    const clock = createFakeClock()
    const turns = createReceiverTurns(clock)
    begun(turns.take('a')).end(dead)
    begun(turns.take('a'))
    begun(turns.take('a'))
    const waits = Array.from({ length: 200 }, () => {
      const turn = turns.take('a')
      return turn.kind === 'wait' ? turn.waitMs : 0
    })
    expect(waits.slice(0, 3)).toEqual([6_000, 11_000, 16_000])
    expect(waits.every((wait, at) => wait >= (waits[at - 1] ?? 1))).toBe(true)
    expect(Math.max(...waits)).toBe(600_000)
  })
})
