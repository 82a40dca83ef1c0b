import type { WorkspaceId } from '../../../shared/ids.ts'
import type { Dice } from '../../support/dice.ts'
import { workspaceIds } from '../questions.ts'
import type { Way, WayFaults } from '../way.ts'
import type { LiveWorld } from './live-world.ts'

type Heal = () => void

/** Lets faults begin and end at random times from now until `untilMs`. In some runs there are none, in some few, in some many. */
export function planLiveFaults(world: LiveWorld, untilMs: number): void {
  const { scheduler, dice } = world
  const spanMs = untilMs - scheduler.now()
  const episodes = dice.pick([0, 1, 1, 1, 2, 4, 12, 30])
  for (let index = 0; index < episodes; index += 1) {
    const fromMs = dice.between(0, spanMs)
    const lastsMs = dice.pick([dice.between(200, 20_000), dice.between(200, 20_000), dice.between(20_000, 100_000)])
    const forMs = Math.min(lastsMs, spanMs - fromMs)
    scheduler.schedule(() => {
      const heal = begin(world)
      scheduler.schedule(heal, forMs)
    }, fromMs)
  }
}

/** Ends all faults for good. */
export function healAllLive({ ways, hubs, failures }: LiveWorld): void {
  for (const way of Object.values(ways)) way.calm()
  hubs.calm()
  failures.note({ workspaceId: null, client: null })
}

function begin(world: LiveWorld): Heal {
  const { dice, hubs, ledgers, browsers } = world
  const workspaceId = dice.pick(workspaceIds)
  const kind = dice.pick<() => Heal>([
    () => wayFault(world, 'teller'),
    () => wayFault(world, 'teller'),
    () => wayFault(world, 'watch'),
    () => apart(world),
    () => wayFault(world, 'origin'),
    () => wayFault(world, 'http'),
    () => wayFault(world, 'door'),
    () => fate(world, workspaceId, 'a hub restarts', () => hubs.restart(workspaceId)),
    () => fate(world, workspaceId, 'a ledger restarts', () => ledgers.restart(workspaceId)),
    () => fate(world, workspaceId, 'a ledger is lost', () => ledgers.lose(workspaceId)),
    () => goesBack(world, workspaceId),
    () => {
      world.trace.happened('a deploy closes all sockets')
      for (const id of workspaceIds) {
        fate(world, id, 'a hub restarts', () => hubs.restart(id))
        fate(world, id, 'a ledger restarts', () => ledgers.restart(id))
      }
      return nothing
    },
    browsers.breakSocket,
    browsers.breakSocket,
    browsers.readSlowly,
    browsers.readSlowly,
    browsers.sleep,
    browsers.muddle,
  ])
  return kind()
}

const nothing = () => {}

function fate(
  { trace, failures }: LiveWorld,
  workspaceId: WorkspaceId,
  what: 'a hub restarts' | 'a ledger restarts' | 'a ledger is lost',
  happen: () => void,
): Heal {
  trace.note('fault', () => `${what}: ${workspaceId}`)
  trace.happened(what)
  failures.note({ workspaceId, client: null })
  happen()
  return nothing
}

function goesBack({ trace, failures, ledgers }: LiveWorld, workspaceId: WorkspaceId): Heal {
  const saved = ledgers.save(workspaceId)
  return () => {
    trace.note('fault', () => `ledger of ${workspaceId} put back to what it was`)
    trace.happened('a ledger goes back')
    failures.note({ workspaceId, client: null })
    ledgers.goBack(workspaceId, saved)
  }
}

/** Hubs and ledgers do not reach each other. */
function apart(world: LiveWorld): Heal {
  const heals = [wayFault(world, 'teller', { state: 'silent' }), wayFault(world, 'watch', { state: 'silent' })]
  return () => {
    for (const heal of heals) heal()
  }
}

function wayFault({ dice, trace, failures, ways }: LiveWorld, name: keyof LiveWorld['ways'], faults = wayFaults(dice)): Heal {
  trace.note('fault', () => `${name}: ${JSON.stringify(faults)}`)
  const end = failures.begin({ workspaceId: null, client: null })
  const way: Way = ways[name]
  way.inject(faults)
  return () => {
    trace.note('healed', () => name)
    way.heal()
    end()
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
