/** The time, injected wherever it decides anything, so that tests and the simulation own it. */
export interface Clock {
  /** Milliseconds since 1970 UTC. In a Worker it advances only with I/O. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
