import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BreakerState } from '../../../worker/events.ts'
import type { Admission, BreakerPace, CallOutcome } from '../../../worker/outbound/circuit-breaker.ts'
import { createBreaker, tierPace } from '../../../worker/outbound/circuit-breaker.ts'

const pace: BreakerPace = {
  failuresMax: 3,
  failureShareMax: 0.5,
  windowCalls: 8,
  windowMs: 100,
  pauseMs: 10,
  pauseMaxMs: 35,
  rateLimitedPauseMs: 15,
  trialLostMs: 50,
}

interface Call {
  readonly settle: Admission
}

/** A breaker, with a record of its behaviour made from outside. */
function createWatched(given = pace) {
  const clock = { nowMs: 1_000, now: () => clock.nowMs, schedule: () => () => undefined }
  const changes: BreakerState[] = []
  const breaker = createBreaker(clock, given, (state) => changes.push(state))
  const underWay: Call[] = []
  const call = (outcome?: CallOutcome) => {
    const settle = breaker.admit()
    if (settle === null) return 'refused'
    if (outcome === undefined) underWay.push({ settle })
    else settle(outcome)
    return 'admitted'
  }
  return { clock, breaker, changes, underWay, call, state: () => breaker.status().state }
}

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'begin' }
  | { readonly do: 'settle'; readonly which: number; readonly outcome: CallOutcome }

const outcome = fc.oneof(
  { weight: 10, arbitrary: fc.constant<CallOutcome>('failed') },
  { weight: 10, arbitrary: fc.constant<CallOutcome>('answered') },
  { weight: 1, arbitrary: fc.constantFrom<CallOutcome>('rate-limited', 'unheard') },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(20), outcome }) },
)
const steps = fc.array(step, { maxLength: 100, size: 'max' })

function take(watched: ReturnType<typeof createWatched>, next: Step): Call | null {
  if (next.do === 'wait') watched.clock.nowMs += next.ms
  if (next.do === 'begin') watched.call()
  if (next.do !== 'settle' || watched.underWay.length === 0) return null
  const [call] = watched.underWay.splice(next.which % watched.underWay.length, 1)
  call?.settle(next.outcome)
  return call ?? null
}

test.each([
  { which: 'by failures in a row', given: pace },
  { which: 'by their share', given: { ...pace, failuresMax: pace.windowCalls } },
])('a closed breaker opens exactly when its rule says, $which or by a rate limit', ({ given }) => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const watched = createWatched(given)
      for (const next of before) take(watched, next)
      recover(watched, given)
      const ofBefore = new Set(watched.underWay)
      const history: Settled[] = []
      for (const next of after) {
        const settled = take(watched, next)
        const counts = next.do === 'settle' && settled !== null && !ofBefore.has(settled)
        if (counts && next.outcome !== 'unheard')
          history.push({ atMs: watched.clock.nowMs, outcome: next.outcome })
        const mustOpen = counts && isTooMuch(history, watched.clock.nowMs, given)
        expect(watched.state()).toBe(mustOpen ? 'open' : 'closed')
        if (mustOpen) return
      }
    }),
    { numRuns: 1_000 },
  )
})

/** Closes the breaker by a trial that succeeds. Calls that are still in flight never settle. */
function recover(watched: ReturnType<typeof createWatched>, { failuresMax }: BreakerPace): void {
  for (let call = 0; call < failuresMax; call += 1) watched.call('failed')
  watched.clock.nowMs += Math.max(pace.pauseMaxMs, pace.trialLostMs)
  expect(watched.call('answered')).toBe('admitted')
  expect(watched.state()).toBe('closed')
}

interface Settled {
  readonly atMs: number
  readonly outcome: CallOutcome
}

/** The rule, evaluated over the whole history. */
function isTooMuch(history: readonly Settled[], nowMs: number, given: BreakerPace): boolean {
  const last = history.at(-1)?.outcome
  if (last === 'rate-limited') return true
  if (last !== 'failed') return false
  const row = history.slice(-given.failuresMax)
  if (row.length === given.failuresMax && row.every((one) => one.outcome === 'failed')) return true
  const window = history.slice(-given.windowCalls)
  if (window.length < given.windowCalls || window.some(({ atMs }) => nowMs - atMs >= given.windowMs))
    return false
  return window.filter((one) => one.outcome === 'failed').length >= window.length * given.failureShareMax
}

test('a breaker that is not closed never has more than one trial in flight, apart from lost ones', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const watched = createWatched()
      for (const next of all) {
        const before = { state: watched.state(), calls: watched.underWay.length, nowMs: watched.clock.nowMs }
        take(watched, next)
        const trial = watched.underWay[before.calls]
        if (trial === undefined || before.state === 'closed') continue
        expect(before.state).toBe('half-open')
        expect(watched.call()).toBe('refused')
        watched.clock.nowMs += pace.trialLostMs - 1
        expect(watched.call()).toBe('refused')
        watched.clock.nowMs = before.nowMs
      }
    }),
    { numRuns: 1_000 },
  )
})

test('an open breaker admits nothing before its pause is over, and no pause is longer than the longest', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const watched = createWatched()
      let openSinceMs: number | null = null
      for (const next of all) {
        take(watched, next)
        if (watched.state() === 'open') {
          openSinceMs ??= watched.clock.nowMs
          expect(watched.call()).toBe('refused')
          expect(watched.clock.nowMs - openSinceMs).toBeLessThan(pace.pauseMaxMs)
        } else openSinceMs = null
      }
    }),
    { numRuns: 1_000 },
  )
})

test('whatever happened, once the tier answers again the breaker closes after the longest pause, and stays closed', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const watched = createWatched()
      for (const next of all) take(watched, next)
      // Calls that are still in flight never settle.
      watched.clock.nowMs += Math.max(pace.pauseMaxMs, pace.trialLostMs)
      for (let call = 0; call < 20; call += 1) {
        expect(watched.call('answered')).toBe('admitted')
        expect(watched.state()).toBe('closed')
      }
    }),
    { numRuns: 1_000 },
  )
})

test('every change of state is reported, in a possible order', () => {
  const follows: Record<BreakerState, BreakerState[]> = {
    closed: ['open'],
    open: ['half-open'],
    // A lost trial is followed by another.
    'half-open': ['half-open', 'open', 'closed'],
  }
  fc.assert(
    fc.property(steps, (all) => {
      const watched = createWatched()
      for (const next of all) take(watched, next)
      let last: BreakerState = 'closed'
      for (const change of watched.changes) {
        expect(follows[last]).toContain(change)
        last = change
      }
    }),
  )
})

test('each trial that fails doubles the pause, up to the longest; an answer brings the first one back', () => {
  const watched = createWatched()
  const pauseNow = () => {
    let waitedMs = 0
    for (; watched.state() === 'open'; waitedMs += 1) watched.clock.nowMs += 1
    return waitedMs
  }
  const failThrice = () => {
    for (const failure of ['failed', 'failed', 'failed'] as const) watched.call(failure)
  }
  failThrice()
  const pauses = [10, 20, 35, 35].map(() => {
    const pausedMs = pauseNow()
    watched.call('failed')
    return pausedMs
  })
  expect(pauses).toEqual([10, 20, 35, 35])
  pauseNow()
  watched.call('answered')
  failThrice()
  expect(pauseNow()).toBe(10)
})

test('a call that began before the breaker opened does not decide its trial', () => {
  const watched = createWatched()
  watched.call()
  for (const failure of ['failed', 'failed', 'failed'] as const) watched.call(failure)
  watched.clock.nowMs += pace.pauseMs
  watched.call()
  const [early, trial] = watched.underWay
  early?.settle('failed')
  expect(watched.state()).toBe('half-open')
  early?.settle('answered')
  expect(watched.state()).toBe('half-open')
  trial?.settle('answered')
  expect(watched.state()).toBe('closed')
})

test('the status of a breaker says since when it holds', () => {
  const watched = createWatched()
  expect(watched.breaker.status()).toEqual({ state: 'closed', sinceMs: 1_000 })
  watched.clock.nowMs = 2_000
  for (const failure of ['failed', 'failed', 'failed'] as const) watched.call(failure)
  expect(watched.breaker.status()).toEqual({ state: 'open', sinceMs: 2_000 })
  watched.clock.nowMs = 3_000
  expect(watched.breaker.status()).toEqual({ state: 'half-open', sinceMs: 2_010 })
  watched.call()
  expect(watched.breaker.status()).toEqual({ state: 'half-open', sinceMs: 3_000 })
})

test('the pace of the tiers is consistent with their deadlines', () => {
  expect(tierPace.failuresMax).toBeLessThanOrEqual(tierPace.windowCalls)
  expect(tierPace.pauseMs).toBeLessThanOrEqual(tierPace.pauseMaxMs)
})
