import { readFileSync } from 'node:fs'

/** How many times as long as its deadline a wait may take on a machine that is too busy. */
const busyFactorMax = 3

/**
 * A deadline for other processes, which take their own time. Time in which processes wait for a processor does not count, up to
 * `busyFactorMax`: a promise of a minute is no promise about the other work of the machine. Nor does it heed the wall clock, which
 * somebody may set.
 */
export function startDeadline(deadlineMs: number): { hasPassed(): boolean } {
  const startMs = performance.now()
  const waitedBeforeMs = waitedForProcessorMs()
  return {
    hasPassed() {
      const tookMs = performance.now() - startMs
      const ownMs = tookMs - (waitedForProcessorMs() - waitedBeforeMs)
      return ownMs >= deadlineMs || tookMs >= busyFactorMax * deadlineMs
    },
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
