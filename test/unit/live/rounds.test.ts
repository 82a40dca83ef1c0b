import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../shared/clock.ts'
import { Rounds } from '../../../worker/live/rounds.ts'

const mostFramesASlice = 20

interface Rest {
  readonly framesBefore: number
  readonly restMs: number
}

/** Sends items of so many frames each, on a machine whose timers are late. Answers the rests, and what was sent. */
async function sentBy(items: readonly number[], lateMs: readonly number[]) {
  let nowMs = 0
  let frames = 0
  const rests: Rest[] = []
  const sent: number[] = []
  const clock: Clock = {
    now: () => nowMs,
    schedule(callback, restMs) {
      rests.push({ framesBefore: frames, restMs })
      frames = 0
      nowMs += restMs + (lateMs[rests.length % lateMs.length] ?? 0)
      queueMicrotask(callback)
      return () => undefined
    },
  }
  const under: Promise<unknown>[] = []
  const rounds = new Rounds<number>({
    clock,
    keepAlive: (work) => under.push(work),
    work(index) {
      const count = items[index] ?? 0
      frames += count
      sent.push(index)
      return count
    },
  })
  for (const index of items.keys()) rounds.add(index)
  rounds.run()
  await Promise.all(under)
  return { rests, sent, framesAfter: frames }
}

const framesOfItem = fc.integer({ min: 0, max: 8 })
const timersLateMs = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 20 })

describe('the rounds of a hub', () => {
  it('reach every item once, in its order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(framesOfItem, { maxLength: 300 }), timersLateMs, async (items, lateMs) => {
        expect((await sentBy(items, lateMs)).sent).toEqual([...items.keys()])
      }),
    )
  })

  it('never send more frames between two rests than a slice and its last item have', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(framesOfItem, { maxLength: 300 }), timersLateMs, async (items, lateMs) => {
        const { rests, framesAfter } = await sentBy(items, lateMs)
        const most = mostFramesASlice + Math.max(0, ...items) - 1
        for (const { framesBefore } of rests) expect(framesBefore).toBeLessThanOrEqual(most)
        expect(framesAfter).toBeLessThanOrEqual(most)
      }),
    )
  })

  it('rest for as long as their frames took', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(framesOfItem, { maxLength: 300 }), timersLateMs, async (items, lateMs) => {
        for (const { framesBefore, restMs } of (await sentBy(items, lateMs)).rests) {
          expect(restMs).toBeGreaterThanOrEqual(framesBefore / 10)
        }
      }),
    )
  })
})
