import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** How many times as long as its deadline a check may take on a machine that is too busy. */
const busyFactorMax = 3

/**
 * Calls `check` again and again until it neither throws nor answers false, and answers its value. It is for real
 * processes, which take their own time. If the deadline passes, the error contains what `check` last threw. Time in which
 * processes wait for a processor does not count, up to `busyFactorMax`: a promise of two seconds is no promise about the
 * other work of the machine.
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  { deadlineMs = 10_000, everyMs = 20 }: { readonly deadlineMs?: number; readonly everyMs?: number } = {},
): Promise<Exclude<Value, false>> {
  const startMs = performance.now()
  const waitedBeforeMs = waitedForProcessorMs()
  for (;;) {
    const seen = await attempt(check)
    if (seen.done) return seen.value
    const tookMs = performance.now() - startMs
    const ownMs = tookMs - (waitedForProcessorMs() - waitedBeforeMs)
    if (ownMs >= deadlineMs || tookMs >= busyFactorMax * deadlineMs) {
      throw new Error(`the condition did not hold within ${deadlineMs} ms`, { cause: seen.reason })
    }
    await pause(everyMs)
  }
}

/**
 * For how long, since the machine started, some process was ready to run and had no processor: Linux's pressure stall
 * information (Documentation/accounting/psi.rst), in milliseconds. 0 where there is none.
 */
function waitedForProcessorMs(): number {
  try {
    const [, totalUs] = /^some .* total=(\d+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8')) ?? []
    return Number(totalUs ?? 0) / 1_000
  } catch {
    return 0
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
