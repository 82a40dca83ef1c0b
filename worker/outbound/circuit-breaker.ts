import type { Clock } from '../../shared/clock.ts'
import type { BreakerState } from '../events.ts'

/** The state of a breaker, and since when it has been in it. */
export interface BreakerStatus {
  readonly state: BreakerState
  readonly sinceMs: number
}

/**
 * The outcome of an admitted call. `answered`: the place did its part, whatever the answer. `failed`: it did not.
 * `rate-limited`: it refused the call because there were too many. `unheard`: nothing was learned (the call was refused
 * before any I/O, or the caller went away).
 */
export type CallOutcome = 'answered' | 'failed' | 'rate-limited' | 'unheard'

/**
 * Reports the outcome of an admitted call. It counts once, and only while the breaker is still in the state in which it
 * admitted the call.
 */
export type Admission = (outcome: CallOutcome) => void

export interface Breaker {
  /** Admits a call, whose outcome must be reported to the function returned; null if no call may be made now. */
  admit(): Admission | null
  status(): BreakerStatus
}

/** When a breaker opens, and for how long. */
export interface BreakerPace {
  /** This many failures in a row open it … */
  readonly failuresMax: number
  /**
   * … and so does this share of failures among the last `windowCalls` calls, if all of them settled within `windowMs`.
   */
  readonly failureShareMax: number
  readonly windowCalls: number
  readonly windowMs: number
  /** The first pause. Each failed trial doubles it, up to the maximum. */
  readonly pauseMs: number
  readonly pauseMaxMs: number
  /** The pause after a call that was `rate-limited`, which opens the breaker at once. */
  readonly rateLimitedPauseMs: number
  /** A trial without an outcome for this long has failed. Longer than any deadline of a tier. */
  readonly trialLostMs: number
}

/** At most one failed trial in ten seconds: a tier that hangs costs each isolate one wait for its deadline. */
export const tierPace: BreakerPace = {
  failuresMax: 5,
  failureShareMax: 0.5,
  windowCalls: 20,
  windowMs: 10_000,
  pauseMs: 1_000,
  pauseMaxMs: 10_000,
  rateLimitedPauseMs: 1_000,
  trialLostMs: 5_000,
}

interface Settled {
  readonly atMs: number
  readonly hasFailed: boolean
}

interface Closed {
  readonly state: 'closed'
  readonly sinceMs: number
  failuresInARow: number
  /** The last calls, oldest first, at most `windowCalls`. */
  readonly recent: Settled[]
}

interface Open {
  readonly state: 'open'
  readonly sinceMs: number
  readonly untilMs: number
  readonly pauseMs: number
}

/** A trial is in flight. */
interface HalfOpen {
  readonly state: 'half-open'
  readonly sinceMs: number
  /** The pause before the trial. */
  readonly pauseMs: number
}

/**
 * A circuit breaker. Closed, it admits every call; open, none. After its pause it is half-open and admits one call, the
 * trial, whose outcome closes it or opens it again. No call waits for the trial of another request, since workerd may
 * end that request with everything it began: a trial without an outcome is given up, and the next caller makes another
 * one.
 *
 * This is not a library because cockatiel 4.0 reads `Date.now()` itself, holds callers back until the trial settles,
 * and never recovers from a trial that does not.
 */
export function createBreaker(
  clock: Clock,
  pace: BreakerPace,
  onChange: (state: BreakerState) => void,
): Breaker {
  let phase: Closed | Open | HalfOpen = closedFrom(clock.now())

  function enter(next: Closed | Open | HalfOpen): void {
    phase = next
    onChange(next.state)
  }

  function open(pauseMs: number): void {
    const sinceMs = clock.now()
    enter({ state: 'open', sinceMs, untilMs: sinceMs + pauseMs, pauseMs })
  }

  function admitTrial(pauseMs: number): Admission {
    const trial: HalfOpen = { state: 'half-open', sinceMs: clock.now(), pauseMs }
    enter(trial)
    return (outcome) => {
      if (phase !== trial) return
      if (outcome === 'answered') enter(closedFrom(clock.now()))
      else if (outcome === 'failed') open(Math.min(pauseMs * 2, pace.pauseMaxMs))
      else if (outcome === 'rate-limited') open(pace.rateLimitedPauseMs)
      // Nothing was learned, so the next call is the trial.
      else phase = { state: 'open', sinceMs: trial.sinceMs, untilMs: trial.sinceMs, pauseMs }
    }
  }

  function admitClosed(closed: Closed): Admission {
    return (outcome) => {
      if (phase !== closed || outcome === 'unheard') return
      if (outcome === 'rate-limited') return open(pace.rateLimitedPauseMs)
      count(closed, { atMs: clock.now(), hasFailed: outcome === 'failed' }, pace)
      if (outcome === 'failed' && isTooMuch(closed, clock.now(), pace)) open(pace.pauseMs)
    }
  }

  return {
    admit() {
      const nowMs = clock.now()
      if (phase.state === 'closed') return admitClosed(phase)
      if (phase.state === 'open') return nowMs < phase.untilMs ? null : admitTrial(phase.pauseMs)
      return nowMs < phase.sinceMs + pace.trialLostMs
        ? null
        : admitTrial(Math.min(phase.pauseMs * 2, pace.pauseMaxMs))
    },
    status() {
      if (phase.state !== 'open' || clock.now() < phase.untilMs) {
        return { state: phase.state, sinceMs: phase.sinceMs }
      }
      return { state: 'half-open', sinceMs: phase.untilMs }
    },
  }
}

function closedFrom(sinceMs: number): Closed {
  return { state: 'closed', sinceMs, failuresInARow: 0, recent: [] }
}

function count(closed: Closed, settled: Settled, { windowCalls }: BreakerPace): void {
  closed.failuresInARow = settled.hasFailed ? closed.failuresInARow + 1 : 0
  closed.recent.push(settled)
  if (closed.recent.length > windowCalls) closed.recent.shift()
}

function isTooMuch({ failuresInARow, recent }: Closed, nowMs: number, pace: BreakerPace): boolean {
  if (failuresInARow >= pace.failuresMax) return true
  const [oldest] = recent
  if (oldest === undefined || recent.length < pace.windowCalls) return false
  const failures = recent.filter(({ hasFailed }) => hasFailed).length
  return nowMs - oldest.atMs < pace.windowMs && failures >= pace.failureShareMax * pace.windowCalls
}
