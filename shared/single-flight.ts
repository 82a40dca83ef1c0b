import type { Clock } from './clock.ts'
import { joinWork } from './join-work.ts'
import { limits } from './limits.ts'

interface Flight<Terms, Value> {
  readonly terms: Terms
  readonly startedAtMs: number
  readonly outcome: Promise<Value>
  landedAtMs: number | null
}

export interface SingleFlight<Terms, Value> {
  /**
   * Joins the flight for `key` if its terms are acceptable, otherwise starts one. `keepAlive` receives the leader's
   * promise: workerd ends the I/O of a request whose client went away, unless something waits for it.
   */
  share(
    key: string,
    terms: Terms,
    isAcceptable: (underWay: Terms) => boolean,
    run: () => Promise<Value>,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<{ readonly value: Value; readonly hasLed: boolean }>
}

interface SingleFlightOptions<Value> {
  readonly clock: Clock
  /** How long a follower waits for a leader before it makes its own call. */
  readonly patienceMs: number
  /**
   * Whether a result may still be joined for `lingerMs` (`limits.flightLingerMs`) after it arrived. In a crowd of
   * simultaneous readers, the last ones are still looking in the tiers when the first is answered, and would otherwise
   * start again.
   */
  lingers?(value: Value): boolean
  readonly lingerMs?: number
}

/**
 * Shares one call for a key between all who need it at the same time. A leader that never settles (its request was
 * cancelled, its isolate's I/O ended) holds a follower no longer than `patienceMs`; the follower then makes its own
 * call. The shared value must be plain data: a stream or response belongs to the request that began it.
 */
export function createSingleFlight<Terms, Value>(
  options: SingleFlightOptions<Value>,
): SingleFlight<Terms, Value> {
  const { clock, patienceMs, lingers = () => false, lingerMs = limits.flightLingerMs } = options
  const flights = new Map<string, Flight<Terms, Value>>()
  /** Finished flights that may still be joined, oldest first. */
  const lingering = new Map<string, Flight<Terms, Value>>()

  function isJoinable({ startedAtMs, landedAtMs }: Flight<Terms, Value>): boolean {
    const nowMs = clock.now()
    return landedAtMs === null ? nowMs - startedAtMs < patienceMs : nowMs - landedAtMs < lingerMs
  }

  function drop(key: string, flight: Flight<Terms, Value>): void {
    if (flights.get(key) === flight) flights.delete(key)
    if (lingering.get(key) === flight) lingering.delete(key)
  }

  function land(key: string, flight: Flight<Terms, Value>, value: Value): void {
    if (flights.get(key) !== flight || !lingers(value)) {
      drop(key, flight)
      return
    }
    flight.landedAtMs = clock.now()
    lingering.delete(key)
    lingering.set(key, flight)
    for (const [oldKey, old] of lingering) {
      if (isJoinable(old) && lingering.size <= limits.flightsLingeringMax) break
      drop(oldKey, old)
    }
  }

  function lead(key: string, terms: Terms, run: () => Promise<Value>): Promise<Value> {
    const outcome = run()
    const flight: Flight<Terms, Value> = { terms, startedAtMs: clock.now(), outcome, landedAtMs: null }
    flights.set(key, flight)
    outcome.then(
      (value) => land(key, flight, value),
      () => drop(key, flight),
    )
    return outcome
  }

  return {
    async share(key, terms, isAcceptable, run, keepAlive) {
      const underWay = flights.get(key)
      if (underWay !== undefined && isJoinable(underWay) && isAcceptable(underWay.terms)) {
        const joined = await joinWork(clock, patienceMs, underWay.outcome.then(landed, failed), null)
        if (joined !== null) return { value: joined.value, hasLed: false }
      }
      const outcome = lead(key, terms, run)
      keepAlive(outcome.then(landed, failed))
      return { value: await outcome, hasLed: true }
    },
  }
}

const landed = <Value>(value: Value) => ({ value })
const failed = () => null
