/**
 * A value, or the promise of one. Whatever is at hand is passed on as it is: on a hit in memory nothing has to be waited
 * for, and each promise would cost allocations and a turn of the microtask queue.
 */
export type Awaitable<Value> = Value | Promise<Value>

/** Continues with a value: at once if it is there, or when its promise is fulfilled. */
export function whenReady<Value, Next>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Next>,
): Awaitable<Next> {
  return value instanceof Promise ? value.then(next) : next(value)
}
