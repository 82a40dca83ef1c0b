import type { WorkspaceId } from '../../shared/ids.ts'
import type { Dice } from '../support/dice.ts'
import type { SimulatedPlace, TierFaults } from './doors.ts'
import type { Ledgers } from './ledgers.ts'
import type { Marking } from './marking.ts'
import type { Operator } from './operator.ts'
import type { Rollouts } from './rollouts.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedTiers } from './tiers.ts'
import type { Trace } from './trace.ts'
import type { Way, WayFaults } from './way.ts'

/** The parts in which something can go wrong. */
export interface FaultyParts {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly locations: readonly string[]
  readonly workspaceIds: readonly WorkspaceId[]
  readonly ledgers: Ledgers
  readonly tiers: SimulatedTiers
  /** Null in a run without Redis. */
  readonly operator: Operator | null
  /** Null in a run without marks. */
  readonly marking: Marking | null
  /** Null in a run in which nobody changes the rollout. */
  readonly rollouts: Rollouts | null
  readonly originWay: Way
  readonly backendWay: Way
  viewsWayAt(location: string): Way
  /** Removes an isolate of a location with everything that it was doing, and starts another one. */
  replaceIsolate(location: string): void
}

/** Lets faults begin and end at random times from now until `untilMs`. No fault begins after that. */
export function planFaults(parts: FaultyParts, untilMs: number): void {
  const { scheduler, dice } = parts
  const spanMs = untilMs - scheduler.now()
  const episodes = dice.between(2, 10)
  for (let index = 0; index < episodes; index += 1) {
    const fromMs = dice.between(0, spanMs)
    const forMs = Math.min(dice.between(200, 15_000), spanMs - fromMs)
    scheduler.schedule(() => {
      const heal = begin(parts)
      scheduler.schedule(heal, forMs)
    }, fromMs)
  }
}

/** Lets something happen to what Redis holds, a few times from now until `untilMs`. */
export function planRedisFates(parts: FaultyParts, untilMs: number): void {
  const { scheduler, dice, operator } = parts
  if (operator === null) return
  const fates = dice.between(0, 5)
  for (let index = 0; index < fates; index += 1)
    scheduler.schedule(() => redisFate(parts, operator), dice.between(0, untilMs - scheduler.now()))
}

/** Lets things happen to the database, its relays and the marks, from now until `untilMs`. */
export function planMarkFates(parts: FaultyParts, untilMs: number): void {
  const { scheduler, dice, trace, marking, workspaceIds } = parts
  if (marking === null) return
  const spanMs = untilMs - scheduler.now()
  const sometime = (happen: () => void) => scheduler.schedule(happen, dice.between(0, spanMs))
  const { databaseWay, marksWay } = marking
  for (let index = dice.between(0, 6); index > 0; index -= 1) {
    const fate = dice.pick<() => void>([
      () => marking.killRelay(),
      () => marking.killRelay(),
      () => marking.stallRelay(),
      () => {
        const leftMs = untilMs - scheduler.now()
        scheduler.schedule(
          goesBack(parts, dice.pick(workspaceIds)),
          dice.between(0, Math.min(leftMs, 40_000)),
        )
      },
      () => marking.restartMarks(),
      () => marking.parkRows(),
      () => marking.parkRows(),
      ...[databaseWay, marksWay].map((way) => () => {
        way.inject(wayFaults(dice))
        scheduler.schedule(way.heal, dice.between(500, 15_000))
      }),
    ])
    sometime(() => {
      trace.note('fault', () => 'marks')
      fate()
    })
  }
  for (let index = dice.pick([0, 0, 1, 1, 2]); index > 0; index -= 1) sometime(marking.restoreLater)
}

/** Ends all faults for good. */
export function healAll(parts: FaultyParts): void {
  const { ledgers, tiers, locations, originWay, backendWay, viewsWayAt, marking } = parts
  for (const place of [tiers.edgeCache, tiers.kv, tiers.redis]) place.heal()
  const ways = locations.flatMap((location) => [ledgers.wayFrom(location), viewsWayAt(location)])
  const marks = marking === null ? [] : [marking.databaseWay, marking.marksWay]
  for (const way of [...ways, ...marks, originWay, backendWay]) way.calm()
  marking?.calm()
  parts.rollouts?.calm()
}

type Heal = () => void

function begin(parts: FaultyParts): Heal {
  const { dice, trace, locations, ledgers, viewsWayAt, originWay, backendWay, workspaceIds } = parts
  const somewhere = dice.happens(0.5) ? locations : locations.filter(() => dice.happens(0.5))
  const workspaceId = dice.pickOrNone(workspaceIds)
  const eachWay = (name: string, ways: readonly Way[]): Heal => {
    const faults = wayFaults(dice)
    trace.note('fault', () => `${name} of ${somewhere.join(', ')}: ${JSON.stringify(faults)}`)
    for (const way of ways) way.inject(faults)
    return () => {
      trace.note('healed', () => `${name} of ${somewhere.join(', ')}`)
      for (const way of ways) way.heal()
    }
  }
  const kind = dice.pick<() => Heal>([
    () => eachWay('ledger', somewhere.map(ledgers.wayFrom)),
    () => eachWay('ledger', somewhere.map(ledgers.wayFrom)),
    () => eachWay('views', somewhere.map(viewsWayAt)),
    () => eachWay('origin', [originWay]),
    () => eachWay('origin', [originWay]),
    () => eachWay('backend', [backendWay]),
    () => tierFault(parts, somewhere),
    () => tierFault(parts, somewhere),
    () => {
      for (const location of somewhere) parts.replaceIsolate(location)
      return nothing
    },
    () => {
      if (workspaceId === undefined) return nothing
      return goesBack(parts, workspaceId)
    },
    () => {
      if (workspaceId === undefined) return nothing
      const isLost = dice.happens(0.2)
      trace.note('fault', () => `ledger of ${workspaceId} ${isLost ? 'lost' : 'restarted'}`)
      if (isLost) trace.happened('a ledger is lost')
      if (isLost) ledgers.lose(workspaceId)
      else ledgers.restart(workspaceId)
      return nothing
    },
  ])
  return kind()
}

const nothing = () => {}

/** Saves a ledger, which goes back to that in the end. */
function goesBack({ ledgers, trace }: FaultyParts, workspaceId: WorkspaceId): Heal {
  const saved = ledgers.save(workspaceId)
  return () => {
    trace.note('fault', () => `ledger of ${workspaceId} put back to what it was`)
    trace.happened('a ledger goes back')
    ledgers.goBack(workspaceId, saved)
  }
}

function wayFaults(dice: Dice): Partial<WayFaults> {
  return dice.pick<() => Partial<WayFaults>>([
    () => ({ state: 'silent' }),
    () => ({ state: 'failing' }),
    () => ({ latencyMs: [100, dice.between(200, 3_000)] }),
    () => ({ slowShare: 0.5, slowMs: 12_000 }),
    () => ({ lostShare: 0.4 }),
  ])()
}

/** Redis is cleared, while it works or while it is away, or loses something, or the one soon after the other. */
function redisFate(
  { dice, scheduler, trace, locations, tiers: { redis } }: FaultyParts,
  operator: Operator,
): void {
  const location = dice.pick(locations)
  const losses: readonly (readonly [string, () => void])[] = [
    ['evicts its generation', redis.evictGeneration],
    ['evicts its generation', redis.evictGeneration],
    ['loses its data', redis.lose],
    [`fails over to ${location}`, () => redis.failOverTo(location)],
  ]
  const lose = () => {
    const [what, happen] = dice.pick(losses)
    trace.note('fault', () => `redis ${what}`)
    happen()
  }
  const clear = () => void operator.clear(dice.happens(0.9) ? 'cache' : 'rateLimit')
  const clearWhileAway = () => {
    redis.inject({ state: dice.pick(['failing', 'frozen', 'garbage']) })
    trace.note('fault', () => 'redis is away')
    scheduler.schedule(redis.heal, dice.between(0, 6_000))
    clear()
  }
  const fate = dice.pick([clear, clear, clearWhileAway, clearWhileAway, lose])
  fate()
  if (fate !== lose && dice.happens(0.5)) scheduler.schedule(lose, dice.between(0, 4_000))
  if (dice.happens(0.3)) scheduler.schedule(clear, dice.between(0, 8_000))
}

function tierFault({ dice, trace, tiers }: FaultyParts, somewhere: readonly string[]): Heal {
  const place = dice.pick<SimulatedPlace>([tiers.edgeCache, tiers.kv, tiers.redis])
  const faults = dice.pick<() => Partial<TierFaults>>([
    () => ({ state: 'frozen' }),
    () => ({ state: 'failing' }),
    () => ({ state: 'rate-limited' }),
    () => ({ state: 'garbage' }),
    () => ({ latencyMs: [10, dice.between(100, 4_000)] }),
    () => ({ lostShare: 0.5 }),
  ])()
  const name = place.at(somewhere[0] ?? 'ams').name
  trace.note('fault', () => `${name} of ${somewhere.join(', ')}: ${JSON.stringify(faults)}`)
  place.inject(faults, somewhere)
  return () => {
    trace.note('healed', () => name)
    place.heal()
  }
}
