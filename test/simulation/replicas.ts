import type { Clock } from '../../shared/clock.ts'

/** How a place shows the writes of its keys. */
export interface Weaknesses {
  /** How long after a write at one location another one sees it. */
  lagMs(writer: string, reader: string): number
  /** How long a location still misses a key that it once did not find. */
  readonly missRememberedMs: number
  /** A write of a key is refused if it comes sooner than this after the one before. */
  readonly writePauseMs: number
}

/** The values of a place as each of its locations sees them. */
export interface Replicas<Value> {
  at(location: string): Replica<Value>
  /** Writes a value that every location sees at once. Null removes the key. */
  writeEverywhere(key: string, value: Value | null): void
  /** Loses every key. */
  lose(): void
  /** Takes back every write that a location has not seen yet. From now on all locations see what this one sees. */
  goBackTo(location: string): void
}

export interface Replica<Value> {
  read(key: string): Value | null
  /** Answers false if the write comes too soon after the one before. */
  write(key: string, value: Value | null): boolean
}

interface Write<Value> {
  /** Null means that the key was removed. */
  readonly value: Value | null
  readonly seenFromMs: ReadonlyMap<string, number>
}

/** Replicas of a key's writes: each location sees the latest one that has become visible there. */
export function createReplicas<Value>(
  clock: Clock,
  locations: readonly string[],
  { lagMs, missRememberedMs, writePauseMs }: Weaknesses,
): Replicas<Value> {
  const writes = new Map<string, Write<Value>[]>()
  const writtenAtMs = new Map<string, number>()
  const missedUntilMs = new Map<string, number>()
  const missName = (location: string, key: string) => `${location} ${key}`

  function add(key: string, write: Write<Value>): void {
    const all = [...(writes.get(key) ?? []), write]
    writes.set(
      key,
      all.filter((earlier, index) => isStillSeen(earlier, all.slice(index + 1), clock.now())),
    )
  }

  const seenAt = (location: string, key: string) =>
    writes.get(key)?.findLast(({ seenFromMs }) => (seenFromMs.get(location) ?? 0) <= clock.now())?.value ??
    null

  function writeEverywhere(key: string, value: Value | null): void {
    const nowMs = clock.now()
    add(key, { value, seenFromMs: new Map(locations.map((location) => [location, nowMs])) })
  }

  return {
    at: (location) => ({
      read(key) {
        const nowMs = clock.now()
        if (nowMs < (missedUntilMs.get(missName(location, key)) ?? 0)) return null
        const value = seenAt(location, key)
        if (value === null && missRememberedMs > 0)
          missedUntilMs.set(missName(location, key), nowMs + missRememberedMs)
        return value
      },
      write(key, value) {
        const nowMs = clock.now()
        if (nowMs - (writtenAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < writePauseMs) return false
        writtenAtMs.set(key, nowMs)
        const seenFromMs = new Map(locations.map((reader) => [reader, nowMs + lagMs(location, reader)]))
        add(key, { value, seenFromMs })
        if (seenFromMs.get(location) === nowMs) missedUntilMs.delete(missName(location, key))
        return true
      },
    }),
    writeEverywhere,
    lose: () => writes.clear(),
    goBackTo(location) {
      for (const key of [...writes.keys()]) {
        const value = seenAt(location, key)
        writes.delete(key)
        if (value !== null) writeEverywhere(key, value)
      }
    },
  }
}

/** Whether some location will, from now on, see this write as the latest one. */
function isStillSeen<Value>(write: Write<Value>, later: readonly Write<Value>[], nowMs: number): boolean {
  return [...write.seenFromMs].some(
    ([location, fromMs]) =>
      fromMs !== Number.POSITIVE_INFINITY &&
      later.every(({ seenFromMs }) => (seenFromMs.get(location) ?? 0) > Math.max(nowMs, fromMs)),
  )
}
