import type { Clock } from '../../shared/clock.ts'
import type { TierName } from '../../shared/contract/tier-names.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { type BytesStore, createBytesTier } from '../support/fake-tier.ts'
import type { Random } from '../support/random.ts'
import { createDoors, type SimulatedPlace } from './doors.ts'
import { createSimulatedRedis, type RedisWitness, type SimulatedRedis } from './redis.ts'
import { createReplicas, type Weaknesses } from './replicas.ts'

/**
 * The simulated tiers beyond an isolate. Their weaknesses are always there; faults come and go.
 *
 * Weaknesses: KV shows a write at its own location at once and elsewhere after 0 to 60 s. A location remembers for 60
 * s that a key was missing. KV accepts one write or removal of a key a second. A replica of Redis shows a write after
 * 0 to 5 s, except at the primary's location, where it shows at once. The edge cache belongs to one location. A
 * location that has shown a write never shows an earlier one.
 *
 * Faults affect a whole place or some of its locations: see `TierFaults`. A call that was made cannot be taken back:
 * even if its caller gives up, its write may arrive much later. Redis may also lose its data, its generation, or its latest writes.
 *
 * Everything follows from the clock and the random numbers that are passed in, so the same seed gives the same run.
 */
export interface SimulatedTiers {
  readonly edgeCache: SimulatedPlace
  readonly kv: SimulatedPlace
  readonly redis: SimulatedRedis
}

export interface SimulatedTiersOptions {
  readonly clock: Clock
  readonly random: Random
  /** Redis has its primary at the first one. */
  readonly locations: readonly string[]
  /** Hears of what Redis does. */
  readonly witness?: RedisWitness
  /** Whether KV shows a write late even at the writer's location, which it is allowed to do. */
  readonly areOwnWritesLate?: boolean
}

/**
 * Cloudflare, "How KV works": a change is visible everywhere within 60 s, and a missing key is remembered for as
 * long.
 */
export const kvLagMaxMs = 60_000

const nobody: RedisWitness = { stored() {}, cleared() {}, wentBack() {} }

export function createSimulatedTiers(options: SimulatedTiersOptions): SimulatedTiers {
  const { clock, random, locations, areOwnWritesLate = false, witness = nobody } = options
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
    redis: createSimulatedRedis({ clock, random, locations, witness }),
  }
}

function createPlace(
  name: TierName,
  { clock, random, locations }: SimulatedTiersOptions,
  weaknesses: Weaknesses,
): SimulatedPlace {
  const replicas = createReplicas<Uint8Array>(clock, locations, weaknesses)
  const doors = createDoors(clock, random, locations)

  function storeAt(location: string): BytesStore {
    const replica = replicas.at(location)
    const { faults } = doors.at(location)
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
    at: (location) => createBytesTier(name, clock, storeAt(location), doors.at(location).pass),
    inject: doors.inject,
    heal: doors.heal,
    writeRaw: replicas.writeEverywhere,
  }
}

/** Bytes that are no entry: noise, nothing, or the first part of what is stored. */
function garbageOf(bytes: Uint8Array | null, random: Random): Uint8Array {
  const length = Math.floor(random() * 64)
  if (bytes === null || random() < 0.5) return Uint8Array.from({ length }, () => Math.floor(random() * 256))
  return bytes.subarray(0, Math.floor(random() * bytes.length))
}
