import type { LocationCache } from '../../worker/platform/location-cache.ts'
import type { Dice } from '../support/dice.ts'
import type { Scheduler } from './scheduler.ts'
import { createWay, goodWay, type Way } from './way.ts'

/** The part of each location's cache in which isolates leave their views for each other. */
export interface ViewCaches {
  at(location: string): Pick<LocationCache, 'match' | 'put'>
  wayAt(location: string): Way
}

/**
 * A nearby cache that still has a network between: puts may overtake each other, get lost, and arrive after their
 * writer has vanished.
 */
export function createViewCaches(scheduler: Scheduler, dice: Dice, locations: readonly string[]): ViewCaches {
  const caches = new Map(
    locations.map((location) => {
      const way = createWay(scheduler, dice, { ...goodWay, latencyMs: [0, 4], slowMs: 400 })
      return [location, { way, texts: new Map<string, string>() }]
    }),
  )
  const cacheAt = (location: string) => {
    const cache = caches.get(location)
    if (cache === undefined) throw new Error(`${location} is not a location of this simulation`)
    return cache
  }
  return {
    wayAt: (location) => cacheAt(location).way,
    at(location) {
      const { way, texts } = cacheAt(location)
      return {
        async match(url) {
          const text = await way.cross(() => texts.get(url))
          return text === undefined ? undefined : new Response(text)
        },
        async put(url, response) {
          const text = await response.text()
          await way.cross(() => void texts.set(url, text))
        },
      }
    },
  }
}
