import { beforeEach, expect, test } from 'vitest'
import type { CacheKey } from '../../../worker/entry/key.ts'
import { withDeadline } from '../../../worker/tiers/with-deadline.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeTier, type FakeTier } from '../../support/fake-tier.ts'

const key = 'bc1:15213:contact-list:b1' as CacheKey
const late = { ok: false, error: { kind: 'timeout' } }

let clock: FakeClock
let place: FakeTier

beforeEach(() => {
  clock = createFakeClock()
  place = createFakeTier('kv', clock)
})

/** Calls every method of a tier whose calls never settle, whatever their signal says. */
function callsOfHanging(signal: AbortSignal) {
  const never = () => new Promise<never>(() => undefined)
  const tier = withDeadline(
    { name: 'kv', heedsSignals: true, get: never, put: never, remove: never, probe: never },
    clock,
    1_000,
  )
  return [
    tier.get(key, signal),
    tier.put(key, entryOf(), signal),
    tier.remove([key], signal),
    tier.probe(signal),
  ]
}

test('every call settles at its deadline, though the tier never does', async () => {
  const answers = Promise.all(callsOfHanging(new AbortController().signal))
  await clock.advance(1_000)
  expect(await answers).toEqual([late, late, late, late])
})

test('every call settles at once when its caller goes away, though the tier never does', async () => {
  const caller = new AbortController()
  const answers = Promise.all(callsOfHanging(caller.signal))
  caller.abort()
  expect(await answers).toEqual([late, late, late, late])
})

test('nothing is called for a caller that has already gone', async () => {
  place.stored.set(key, new Uint8Array())
  expect(await withDeadline(place, clock, 1_000).remove([key], AbortSignal.abort())).toEqual(late)
  expect(place.stored.size).toBe(1)
})

test('the signal of a call that is given up is aborted, and an answer in time leaves no timer and no listener behind', async () => {
  const signals: (AbortSignal | undefined)[] = []
  const timers = new Set<() => void>()
  const counting = {
    ...clock,
    schedule(callback: () => void, delayMs: number) {
      timers.add(callback)
      const cancel = clock.schedule(callback, delayMs)
      return () => {
        timers.delete(callback)
        cancel()
      }
    },
  }
  const watching: FakeTier = {
    ...place,
    get: (given, signal) => {
      signals.push(signal)
      return place.get(given, signal)
    },
  }
  const caller = new AbortController()
  const tier = withDeadline(watching, counting, 1_000)
  expect(await tier.get(key, caller.signal)).toEqual({ ok: true, value: null })
  expect(timers.size).toBe(0)
  caller.abort()
  expect(signals[0]?.aborted).toBe(false)

  place.gate = new Promise(() => undefined)
  const answer = tier.get(key, new AbortController().signal)
  await clock.advance(1_000)
  expect(await answer).toEqual(late)
  expect(signals[1]?.aborted).toBe(true)
})

test('a tier that passes no signal on is given none, and its calls settle at the deadline all the same', async () => {
  const signals: unknown[] = []
  const deaf: FakeTier = {
    ...place,
    heedsSignals: false,
    get: (_key, signal) => {
      signals.push(signal)
      return new Promise(() => undefined)
    },
  }
  const answer = withDeadline(deaf, clock, 1_000).get(key)
  await clock.advance(1_000)
  expect(await answer).toEqual(late)
  expect(signals).toEqual([undefined])
})
