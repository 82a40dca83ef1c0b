import type { Tier } from '../../worker/tiers/tier.ts'
import type { SimulatedPlace } from '../simulation/doors.ts'
import { createScheduler, type Scheduler } from '../simulation/scheduler.ts'
import { createSimulatedTiers, type SimulatedTiers } from '../simulation/tiers.ts'
import { createWay, goodWay, type Way, type WayFaults } from '../simulation/way.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { type Content, createContent } from './hitrate-content.ts'
import { noOperations, type Operations } from './hitrate-designs.ts'
import type { TracedRead, View } from './hitrate-trace.ts'

/** The surroundings of every design: the same places, network and database, without faults. */
export interface Ground {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly tiers: SimulatedTiers
  readonly content: Content
  readonly operations: Operations
  /** The origin's answer: how many changes of the view the database has seen. */
  load(workspace: number, view: View): Promise<number>
  /** The network for the backend's reports. */
  readonly reports: Way
  /** How calls to the ledgers behave. */
  readonly usualWay: WayFaults
}

export const locations = ['ams', 'fra', 'lhr', 'iad', 'sfo', 'gru', 'sin', 'syd'] as const

export const locationOf = ({ location }: Pick<TracedRead, 'location'>) => locations[location] ?? locations[0]

/** Typical latencies in milliseconds, one way or there and back. */
const latencyMs = {
  edgeCache: [1, 5],
  kv: [5, 40],
  redis: [5, 80],
  origin: [20, 150],
  reports: [10, 100],
  ledger: [2, 60],
} as const

export function createGround(seed: number): Ground {
  const scheduler = createScheduler()
  const dice = createDice(createRandom(seed))
  const operations = noOperations()
  const tiers = createSimulatedTiers({ clock: scheduler, random: dice.random, locations })
  tiers.edgeCache.inject({ latencyMs: latencyMs.edgeCache })
  tiers.kv.inject({ latencyMs: latencyMs.kv })
  tiers.redis.inject({ latencyMs: latencyMs.redis })
  const steady = { ...goodWay, slowShare: 0 }
  const originWay = createWay(scheduler, dice, { ...steady, latencyMs: latencyMs.origin })
  const content = createContent()
  return {
    usualWay: { ...steady, latencyMs: latencyMs.ledger },
    scheduler,
    dice,
    content,
    operations,
    reports: createWay(scheduler, dice, { ...steady, latencyMs: latencyMs.reports }),
    load(workspace, view) {
      operations.originQueries += 1
      return originWay.cross(() => content.changesOf(workspace, view).length)
    },
    tiers: {
      edgeCache: tiers.edgeCache,
      kv: counted(tiers.kv, operations, { get: 'kvReads', put: 'kvWrites', remove: 'kvDeletes' }),
      redis: counted(inOneRegion(tiers.redis), operations, {
        get: 'redisCommands',
        put: 'redisCommands',
        remove: 'redisCommands',
      }),
    },
  }
}

/** Redis as it is priced here: one database without replicas, equally far from all locations. */
function inOneRegion<Place extends SimulatedPlace>(place: Place): Place {
  return { ...place, at: (_location, client) => place.at(locations[0], client) }
}

type Named = Readonly<Record<'get' | 'put' | 'remove', keyof Operations>>

function counted<Place extends SimulatedPlace>(place: Place, operations: Operations, names: Named): Place {
  return { ...place, at: (location, client) => countedTier(place.at(location, client), operations, names) }
}

function countedTier(tier: Tier, operations: Operations, names: Named): Tier {
  return {
    ...tier,
    get(key, signal) {
      operations[names.get] += 1
      return tier.get(key, signal)
    },
    put(key, entry, signal) {
      operations[names.put] += 1
      return tier.put(key, entry, signal)
    },
    remove(keys, signal) {
      operations[names.remove] += keys.length
      return tier.remove(keys, signal)
    },
  }
}
