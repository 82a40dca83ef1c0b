import type { Clock } from '../../shared/clock.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { untilAborted } from '../support/fake-tier.ts'
import type { Random } from '../support/random.ts'

export interface TierFaults {
  /**
   * `frozen`: no call is answered. `failing`: every call fails. `rate-limited`: every call is refused as one too
   * many. `garbage`: reads answer bytes that are no entry, and writes are not confirmed, although every other one is
   * stored.
   */
  readonly state: 'up' | 'frozen' | 'failing' | 'rate-limited' | 'garbage'
  /** How long a call takes, there and back: at least the first number, and less than the second. */
  readonly latencyMs: readonly [number, number]
  /** The share of writes of entries that are confirmed and lost. */
  readonly lostShare: number
}

const healthy: TierFaults = { state: 'up', latencyMs: [0, 0], lostShare: 0 }

/** The failures of a connection. */
interface DoorFailure {
  readonly kind: 'timeout' | 'unavailable' | 'rate-limited'
}

/** The connection between a location and a place: the delay there and back, and its faults. */
export interface Door {
  pass<Value, Failure>(
    signal: AbortSignal | undefined,
    act: () => Result<Value, Failure>,
  ): Promise<Result<Value, Failure | DoorFailure>>
  faults(): TierFaults
  /** Changes with every change of the faults. */
  changes(): number
}

/** The connections of all locations to one place. */
export interface Doors {
  at(location: string): Door
  /** Sets the faults that calls meet from now on. Frozen calls continue when the state is no longer `frozen`. */
  inject(faults: Partial<TierFaults>, at?: readonly string[]): void
  /** Removes all faults. */
  heal(): void
}

/** The isolate that calls a place: its clock, and how it hears of answers. */
export interface PlaceClient {
  readonly clock: Clock
  hear<Value>(answer: Promise<Value>): Promise<Value>
}

/** One place that stores entries, as its locations see it. */
export interface SimulatedPlace extends Pick<Doors, 'inject' | 'heal'> {
  /** The tier that an isolate of a location uses. */
  at(location: string, client?: PlaceClient): Tier
  /** Stores bytes without going through a tier, visible at every location. */
  writeRaw(key: CacheKey, bytes: Uint8Array): void
}

export function createDoors(clock: Clock, random: Random, locations: readonly string[]): Doors {
  const doors = new Map(locations.map((location) => [location, createDoor(clock, random)]))
  const doorAt = (location: string) => {
    const door = doors.get(location)
    if (door === undefined) throw new Error(`${location} is not a location of this simulation`)
    return door
  }
  return {
    at: doorAt,
    inject(faults, at = locations) {
      for (const location of at) doorAt(location).change(faults)
    },
    heal() {
      for (const door of doors.values()) door.change(healthy)
    },
  }
}

function createDoor(clock: Clock, random: Random) {
  let faults = healthy
  let changes = 0
  let thaw = Promise.withResolvers<void>()

  const wait = (ms: number) =>
    ms === 0 ? null : new Promise<void>((resolve) => void clock.schedule(resolve, ms))

  async function cross<Value, Failure>(
    act: () => Result<Value, Failure>,
  ): Promise<Result<Value, Failure | DoorFailure>> {
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

  return {
    pass<Value, Failure>(signal: AbortSignal | undefined, act: () => Result<Value, Failure>) {
      const late: Result<Value, Failure | DoorFailure> = err({ kind: 'timeout' as const })
      return signal?.aborted ? Promise.resolve(late) : untilAborted(signal, cross(act), late)
    },
    faults: () => faults,
    changes: () => changes,
    change(next: Partial<TierFaults>): void {
      faults = { ...faults, ...next }
      changes += 1
      if (faults.state === 'frozen') return
      thaw.resolve()
      thaw = Promise.withResolvers<void>()
    },
  }
}
