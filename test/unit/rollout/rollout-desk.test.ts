import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { RolloutState } from '../../../shared/contract/rollout-state.ts'
import { deploymentId, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { rolloutHappening } from '../../../worker/deployment/rollout/rollout-activity.ts'
import type { RolloutChanged } from '../../../worker/deployment/rollout/rollout-desk.ts'
import { createRolloutDesk } from '../../../worker/deployment/rollout/rollout-desk.ts'
import type { RolloutNews } from '../../../worker/ledger/rollout-messages.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { createFakeClock, deferred, settle } from '../../support/fake-clock.ts'

const by = { kind: 'internal-key', userId: null, workspaceId: null } as const
const [first, second] = ['15213', '15214'].map((id) => workspaceIdSchema.parse(id)) as [
  ReturnType<typeof workspaceIdSchema.parse>,
  ReturnType<typeof workspaceIdSchema.parse>,
]

function setUp() {
  const clock = createFakeClock()
  const database = new DatabaseSync(':memory:')
  const happened: RolloutChanged[] = []
  /** The states that are in force in the ledgers. */
  const ledgers = new Map<string, RolloutNews>()
  const world = {
    isAway: new Set<string>(),
    hold: null as Promise<void> | null,
    isLost: false,
    told: 0,
    hasRoom: true,
  }
  const open = () =>
    createRolloutDesk({
      storage: createSqlStorage(database),
      clock,
      async tell(scope, news) {
        world.told += 1
        if (world.isAway.has(scope)) throw new Error('away')
        await world.hold
        const known = ledgers.get(scope)
        if (known === undefined || news.version > known.version) ledgers.set(scope, news)
        if (world.isLost) throw new Error('the answer was lost')
        return ledgers.get(scope)?.version ?? 0
      },
      hasOriginRoom: () => world.hasRoom,
      onChange: (changed) => happened.push(changed),
      wake: () => undefined,
    })
  const desk = open()
  const wakeUp = (scope: string, at = desk) => {
    const { version, state } = at.rolloutFor(scope)
    ledgers.set(scope, { version, state })
  }
  const inForce = (): Record<string, RolloutState> =>
    Object.fromEntries([...ledgers].map(([scope, { state }]) => [scope, state]))
  return { clock, desk, open, happened, world, wakeUp, inForce }
}

const violationOf = (keyDigest: string, workspaceId = first) => ({
  ...{ workspaceId, keyDigest, resource: 'contact-list', places: ['$.contacts[].name'] },
})

describe('a change of the rollout', () => {
  it('is in force in every awake ledger when it is answered, and in those that wake up later', async () => {
    const { desk, wakeUp, inForce } = setUp()
    for (const scope of [first, second, deploymentId]) wakeUp(scope)
    const changed = await desk.change({ mode: 'off' }, by)
    expect(changed).toMatchObject({ ok: true, value: { mode: 'off', percent: 100, unconfirmed: 0 } })
    wakeUp('later')
    expect(new Set(Object.values(inForce()))).toEqual(new Set(['off']))
    await desk.change({ mode: 'on', deny: [first], shadowed: [second] }, by)
    expect(inForce()).toEqual({ [first]: 'off', [second]: 'shadow', [deploymentId]: 'on', later: 'on' })
  })

  it('keeps what it leaves out, over a restart too', async () => {
    const { desk, open } = setUp()
    await desk.change({ mode: 'percent', percent: 12.5, allow: [first] }, by)
    await desk.change({ deny: [second] }, by)
    const kept = { mode: 'percent', percent: 12.5, allow: [first], deny: [second], shadowed: [] }
    expect(desk.read()).toMatchObject(kept)
    expect(open().read()).toEqual(desk.read())
  })

  it('is refused if it is based on a version that is no longer the current one, and changes nothing', async () => {
    const { desk, happened } = setUp()
    const { version } = desk.read()
    const one = await desk.change({ version, percent: 10, mode: 'percent' }, by)
    expect(one.ok).toBe(true)
    expect(await desk.change({ version, percent: 90 }, by)).toEqual({
      ok: false,
      error: { code: 'rollout_changed' },
    })
    expect([desk.read().percent, happened.length]).toEqual([10, 1])
    // The kill switch needs no version.
    expect(await desk.change({ mode: 'off' }, by)).toMatchObject({ ok: true, value: { mode: 'off' } })
  })

  it('is told again until each ledger has confirmed it, by a restarted desk too', async () => {
    const { clock, desk, open, world, wakeUp, inForce } = setUp()
    for (const scope of [first, second]) wakeUp(scope)
    world.isAway.add(second)
    const changing = desk.change({ mode: 'off' }, by)
    await clock.advance(limits.rolloutChangeWaitsMs)
    expect(await changing).toMatchObject({ ok: true, value: { unconfirmed: 1 } })
    expect(inForce()).toEqual({ [first]: 'off', [second]: 'on' })
    world.isAway.clear()
    const restarted = open()
    expect(restarted.tick()).toBe(limits.rolloutTellAgainMs)
    await settle()
    expect(inForce()).toEqual({ [first]: 'off', [second]: 'off' })
    expect([restarted.read().unconfirmed, restarted.tick()]).toEqual([0, null])
  })

  it('reaches a ledger whose confirmation of the change before was lost', async () => {
    const { clock, desk, world, wakeUp, inForce } = setUp()
    wakeUp(first)
    await desk.change({ mode: 'on', percent: 50 }, by)
    world.isLost = true
    const changing = desk.change({ mode: 'off' }, by)
    await clock.advance(limits.rolloutChangeWaitsMs)
    await changing
    expect(inForce()).toEqual({ [first]: 'off' })
    world.isLost = false
    // The ledger once confirmed this state, and has heard of another one since.
    await desk.change({ mode: 'on' }, by)
    expect(inForce()).toEqual({ [first]: 'on' })
  })

  it('is told after the one before it, even if that one is still on its way', async () => {
    const { clock, desk, world, wakeUp, inForce } = setUp()
    wakeUp(first)
    const { promise, resolve } = deferred<void>()
    world.hold = promise
    const one = desk.change({ mode: 'off' }, by)
    await settle()
    const another = desk.change({ mode: 'shadow' }, by)
    world.hold = null
    resolve()
    await clock.advance(limits.rolloutChangeWaitsMs)
    await Promise.all([one, another])
    expect([inForce(), desk.read().unconfirmed]).toEqual([{ [first]: 'shadow' }, 0])
  })

  it('is not told to ledgers that have confirmed the same state, nor to those that have slept since', async () => {
    const { clock, desk, world, wakeUp } = setUp()
    wakeUp(first)
    await desk.change({ mode: 'percent', percent: 100 }, by)
    const { told } = world
    await desk.change({ percent: 99.99 }, by)
    expect(world.told).toBe(told)
    await clock.advance(limits.rolloutLeaseMs + 1)
    await desk.change({ mode: 'off' }, by)
    expect([world.told, desk.read().unconfirmed]).toEqual([told, 0])
  })

  it('is written down with what it was before and who made it, and names no workspace', async () => {
    const { desk, happened } = setUp()
    await desk.change({ mode: 'percent', percent: 5, allow: [first, second] }, by)
    await desk.change({ allow: [second], deny: [first] }, by)
    const items = happened.map(rolloutHappening)
    expect(items).toEqual([
      {
        ...{ kind: 'rollout', by: { kind: 'internal_key' }, reason: 'changed' },
        ...{ from: { mode: 'on', percent: 100 }, to: { mode: 'percent', percent: 5 } },
        lists: [{ list: 'allow', added: 2, removed: 0 }],
      },
      {
        ...{ kind: 'rollout', by: { kind: 'internal_key' }, reason: 'changed' },
        ...{ from: { mode: 'percent', percent: 5 }, to: { mode: 'percent', percent: 5 } },
        lists: [
          { list: 'allow', added: 0, removed: 1 },
          { list: 'deny', added: 1, removed: 0 },
        ],
      },
    ])
    expect(JSON.stringify(items)).not.toContain(first)
  })

  it('shows in the gauges', async () => {
    const { desk, wakeUp } = setUp()
    wakeUp(first)
    await desk.change({ mode: 'shadow', deny: [first] }, by)
    expect(desk.gauges()).toEqual({
      'rollout_mode off': 0,
      'rollout_mode shadow': 1,
      'rollout_mode percent': 0,
      'rollout_mode on': 0,
      rollout_percent: 100,
      rollout_unconfirmed_ledgers: 0,
      'rollout_workspaces allow': 0,
      'rollout_workspaces deny': 1,
      'rollout_workspaces shadowed': 0,
    })
  })
})

describe('proved violations', () => {
  it('of three distinct keys return their workspace to shadow, and nobody else', async () => {
    const { desk, happened, wakeUp, inForce } = setUp()
    for (const scope of [first, second]) wakeUp(scope)
    for (const key of ['a', 'b', 'a', 'b']) desk.note(violationOf(key))
    expect(desk.read().shadowed).toEqual([])
    desk.note(violationOf('c'))
    await settle()
    expect(inForce()).toEqual({ [first]: 'shadow', [second]: 'on' })
    expect(desk.read()).toMatchObject({ shadowed: [first], changed: { by: null } })
    expect(happened.map(rolloutHappening)).toMatchObject([
      { by: null, reason: 'violations', lists: [{ list: 'shadowed', added: 1, removed: 0 }] },
    ])
  })

  it('of one key, or of keys of two workspaces, change nothing', () => {
    const { desk } = setUp()
    for (let times = 0; times < 10; times += 1) desk.note(violationOf('a'))
    for (const key of ['b', 'c']) desk.note(violationOf(key, second))
    desk.note(violationOf('b'))
    expect(desk.read()).toMatchObject({ shadowed: [], version: 0 })
    expect(desk.findings().suspected).toEqual([
      { workspaceId: first, keys: 2 },
      { workspaceId: second, keys: 2 },
    ])
  })

  it('wait until the origin has room', () => {
    const { desk, world } = setUp()
    world.hasRoom = false
    for (const key of ['a', 'b', 'c', 'd']) desk.note(violationOf(key))
    desk.tick()
    expect(desk.read().shadowed).toEqual([])
    world.hasRoom = true
    desk.tick()
    expect(desk.read().shadowed).toEqual([first])
  })

  it('are forgotten after a day, and when an operator has taken the workspace out of shadow', async () => {
    const { clock, desk } = setUp()
    for (const key of ['a', 'b']) desk.note(violationOf(key))
    await clock.advance(limits.suspectMs + 1)
    desk.note(violationOf('c'))
    expect(desk.read().shadowed).toEqual([])
    for (const key of ['d', 'e']) desk.note(violationOf(key))
    expect(desk.read().shadowed).toEqual([first])
    await desk.change({ shadowed: [] }, by)
    desk.tick()
    expect(desk.read().shadowed).toEqual([])
  })

  it('change nothing where the tiers do not answer anyway', async () => {
    const { desk, happened } = setUp()
    await desk.change({ deny: [first] }, by)
    for (const key of ['a', 'b', 'c']) desk.note(violationOf(key))
    expect([desk.read().shadowed, happened.length]).toEqual([[], 1])
  })

  it('of the deployment itself suspect no workspace', () => {
    const { desk } = setUp()
    for (const key of ['a', 'b', 'c']) desk.note(violationOf(key, deploymentId))
    expect(desk.findings()).toMatchObject({ suspected: [], differences: [{ count: 3 }] })
  })

  it('are told by their places, a bounded number of them', async () => {
    const { clock, desk } = setUp()
    for (let index = 0; index < limits.differencesKeptMax + 5; index += 1) {
      desk.note({ ...violationOf('a'), places: [`$.p${index}`, 'x'.repeat(500)] })
      await clock.advance(1)
    }
    const { differences } = desk.findings()
    expect(differences).toHaveLength(limits.differencesKeptMax)
    expect(differences[0]?.place).toBe(`$.p${limits.differencesKeptMax + 4}`)
  })
})
