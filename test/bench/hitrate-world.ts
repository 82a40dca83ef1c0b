import type { Tier } from '../../worker/tiers/tier.ts'
import { createScheduler, type Scheduler } from '../simulation/scheduler.ts'
import { createSimulatedTiers, type SimulatedTiers } from '../simulation/tiers.ts'
import { createWay, goodWay, type Way, type WayFaults } from '../simulation/way.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { type Content, createContent } from './hitrate-content.ts'
import { noOperations, type Operations, type Spent } from './hitrate-designs.ts'
import { cpuMs } from './hitrate-prices.ts'
import type { TracedRead, TracedWrite, View } from './hitrate-trace.ts'

/** The surroundings of every design: the same places, network and database, without faults. */
export interface Ground {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly tiers: SimulatedTiers
  readonly content: Content
  readonly spent: Spent
  /** The origin's answer: how many changes of the view the database has seen. */
  load(workspace: number, view: View): Promise<number>
  /** The network for the backend's reports. */
  readonly reports: Way
  /** How calls to Durable Objects behave. */
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
  objects: [2, 60],
} as const

/** The size of a real answer: a page of 33 contacts (test/bench/read-page.ts), and the counts. */
export const pageBytes = 20_300
const countsBytes = 600
/** A page as Redis gets it, compressed in base64 (test/bench/compression.ts). */
const packedPageBytes = 7_000
/** The header of an entry, and what HTTP and Redis add to it. */
const frameBytes = 600

/** `trace` has all writes that will come. */
export function createGround(seed: number, trace: readonly TracedWrite[]): Ground {
  const scheduler = createScheduler()
  const dice = createDice(createRandom(seed))
  const spent = { reads: noOperations(), writes: noOperations() }
  const tiers = createSimulatedTiers({ clock: scheduler, random: dice.random, locations })
  tiers.edgeCache.inject({ latencyMs: latencyMs.edgeCache })
  tiers.kv.inject({ latencyMs: latencyMs.kv })
  tiers.redis.inject({ latencyMs: latencyMs.redis })
  const steady = { ...goodWay, slowShare: 0 }
  const originWay = createWay(scheduler, dice, { ...steady, latencyMs: latencyMs.origin })
  const content = createContent(trace)
  const { reads, writes } = spent
  return {
    usualWay: { ...steady, latencyMs: latencyMs.objects },
    ...{ scheduler, dice, content, spent },
    reports: createWay(scheduler, dice, { ...steady, latencyMs: latencyMs.reports }),
    load(workspace, view) {
      reads.originQueries += 1
      reads.originBytes += view.board === null ? countsBytes : pageBytes
      reads.cpuMs += cpuMs.load
      return originWay.cross(() => content.changesOf(workspace, view).length)
    },
    tiers: {
      edgeCache: {
        ...tiers.edgeCache,
        at: (location, client) => edgeCacheCounted(tiers.edgeCache.at(location, client), reads),
      },
      kv: { ...tiers.kv, at: (location, client) => kvCounted(tiers.kv.at(location, client), reads, writes) },
      redis: {
        ...tiers.redis,
        // One database without replicas, equally far from all locations.
        at: (_location, client) => redisCounted(tiers.redis.at(locations[0], client), reads),
      },
    },
  }
}

function edgeCacheCounted(tier: Tier, reads: Operations): Tier {
  return {
    ...tier,
    get(key, signal) {
      reads.cpuMs += cpuMs.edgeCacheRead
      return tier.get(key, signal)
    },
    put(key, entry, signal) {
      reads.cpuMs += cpuMs.write
      return tier.put(key, entry, signal)
    },
  }
}

function kvCounted(tier: Tier, reads: Operations, writes: Operations): Tier {
  return {
    ...tier,
    get(key, signal) {
      reads.kvReads += 1
      reads.cpuMs += cpuMs.kvRead
      return tier.get(key, signal)
    },
    put(key, entry, signal) {
      reads.kvWrites += 1
      reads.cpuMs += cpuMs.write
      return tier.put(key, entry, signal)
    },
    remove(keys, signal) {
      writes.kvDeletes += keys.length
      return tier.remove(keys, signal)
    },
  }
}

function redisCounted(tier: Tier, reads: Operations): Tier {
  const bytesOf = (key: string) =>
    frameBytes +
    (key.includes('contact-list') ? packedPageBytes : key.includes('contact-counts') ? countsBytes : 0)
  return {
    ...tier,
    async get(key, signal) {
      reads.redisCommands += 1
      reads.cpuMs += cpuMs.redisRead
      const got = await tier.get(key, signal)
      reads.redisBytes += got.ok && got.value !== null ? bytesOf(key) : frameBytes
      return got
    },
    put(key, entry, signal) {
      reads.redisCommands += 1
      reads.cpuMs += cpuMs.redisWrite
      reads.redisBytes += bytesOf(key)
      return tier.put(key, entry, signal)
    },
  }
}
