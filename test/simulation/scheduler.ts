import type { Clock } from '../../shared/clock.ts'

/** The world's time, which is one queue of events. */
export interface Scheduler extends Clock {
  /** The number of events that have happened. */
  steps(): number
  /**
   * Runs all events up to and including `untilMs`, each with everything that it sets off. `check` is called after
   * each event, and an error that it throws ends the run.
   */
  run(untilMs: number, check: () => void): Promise<void>
}

interface Event {
  readonly atMs: number
  /** Among events of the same instant the one that was scheduled first comes first. */
  readonly order: number
  happen: (() => void) | null
}

/** The instant at which the world begins. It is arbitrary, and later than any real one. */
export const startMs = 1_800_000_000_000

/** A world without waiting: time is whole milliseconds and jumps from one event to the next. */
export function createScheduler(): Scheduler {
  const queue = createQueue()
  let nowMs = startMs
  let ordered = 0
  let happened = 0

  return {
    now: () => nowMs,
    steps: () => happened,
    schedule(happen, delayMs) {
      const event: Event = { atMs: nowMs + Math.max(0, Math.ceil(delayMs)), order: ordered, happen }
      ordered += 1
      queue.push(event)
      return () => {
        event.happen = null
      }
    },
    async run(untilMs, check) {
      // Work that began after the last event may still have to schedule its own events.
      await everythingSetOff()
      check()
      for (;;) {
        const next = queue.peek()
        if (next === undefined || next.atMs > untilMs) break
        queue.pop()
        if (next.happen === null) continue
        nowMs = next.atMs
        happened += 1
        next.happen()
        await everythingSetOff()
        check()
      }
      nowMs = untilMs
    },
  }
}

/**
 * Settles when no promise can continue. Node runs a tick only after all microtasks, including those that they set
 * off. Nothing in the simulation waits for a timer or another thread.
 */
function everythingSetOff(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

/** A binary heap with the earliest event on top. */
function createQueue() {
  const heap: Event[] = []
  const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

  function sink(last: Event): void {
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, last)) break
      heap[index] = child
      index = 2 * index + (isRight ? 2 : 1)
    }
    heap[index] = last
  }

  return {
    peek: (): Event | undefined => heap[0],
    push(event: Event): void {
      let index = heap.length
      while (index > 0) {
        const parent = heap[(index - 1) >> 1]
        if (parent === undefined || !isBefore(event, parent)) break
        heap[index] = parent
        index = (index - 1) >> 1
      }
      heap[index] = event
    },
    pop(): void {
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) sink(last)
    },
  }
}
