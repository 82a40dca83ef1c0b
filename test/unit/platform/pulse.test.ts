import { beforeEach, describe, expect, test } from 'vitest'
import type { Pulse } from '../../../worker/platform/pulse.ts'
import { createPulse } from '../../../worker/platform/pulse.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let beatsAtMs: number[]
let alarmsAtMs: number[]
let nextMs: () => number | null
let startMs: number

function createPulseUnderTest(): Pulse {
  return createPulse({
    clock,
    setAlarm: async (atMs) => void alarmsAtMs.push(atMs - startMs),
    async beat() {
      beatsAtMs.push(clock.now() - startMs)
      return nextMs()
    },
  })
}

beforeEach(() => {
  clock = createFakeClock()
  startMs = clock.now()
  beatsAtMs = []
  alarmsAtMs = []
  nextMs = () => 1_000
})

describe('a pulse', () => {
  test('beats once a second, and writes an alarm down four times a minute at most', async () => {
    createPulseUnderTest().within(1_000)
    await clock.advance(60_000)
    expect(beatsAtMs).toEqual(Array.from({ length: 60 }, (_, second) => (second + 1) * 1_000))
    expect(alarmsAtMs.length).toBeLessThanOrEqual(5)
  })

  test('has an alarm behind every coming beat, which replaces a lost one', async () => {
    createPulseUnderTest().within(1_000)
    for (let passedMs = 0; passedMs < 60_000; passedMs += 500) {
      await clock.advance(500)
      expect(alarmsAtMs.at(-1)).toBeGreaterThan(clock.now() - startMs + 1_000)
    }
  })

  test('continues after an alarm found it without a timer', async () => {
    await createPulseUnderTest().alarm()
    await clock.advance(2_000)
    expect(beatsAtMs).toEqual([0, 1_000, 2_000])
  })

  test('comes sooner if that is requested, and never later', async () => {
    const pulse = createPulseUnderTest()
    pulse.within(10_000)
    pulse.within(300)
    pulse.within(5_000)
    await clock.advance(300)
    expect(beatsAtMs).toEqual([300])
  })

  test('rests if there is nothing to do, until the next request', async () => {
    nextMs = () => null
    const pulse = createPulseUnderTest()
    pulse.within(100)
    await clock.advance(60_000)
    expect(beatsAtMs).toEqual([100])
    pulse.within(100)
    await clock.advance(100)
    expect(beatsAtMs).toEqual([100, 60_100])
  })

  test('leaves a long pause to the alarm, so that the object may rest meanwhile', async () => {
    nextMs = () => 10_000
    const pulse = createPulseUnderTest()
    pulse.within(1_000)
    await clock.advance(60_000)
    expect(beatsAtMs).toEqual([1_000])
    expect(alarmsAtMs.at(-1)).toBe(11_000)
    await pulse.alarm()
    expect(alarmsAtMs.at(-1)).toBe(70_000)
  })

  test('outlives a beat that fails', async () => {
    nextMs = () => {
      throw new Error('this beat fails')
    }
    createPulseUnderTest().within(100)
    await clock.advance(100)
    nextMs = () => 1_000
    await clock.advance(6_000)
    expect(beatsAtMs).toEqual([100, 5_100, 6_100])
  })
})
