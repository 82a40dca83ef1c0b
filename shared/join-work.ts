import type { Clock } from './clock.ts'
import { withinDeadline } from './clock.ts'

/**
 * Waits for work that another request began, or answers `late` after `deadlineMs`. A promise of another request must be awaited in no other
 * way.
 *
 * workerd runs each request in a context of its own and knows by a mark on each promise whose it is. Promises that optimized code makes have
 * no mark (workerd, patches/v8/0006), and whoever waits for one goes on in the context of the request that settles it. There, anything of the
 * waiting request is "I/O on behalf of a different request", and its answer becomes a 500. `withResolvers` is never part of optimized code, so
 * its promise has the mark, and workerd settles it where it belongs.
 *
 * Only workerd's word wakes that promise up, and a request that waits for nothing of its own counts as hung. The timer of the deadline is
 * something of its own.
 */
export function joinWork<Value>(
  clock: Clock,
  deadlineMs: number,
  work: Promise<Value>,
  late: Value,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  work.then(resolve, reject)
  return withinDeadline(clock, deadlineMs, () => promise, late)
}
