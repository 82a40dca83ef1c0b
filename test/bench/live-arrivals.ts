/** Milliseconds of the machine's monotonic clock, which all its processes share. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** The name that write `number` gives a contact. Writes are made one after the other, so an answer that shows one has all before it. */
export function writtenName(number: number): string {
  return `Written ${String(number).padStart(6, '0')}`
}

const written = /Written (\d{6})/g

/** The newest write that a text shows; 0 for none. */
export function newestIn(text: string): number {
  let newest = 0
  for (const [, digits] of text.matchAll(written)) newest = Math.max(newest, Number(digits))
  return newest
}

/** The arrivals of writes at viewers: the same index in both lists is one arrival. */
export interface Arrivals {
  readonly numbers: number[]
  readonly atMs: number[]
}

/** Notes when writes arrive at one viewer. */
export function createWatcher(arrivals: Arrivals, newestSeen: number) {
  let seen = newestSeen
  return (text: string): void => {
    const newest = newestIn(text)
    if (newest <= seen) return
    const atMs = machineMs()
    for (let number = seen + 1; number <= newest; number += 1) {
      arrivals.numbers.push(number)
      arrivals.atMs.push(atMs)
    }
    seen = newest
  }
}

export type Watch = ReturnType<typeof createWatcher>
