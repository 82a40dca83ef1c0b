import type { Clock } from '../../shared/clock.ts'
import type { TierName } from '../../shared/contract/tier-names.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { type BytesStore, createBytesTier, type Passage, untilAborted } from '../support/fake-tier.ts'
import type { Random } from '../support/random.ts'

/**
 * The simulated tiers beyond an isolate. Their weaknesses are always there; faults come and go.
 *
 * Weaknesses: KV shows a write at its own location at once and elsewhere after 0 to 60 s. A location remembers for 60
 * s that a key was missing. KV accepts one write or removal of a key a second. A replica of Redis shows a write after
 * 0 to 5 s, except at the primary's location, where it shows at once. The edge cache belongs to one location. A
 * location that has shown a write never shows an earlier one.
 *
 * Faults affect a whole place or some of its locations: see `TierFaults`. A call that was made cannot be taken back:
 * even if its caller gives up, its write may arrive much later.
 *
 * Everything follows from the clock and the random numbers that are passed in, so the same seed gives the same run.
 */
export interface SimulatedTiers {
  readonly edgeCache: SimulatedPlace
  readonly kv: SimulatedPlace
  readonly redis: SimulatedPlace
}

/** One place that stores entries, as its locations see it. */
export interface SimulatedPlace {
  /** The tier that isolates of a location use. */
  at(location: string): Tier
  /** Sets the faults that calls meet from now on. Frozen calls continue when the state is no longer `frozen`. */
  inject(faults: Partial<TierFaults>, at?: readonly string[]): void
  /** Removes all faults. */
  heal(): void
  /** Stores bytes without going through a tier, visible at every location. */
  writeRaw(key: CacheKey, bytes: Uint8Array): void
}

export interface TierFaults {
  /**
   * `frozen`: no call is answered. `failing`: every call fails. `rate-limited`: every call is refused as one too
   * many. `garbage`: reads answer bytes that are no entry, and writes are not confirmed, although every other one is
   * stored.
   */
  readonly state: 'up' | 'frozen' | 'failing' | 'rate-limited' | 'garbage'
  /** How long a call takes, there and back: at least the first number, and less than the second. */
  readonly latencyMs: readonly [number, number]
  /** The share of writes that are confirmed and lost. */
  readonly lostShare: number
}

export interface SimulatedTiersOptions {
  readonly clock: Clock
  readonly random: Random
  /** Redis has its primary at the first one. */
  readonly locations: readonly string[]
  /** Whether KV shows a write late even at the writer's location, which it is allowed to do. */
  readonly areOwnWritesLate?: boolean
}

/**
 * Cloudflare, "How KV works": a change is visible everywhere within 60 s, and a missing key is remembered for as
 * long.
 */
export const kvLagMaxMs = 60_000
export const replicaLagMaxMs = 5_000

const healthy: TierFaults = { state: 'up', latencyMs: [0, 0], lostShare: 0 }

export function createSimulatedTiers(options: SimulatedTiersOptions): SimulatedTiers {
  const { random, locations, areOwnWritesLate = false } = options
  const [primary] = locations
  return {
    edgeCache: createPlace('edge-cache', options, {
      lagMs: (writer, reader) => (writer === reader ? 0 : Number.POSITIVE_INFINITY),
      missRememberedMs: 0,
      writePauseMs: 0,
    }),
    kv: createPlace('kv', options, {
      lagMs: (writer, reader) => (writer === reader && !areOwnWritesLate ? 0 : random() * kvLagMaxMs),
      missRememberedMs: kvLagMaxMs,
      writePauseMs: limits.kvWritePauseMs,
    }),
    redis: createPlace('redis', options, {
      lagMs: (_writer, reader) => (reader === primary ? 0 : random() * replicaLagMaxMs),
      missRememberedMs: 0,
      writePauseMs: 0,
    }),
  }
}

interface Weaknesses {
  /** How long after a write at one location another one sees it. */
  lagMs(writer: string, reader: string): number
  /** How long a location still misses a key that it once did not find. */
  readonly missRememberedMs: number
  /** A write of a key is refused if it comes sooner than this after the one before. */
  readonly writePauseMs: number
}

function createPlace(
  name: TierName,
  { clock, random, locations }: SimulatedTiersOptions,
  weaknesses: Weaknesses,
): SimulatedPlace {
  const replicas = createReplicas(clock, locations, weaknesses)
  const doors = new Map(locations.map((location) => [location, createDoor(clock, random)]))
  const doorAt = (location: string) => {
    const door = doors.get(location)
    if (door === undefined) throw new Error(`${location} is not a location of this simulation`)
    return door
  }

  function storeAt(location: string): BytesStore {
    const replica = replicas.at(location)
    const { faults } = doorAt(location)
    return {
      read: (key) =>
        faults().state === 'garbage' ? garbageOf(replica.read(key), random) : replica.read(key),
      write(key, bytes) {
        const { state, lostShare } = faults()
        const isLost = random() < (state === 'garbage' ? 0.5 : lostShare)
        if (!isLost && !replica.write(key, bytes)) return err({ kind: 'rate-limited' })
        return state === 'garbage' ? err({ kind: 'unavailable' }) : ok('stored')
      },
      drop: (key) => (replica.write(key, null) ? ok(undefined) : err({ kind: 'rate-limited' })),
    }
  }

  return {
    at: (location) => createBytesTier(name, clock, storeAt(location), doorAt(location).pass),
    inject(faults, at = locations) {
      for (const location of at) doorAt(location).change(faults)
    },
    heal() {
      for (const door of doors.values()) door.change(healthy)
    },
    writeRaw: replicas.writeEverywhere,
  }
}

interface Write {
  /** Null means that the key was removed. */
  readonly bytes: Uint8Array | null
  readonly seenFromMs: ReadonlyMap<string, number>
}

/** Replicas of a key's writes: each location sees the latest one that has become visible there. */
function createReplicas(
  clock: Clock,
  locations: readonly string[],
  { lagMs, missRememberedMs, writePauseMs }: Weaknesses,
) {
  const writes = new Map<CacheKey, Write[]>()
  const writtenAtMs = new Map<CacheKey, number>()
  const missedUntilMs = new Map<string, number>()
  const missName = (location: string, key: CacheKey) => `${location} ${key}`

  function add(key: CacheKey, write: Write): void {
    const all = [...(writes.get(key) ?? []), write]
    writes.set(
      key,
      all.filter((earlier, index) => isStillSeen(earlier, all.slice(index + 1), clock.now())),
    )
  }

  return {
    at: (location: string) => ({
      read(key: CacheKey): Uint8Array | null {
        const nowMs = clock.now()
        if (nowMs < (missedUntilMs.get(missName(location, key)) ?? 0)) return null
        const seen = writes.get(key)?.findLast(({ seenFromMs }) => (seenFromMs.get(location) ?? 0) <= nowMs)
        const bytes = seen?.bytes ?? null
        if (bytes === null && missRememberedMs > 0)
          missedUntilMs.set(missName(location, key), nowMs + missRememberedMs)
        return bytes
      },
      /** Answers false if the write comes too soon after the one before. */
      write(key: CacheKey, bytes: Uint8Array | null): boolean {
        const nowMs = clock.now()
        if (nowMs - (writtenAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < writePauseMs) return false
        writtenAtMs.set(key, nowMs)
        const seenFromMs = new Map(locations.map((reader) => [reader, nowMs + lagMs(location, reader)]))
        add(key, { bytes, seenFromMs })
        if (seenFromMs.get(location) === nowMs) missedUntilMs.delete(missName(location, key))
        return true
      },
    }),
    writeEverywhere(key: CacheKey, bytes: Uint8Array): void {
      const nowMs = clock.now()
      add(key, { bytes, seenFromMs: new Map(locations.map((location) => [location, nowMs])) })
    },
  }
}

/** Whether some location will, from now on, see this write as the latest one. */
function isStillSeen(write: Write, later: readonly Write[], nowMs: number): boolean {
  return [...write.seenFromMs].some(
    ([location, fromMs]) =>
      fromMs !== Number.POSITIVE_INFINITY &&
      later.every(({ seenFromMs }) => (seenFromMs.get(location) ?? 0) > Math.max(nowMs, fromMs)),
  )
}

/** The connection between a location and a place: the delay there and back, and its faults. */
function createDoor(clock: Clock, random: Random) {
  let faults = healthy
  let thaw = Promise.withResolvers<void>()

  const wait = (ms: number) =>
    ms === 0 ? null : new Promise<void>((resolve) => void clock.schedule(resolve, ms))

  const cross: Passage = async (_signal, act) => {
    const [fromMs, toMs] = faults.latencyMs
    const eachWayMs = (fromMs + random() * (toMs - fromMs)) / 2
    await wait(eachWayMs)
    while (faults.state === 'frozen') await thaw.promise
    const outcome =
      faults.state === 'failing'
        ? err({ kind: 'unavailable' as const })
        : faults.state === 'rate-limited'
          ? err({ kind: 'rate-limited' as const })
          : act()
    await wait(eachWayMs)
    return outcome
  }

  const pass: Passage = (signal, act) => {
    const late = err({ kind: 'timeout' as const })
    return signal?.aborted ? Promise.resolve(late) : untilAborted(signal, cross(signal, act), late)
  }

  return {
    pass,
    faults: () => faults,
    change(changes: Partial<TierFaults>): void {
      faults = { ...faults, ...changes }
      if (faults.state === 'frozen') return
      thaw.resolve()
      thaw = Promise.withResolvers<void>()
    },
  }
}

/** Bytes that are no entry: noise, nothing, or the first part of what is stored. */
function garbageOf(bytes: Uint8Array | null, random: Random): Uint8Array {
  const length = Math.floor(random() * 64)
  if (bytes === null || random() < 0.5) return Uint8Array.from({ length }, () => Math.floor(random() * 256))
  return bytes.subarray(0, Math.floor(random() * bytes.length))
}
