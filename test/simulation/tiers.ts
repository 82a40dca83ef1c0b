import type { Clock } from '../../shared/clock.ts'
import type { TierName } from '../../shared/contract/tier-names.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { type BytesStore, createBytesTier, type Passage, untilAborted } from '../support/fake-tier.ts'
import type { Random } from '../support/random.ts'

/**
 * The tiers beyond an isolate, simulated: their weaknesses are always there, faults come and go.
 *
 * Weaknesses. KV shows a write where it was made at once and elsewhere after 0 to 60 s; it remembers for 60 s, a location,
 * that a key was not there; it takes one write or removal a second a key. A replica of Redis shows a write after 0 to
 * 5 s, the location of the primary at once. The edge cache is a location's own. A location never goes back to a write
 * before one that it has shown.
 *
 * Faults, of a whole place or at some locations: see `TierFaults`. A call is on its way once it is made: who gives it up
 * does not recall it, and a write may land long after.
 *
 * Everything rests on the clock and the random numbers it is given: the same seed, the same run.
 */
export interface SimulatedTiers {
  readonly edgeCache: SimulatedPlace
  readonly kv: SimulatedPlace
  readonly redis: SimulatedPlace
}

/** One place that keeps entries, as its locations see it. */
export interface SimulatedPlace {
  /** The place as a tier of the isolates at a location. */
  at(location: string): Tier
  /** Changes what calls meet from now on; calls that are frozen go on when it is no longer `frozen`. */
  inject(faults: Partial<TierFaults>, at?: readonly string[]): void
  /** Takes all faults away. */
  heal(): void
  /** Puts bytes there behind everybody's back, seen everywhere. */
  writeRaw(key: CacheKey, bytes: Uint8Array): void
}

export interface TierFaults {
  /**
   * `frozen`: no call is answered. `failing`: every call is refused. `rate-limited`: every call is told so. `garbage`:
   * reads give bytes that are no entry, writes are not confirmed and every other one lands.
   */
  readonly state: 'up' | 'frozen' | 'failing' | 'rate-limited' | 'garbage'
  /** How long a call takes, there and back: from, and to below. */
  readonly latencyMs: readonly [number, number]
  /** The share of writes that are confirmed and lost. */
  readonly lostShare: number
}

export interface SimulatedTiersOptions {
  readonly clock: Clock
  readonly random: Random
  /** The first is where Redis has its primary. */
  readonly locations: readonly string[]
  /** KV shows even the writer's location its write late, as it may. */
  readonly areOwnWritesLate?: boolean
}

/** Cloudflare, How KV works: a change is seen everywhere within 60 s, and a key not found is remembered as long. */
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
  /** How long after a write at one location another sees it. */
  lagMs(writer: string, reader: string): number
  /** How long a location goes on missing a key that it looked for in vain. */
  readonly missRememberedMs: number
  /** A write of a key sooner than this after the one before is refused. */
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
  /** Null: the key was removed. */
  readonly bytes: Uint8Array | null
  readonly seenFromMs: ReadonlyMap<string, number>
}

/** What each location sees of one sequence of writes a key: of those it sees, the latest. */
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
      /** False: it came too soon after the write before. */
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

/** Whether some location, from now on, will ever see a write and no later one. */
function isStillSeen(write: Write, later: readonly Write[], nowMs: number): boolean {
  return [...write.seenFromMs].some(
    ([location, fromMs]) =>
      fromMs !== Number.POSITIVE_INFINITY &&
      later.every(({ seenFromMs }) => (seenFromMs.get(location) ?? 0) > Math.max(nowMs, fromMs)),
  )
}

/** What stands between a location and a place: the way there and back, and whatever is wrong with it. */
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

/** No entry: noise, nothing, or the first part of what is there. */
function garbageOf(bytes: Uint8Array | null, random: Random): Uint8Array {
  const length = Math.floor(random() * 64)
  if (bytes === null || random() < 0.5) return Uint8Array.from({ length }, () => Math.floor(random() * 256))
  return bytes.subarray(0, Math.floor(random() * bytes.length))
}
