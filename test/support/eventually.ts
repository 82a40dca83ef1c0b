import { setTimeout as pause } from 'node:timers/promises'
import { startDeadline } from '../../origin/local/busy-deadline.ts'

/**
 * Calls `check` again and again until it neither throws nor answers false, and answers its value. It is for real
 * processes, which take their own time. If the deadline passes (origin/local/busy-deadline.ts), the error contains what `check` last threw.
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  { deadlineMs = 10_000, everyMs = 20 }: { readonly deadlineMs?: number; readonly everyMs?: number } = {},
): Promise<Exclude<Value, false>> {
  const deadline = startDeadline(deadlineMs)
  for (;;) {
    const seen = await attempt(check)
    if (seen.done) return seen.value
    if (deadline.hasPassed())
      throw new Error(`the condition did not hold within ${deadlineMs} ms`, { cause: seen.reason })
    await pause(everyMs)
  }
}

type Attempt<Value> =
  | { readonly done: true; readonly value: Exclude<Value, false> }
  | { readonly done: false; readonly reason: unknown }

async function attempt<Value>(check: () => Value | Promise<Value>): Promise<Attempt<Value>> {
  try {
    const value = await check()
    if (value === false) return { done: false, reason: 'the check answered false' }
    return { done: true, value: value as Exclude<Value, false> }
  } catch (error) {
    return { done: false, reason: error }
  }
}
