import type { Happening } from './happenings.ts'
import { startMs } from './scheduler.ts'

/** Prints what happens in a run, and sums it up as a number that is the same for equal runs. */
export interface Trace<What extends string = Happening> {
  note(kind: string, what: () => string): void
  /** Counts something that a run is expected to reach. */
  happened(what: What): void
  readonly counts: Readonly<Partial<Record<What, number>>>
  fingerprint(): string
}

export function createTrace<What extends string = Happening>(
  nowMs: () => number,
  tell: ((line: string) => void) | null,
): Trace<What> {
  let hash = 0x811c9dc5
  const mix = (text: string) => {
    for (let index = 0; index < text.length; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  const counts: Partial<Record<What, number>> = {}
  return {
    counts,
    happened(what) {
      counts[what] = (counts[what] ?? 0) + 1
    },
    note(kind, what) {
      const line = `${String(nowMs() - startMs).padStart(7)} ms  ${kind.padEnd(12)} ${what()}`
      mix(line)
      tell?.(line)
    },
    fingerprint: () => hash.toString(16).padStart(8, '0'),
  }
}
