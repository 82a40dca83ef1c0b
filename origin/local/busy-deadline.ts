import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** How many times as long as its deadline a wait may take on a machine that is too busy. */
const busyFactorMax = 3

/**
 * A deadline for other processes, which take their own time. Time in which processes wait for a processor, or a virtual machine gets
 * none, does not count, up to `busyFactorMax`: a promise of a minute is no promise about the other work of the machine. Nor does it
 * heed the wall clock, which somebody may set.
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

/** For how long, since the machine started, a process that was ready to run did not, in milliseconds. 0 where nobody says. */
function waitedForProcessorMs(): number {
  // Linux's pressure stall information, in microseconds (Documentation/accounting/psi.rst).
  const [, waitedUs] = /^some .* total=(\d+)/.exec(read('/proc/pressure/cpu')) ?? []
  // The time stolen from all processors by other machines of the host, in hundredths of a second (proc(5)).
  const [, stolen] = /^cpu +(?:\d+ +){7}(\d+)/.exec(read('/proc/stat')) ?? []
  return Number(waitedUs ?? 0) / 1_000 + (Number(stolen ?? 0) * 10) / availableParallelism()
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
