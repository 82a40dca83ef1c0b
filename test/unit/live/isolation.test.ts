import { expect, it } from 'vitest'
import { createDice, type Dice } from '../../support/dice.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createRandom } from '../../support/random.ts'
import type { FakeClient } from './hub-world.ts'
import { ann, bob, HubWorld, page } from './hub-world.ts'

/*
 * Another workspace's changes never reach a connection, whatever its client asks for. All workspaces have the same boards, contacts and
 * users, and every answer says whose it is. The same fuzz runs in real workerd (test/worker/live-isolation.test.ts).
 */

const workspaces = ['15213', '15214', '15213#0'] as const
const questions = [
  page,
  `${page}?page=2`,
  `${page}?filter=assigned_to_me`,
  ...workspaces.map((id) => `/api/cache-settings/workspace/${encodeURIComponent(id)}/counts`),
]

const seeds = Array.from({ length: 30 }, (_, index) => index + 1)
const framesMin = 30

interface Open {
  readonly world: HubWorld
  readonly worlds: readonly HubWorld[]
  readonly client: FakeClient
}

/** A step in a workspace, in which a client may be connected. */
type Step = (world: HubWorld, client: FakeClient | undefined, dice: Dice) => Promise<void> | void

const steps: readonly Step[] = [
  ...Array.from(
    { length: 4 },
    (): Step => async (world, client, dice) => {
      if (client !== undefined)
        await world.show(client, dice.pick([null, 'other']), null, dice.pick(questions))
    },
  ),
  ...Array.from(
    { length: 4 },
    (): Step => (world, _client, dice) =>
      world.write(dice.pick(['c1', 'c2', 'c3']), `of ${world.workspaceId} ${dice.between(1, 1_000)}`),
  ),
  (world) => world.hibernate(),
  (world) => world.restartLedger(),
  (world, _client, dice) => {
    world.faults.loseTells = dice.between(1, 3)
  },
  (world, _client, dice) => world.pass(dice.between(0, 20_000)),
  (world, client) => {
    if (client !== undefined) world.leave(client)
  },
]

it('whatever they show, write, lose and forget', async () => {
  let changed = 0
  for (const seed of seeds) {
    for (const { world, worlds, client } of await live(seed)) {
      expectOwnFrames(client, world, worlds)
      changed += client.frames.filter(({ type }) => type === 'changed').length
    }
  }
  // Otherwise nothing was at stake.
  expect(changed).toBeGreaterThan(framesMin)
})

/** Runs workspaces side by side, and answers every client that there was. */
async function live(seed: number) {
  const dice = createDice(createRandom(seed))
  const clock = createFakeClock()
  const worlds = workspaces.map((workspace) => new HubWorld(workspace, clock))
  const ever: Open[] = []
  for (let count = 0; count < 100; count += 1) {
    const world = dice.pick(worlds)
    if (dice.happens(0.15)) {
      const joining = world.joining(dice.pick([ann, bob]))
      ever.push({ world, worlds, client: await world.connect(joining) })
    }
    const open = ever.filter((each) => each.world === world && each.client.isOpen())
    await dice.pick(steps)(world, dice.pickOrNone(open)?.client, dice)
  }
  for (const world of worlds) await world.pass(60_000)
  return ever
}

function expectOwnFrames({ frames }: FakeClient, world: HubWorld, worlds: readonly HubWorld[]): void {
  const text = JSON.stringify(frames)
  for (const { workspaceId } of worlds) {
    if (workspaceId === world.workspaceId) continue
    expect(text).not.toContain(`of ${workspaceId} `)
    expect(text).not.toContain(`"ledger of ${workspaceId}"`)
    expect(text).not.toContain(`"workspace_id":"${workspaceId}"`)
  }
}
