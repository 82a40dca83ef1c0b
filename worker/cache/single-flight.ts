import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'

interface Flight<Terms, Value> {
  readonly terms: Terms
  readonly startedAtMs: number
  readonly outcome: Promise<Value>
}

export interface SingleFlight<Terms, Value> {
  /**
   * Joins the flight under way for `key` if its terms are acceptable, else starts one. `keepAlive` takes the
   * leader's promise: workerd ends the I/O of a request whose client went away, unless it is being waited for.
   */
  share(
    key: string,
    terms: Terms,
    isAcceptable: (underWay: Terms) => boolean,
    run: () => Promise<Value>,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<{ readonly value: Value; readonly hasLed: boolean }>
}

/**
 * One call for a key however many want it at the same time. Guarantees that a leader which never settles (its
 * request was cancelled, its isolate's I/O ended) holds a follower no longer than `patienceMs`: the follower then
 * runs its own. What is shared must be plain data: a stream or response belongs to the request that began it.
 */
export function createSingleFlight<Terms, Value>(
  clock: Clock,
  patienceMs: number,
): SingleFlight<Terms, Value> {
  const flights = new Map<string, Flight<Terms, Value>>()

  function lead(key: string, terms: Terms, run: () => Promise<Value>): Promise<Value> {
    const outcome = run()
    const flight = { terms, startedAtMs: clock.now(), outcome }
    flights.set(key, flight)
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    outcome.then(land, land)
    return outcome
  }

  return {
    async share(key, terms, isAcceptable, run, keepAlive) {
      const underWay = flights.get(key)
      const isLost = underWay !== undefined && clock.now() - underWay.startedAtMs >= patienceMs
      if (underWay !== undefined && !isLost && isAcceptable(underWay.terms)) {
        const joined = await withinDeadline(
          clock,
          patienceMs,
          () => underWay.outcome.then(landed, failed),
          null,
        )
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
