import { startMs } from './scheduler.ts'

/** What happened in a run, told as it happens, and boiled down to a number that two equal runs share. */
export interface Trace {
  note(kind: string, what: () => string): void
  fingerprint(): string
}

export function createTrace(nowMs: () => number, tell: ((line: string) => void) | null): Trace {
  let hash = 0x811c9dc5
  const mix = (text: string) => {
    for (let index = 0; index < text.length; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return {
    note(kind, what) {
      const line = `${String(nowMs() - startMs).padStart(7)} ms  ${kind.padEnd(12)} ${what()}`
      mix(line)
      tell?.(line)
    },
    fingerprint: () => hash.toString(16).padStart(8, '0'),
  }
}
