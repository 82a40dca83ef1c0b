import type { Dice } from '../support/dice.ts'
import { createIsolate, type Isolate, type Surroundings } from './isolate.ts'
import type { Life } from './life.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'

/** The isolates of all locations, which come and go. */
export interface Population {
  all(): readonly Isolate[]
  anyIsolate(): Isolate
  /**
   * The life of one request to an isolate. Some requests are cut short together with everything that they began, even
   * if other requests wait for it.
   */
  beginLife(isolate: Isolate): Life
  /** Removes one of the location's isolates and starts another one. */
  replaceOne(location: string): void
  /** From now on every request lives as long as its isolate. */
  spareRequests(): void
}

export interface PopulationOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly locations: readonly string[]
  surroundingsAt(location: string): Surroundings
}

/**
 * The location index of each isolate. Two locations have two isolates each, which share views and a cache; the third
 * location has one.
 */
const isolatesAt = [0, 0, 1, 1, 2]
/** Machines of one location differ by no more than production allows for. Locations differ by far more. */
const machineSkewMs = 50
const locationSkewMs = 2_000
const cutShortShare = 0.03

export function createPopulation(options: PopulationOptions): Population {
  const { scheduler, dice, trace, locations, surroundingsAt } = options
  const skewsMs = new Map(
    locations.map((location) => [location, dice.between(-locationSkewMs, locationSkewMs)]),
  )
  let begun = 0
  let areRequestsSpared = false

  const begin = (location: string) => {
    begun += 1
    const offsetMs = (skewsMs.get(location) ?? 0) + dice.between(-machineSkewMs, machineSkewMs)
    return createIsolate(`${location}${begun}`, location, offsetMs, surroundingsAt(location))
  }
  let isolates = isolatesAt.map((index) => begin(dice.pick(locations.slice(index, index + 1))))

  return {
    all: () => isolates,
    anyIsolate: () => dice.pick(isolates),
    spareRequests() {
      areRequestsSpared = true
    },
    beginLife(isolate) {
      let isCutShort = false
      if (!areRequestsSpared && dice.happens(cutShortShare))
        scheduler.schedule(
          () => {
            isCutShort = true
          },
          dice.between(0, 3_000),
        )
      return { isOver: () => isCutShort || isolate.life.isOver() }
    },
    replaceOne(location) {
      const [gone] = isolates.filter((isolate) => isolate.location === location)
      if (gone === undefined) return
      gone.vanish()
      const successor = begin(location)
      trace.note('vanished', () => `${gone.name}; ${successor.name} is there`)
      isolates = [...isolates.filter((isolate) => isolate !== gone), successor]
    },
  }
}
