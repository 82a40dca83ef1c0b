import type { WorkspaceId } from '../../shared/ids.ts'
import type { BookLimits } from '../../worker/ledger/book.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { type Backend, createBackend } from './backend.ts'
import { type Checker, createChecker } from './checker.ts'
import { type Clearings, createClearings } from './clearings.ts'
import { createDatabase } from './database.ts'
import type { FaultyParts } from './faults.ts'
import type { Setup, Surroundings } from './isolate.ts'
import { createLedgers, type Ledgers } from './ledgers.ts'
import { createMarking, type Marking } from './marking.ts'
import type { Nature } from './nature.ts'
import { createOperator, type Operator } from './operator.ts'
import { createPopulation, type Population } from './population.ts'
import { boardIds, placeAsked, workspaceIds } from './questions.ts'
import { BrokenPromise, createRecords, type KnownVersion } from './records.ts'
import { createRollouts, type Rollouts } from './rollouts.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulatedTiers, type SimulatedTiers } from './tiers.ts'
import { createTrace } from './trace.ts'
import { createViewCaches, type ViewCaches } from './view-caches.ts'
import { createWay, goodWay, type Way } from './way.ts'

/** Everything in one run except the readers. */
export interface World extends Nature {
  readonly checker: Checker
  readonly backend: Backend
  readonly population: Population
  /** Null in a run without Redis. */
  readonly operator: Operator | null
  readonly faultyParts: FaultyParts
  /** Null in a run without marks. */
  readonly marking: Marking | null
  /** Null in a run in which nobody changes the rollout. */
  readonly rollouts: Rollouts | null
  /** The newest acknowledged version of each workspace, as a client knows it that wrote something. */
  readonly acknowledged: ReadonlyMap<WorkspaceId, KnownVersion>
}

/** The rollout has a chance of its own, so that a run without it is the same as before there was one. */
const rolloutSeeds = 1_000_000

const primary = 'ams'
const locations = [primary, 'sin', 'sfo']

const bookBounds: readonly [BookLimits, ...BookLimits[]] = [
  { eventIdsMax: 10_000, logRowsMax: 10_000, batchesPerSnapshot: 1_000 },
  // So small that the ring is overwritten, snapshots follow each other, and an event that is repeated late gets a
  // second version.
  { eventIdsMax: 12, logRowsMax: 8, batchesPerSnapshot: 3 },
]

export function createWorld(seed: number, tell: ((line: string) => void) | null): World {
  const nature = createNature(seed, tell)
  const { setup, dice, scheduler, trace, databaseOf, watch } = nature
  const records = createRecords(scheduler.now)
  const checker = createChecker({
    records,
    boundMs: setup.boundMs,
    nowMs: scheduler.now,
    historyOf: (workspaceId, place) => databaseOf(workspaceId).historyOf(place),
  })
  const rollouts = setup.hasRollouts ? createRollouts(nature) : null
  const marking = setup.hasMarks ? createMarking(nature, records) : null
  const ledgers = createLedgers({
    scheduler,
    dice,
    locations,
    marks: marking && { markBook: marking.markBook, way: marking.marksWay, happened: trace.happened },
    rollouts,
    bounds: dice.pick(bookBounds),
    usualWay: { ...goodWay, slowShare: dice.pick([0.01, 0.3]), slowMs: 1_900 },
    proved: (workspaceId, changes) => void watch(() => checker.proved(workspaceId, changes)),
    written: (workspaceId, ledgerId, events, advance) => {
      const own = marking === null ? events : events.map(marking.asRecorded)
      watch(() => records.written(workspaceId, ledgerId, own, advance))
    },
  })
  rollouts?.begin(ledgers.takeRollout)
  const clearings = createClearings(scheduler.now)
  const tiers = createSimulatedTiers({
    ...{ clock: scheduler, random: dice.random, locations, witness: clearings },
  })
  const originWay = createWay(scheduler, dice, { ...goodWay, slowShare: 0.1, slowMs: 9_000 })
  const backendWay = createWay(scheduler, dice, { ...goodWay, latencyMs: [5, 150], lostShare: 0.05 })
  const viewCaches = createViewCaches(scheduler, dice, locations)
  const surroundingsAt = surroundings(nature, { checker, clearings, ledgers, tiers, originWay, viewCaches })
  const population = createPopulation({ scheduler, dice, trace, locations, surroundingsAt })
  const acknowledged = new Map<WorkspaceId, KnownVersion>()
  const backend = createBackend({
    scheduler,
    dice,
    records,
    trace,
    databaseOf,
    watch,
    way: backendWay,
    cluster: marking?.cluster ?? null,
    anyIsolate: population.anyIsolate,
    beginLife: population.beginLife,
    acknowledged: (workspaceId, version) => acknowledged.set(workspaceId, version),
  })
  const operator = setup.hasRedis
    ? createOperator({ scheduler, redis: tiers.redis, clearings, trace, location: dice.pick(locations) })
    : null
  marking?.begin({
    workerWay: backendWay,
    anyIsolate: population.anyIsolate,
    beginLife: population.beginLife,
  })
  const faultyParts: FaultyParts = {
    operator,
    marking,
    rollouts,
    ...{ scheduler, dice, trace, locations, workspaceIds, ledgers, tiers, originWay, backendWay },
    viewsWayAt: viewCaches.wayAt,
    replaceIsolate: population.replaceOne,
  }
  return { ...nature, checker, backend, population, operator, faultyParts, marking, rollouts, acknowledged }
}

function createNature(seed: number, tell: ((line: string) => void) | null): Nature {
  const scheduler = createScheduler()
  const dice = createDice(createRandom(seed))
  const trace = createTrace(scheduler.now, tell)
  const rolloutDice = createDice(createRandom(seed + rolloutSeeds))
  const setup = drawSetup(dice, rolloutDice)
  const isLong = setup.hasMarks && dice.happens(0.2)
  trace.note('setup', () => JSON.stringify(setup))

  const databases = new Map(workspaceIds.map((id) => [id, createDatabase(id)]))
  for (const database of databases.values())
    database.commit((tables) => {
      for (const id of boardIds) tables.boardIds.add(id)
    })

  let broken: BrokenPromise | null = null
  const check = () => {
    if (broken !== null) throw broken
  }
  return {
    ...{ setup, isLong, dice, rolloutDice, scheduler, trace },
    databaseOf(workspaceId) {
      const database = databases.get(workspaceId)
      if (database === undefined) throw new Error(`there is no workspace ${workspaceId}`)
      return database
    },
    watch(work) {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof BrokenPromise)) throw error
        broken ??= error
        return null
      }
    },
    pass: (ms) => scheduler.run(scheduler.now() + ms, check),
  }
}

function drawSetup(dice: Dice, rolloutDice: Dice): Setup {
  return {
    boundMs: dice.pick([1_000, 1_000, 1_000, 3_000, 200, 0]),
    staleIfErrorSeconds: dice.pick([86_400, 30, 5, 0]),
    memoryBytes: dice.pick([1_048_576, 1_048_576, 65_536, 0]),
    hasEdgeCache: dice.happens(0.8),
    hasRedis: dice.happens(0.8),
    hasSharedViews: dice.happens(0.8),
    hasMarks: dice.happens(0.5),
    hasRollouts: rolloutDice.happens(0.3),
  }
}

interface Outside {
  readonly checker: Checker
  readonly clearings: Clearings
  readonly ledgers: Ledgers
  readonly tiers: SimulatedTiers
  readonly originWay: Way
  readonly viewCaches: ViewCaches
}

const encoder = new TextEncoder()

/** The parts of the world that an isolate of a location can reach. */
function surroundings(
  { setup, dice, scheduler, databaseOf, watch }: Nature,
  { checker, clearings, ledgers, tiers, originWay, viewCaches }: Outside,
) {
  return (location: string): Surroundings => ({
    setup,
    tiers,
    primary,
    world: scheduler,
    random: dice.random,
    viewCache: viewCaches.at(location),
    ledgerStub: ledgers.stubAt(location),
    origin: {
      // The database is read when the call arrives. A transaction that commits while the answer travels is not in it.
      load: (question, { workspaceId, userId }) =>
        originWay.cross(() => {
          const text = databaseOf(workspaceId).read(placeAsked(question, userId))
          return text === null ? null : encoder.encode(text)
        }),
      settings: (workspaceId) => originWay.cross(() => databaseOf(workspaceId).tables.settings),
      isMember: (workspaceId, userId) =>
        originWay.cross(() => databaseOf(workspaceId).tables.memberIds.has(userId)),
    },
    sawPut: (entry) => void watch(() => checker.put(entry)),
    sawRedisRead: (read) => void watch(() => clearings.read(read)),
  })
}
