import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../shared/live/json-value.ts'
import type { Query } from '../../../worker/client/types.ts'
import { type ClientWorld, createClientWorld } from './client-world.ts'
import { perPage } from './fake-api.ts'

/**
 * The fault model. Requests take time and fail, the API is busy, or cannot prove its answers; the ledger loses its storage; hubs go away,
 * close sockets, and tell changes vaguely; frames are lost, repeated and overtaken, or all wait for a while; the tab is hidden, and the
 * network goes.
 *
 * The checker runs after every step: what a client shows as current was the truth at some moment of the last `boundMs`, and contains every
 * change up to the version that it claims. Then the faults stop, and everything must show the truth and be live.
 */
const boundMs = 46_000

type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | {
      readonly kind:
        | 'change'
        | 'insert'
        | 'remove'
        | 'loseLedger'
        | 'vague'
        | 'away'
        | 'hubAway'
        | 'busy'
        | 'unproved'
    }
  | { readonly kind: 'lose' | 'repeat' | 'swap'; readonly frames: number }
  | { readonly kind: 'close'; readonly code: number }
  | { readonly kind: 'stall'; readonly ms: number }
  | { readonly kind: 'hide' | 'unplug' }

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.constantFrom(20, 90, 300, 1_500, 8_000, 35_000),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('change' as const, 'insert' as const, 'remove' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'loseLedger' as const,
          'vague' as const,
          'away' as const,
          'hubAway' as const,
          'busy' as const,
          'unproved' as const,
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('lose' as const, 'repeat' as const, 'swap' as const),
        frames: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('close' as const),
        code: fc.constantFrom(1001, 1006, 1012, 4001, 4003, 4008, 4013),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('stall' as const), ms: fc.constantFrom(500, 20_000, 60_000) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('hide' as const, 'unplug' as const) }) },
  ),
  { minLength: 5, maxLength: 40 },
)

function take(world: ClientWorld, step: Step): Promise<void> | void {
  const { api, hub, machine, clock, dice } = world
  const { rows } = api.now
  const anyId = () => String(dice.pick(rows)['id'])
  switch (step.kind) {
    case 'pass':
      return clock.advance(step.ms)
    case 'change':
      // Values come back, so that an older entry's ETag is that of a newer one again.
      return void (
        rows.length > 0 &&
        api.change(anyId(), { name: `Name ${dice.between(1, 3)}`, priority: dice.pick(['high', 'low']) })
      )
    case 'insert':
      return void api.commit((now) => [...now, api.newRow()])
    case 'remove':
      return void (
        rows.length > perPage && api.commit((now) => now.toSpliced(dice.between(0, now.length - 1), 1))
      )
    case 'loseLedger':
      api.loseLedger()
      return hub.closeAll(4013)
    case 'vague':
      hub.faults.isVague = !hub.faults.isVague
      return
    case 'away':
      api.faults.isAway = !api.faults.isAway
      return
    case 'busy':
      api.faults.isBusy = !api.faults.isBusy
      return
    case 'unproved':
      api.faults.isUnproved = !api.faults.isUnproved
      return
    case 'hubAway':
      hub.faults.isAway = !hub.faults.isAway
      return
    case 'lose':
    case 'repeat':
    case 'swap':
      hub.faults[step.kind] = step.frames
      return
    case 'close':
      return hub.closeAll(step.code)
    case 'stall':
      return hub.stall(step.ms)
    case 'hide':
      return machine.set({ isHidden: !machine.isHidden })
    case 'unplug':
      return machine.set({ isOnline: !machine.isOnline })
  }
}

/** Whether what is shown as current was the truth within the bound, at a version that is not below the one claimed. */
function breachOf({ api, clock }: ClientWorld, query: Query<unknown>): string | null {
  const { status, data, version, error } = query.peek()
  if (status !== 'current') return null
  const shown = data ?? null
  const text = JSON.stringify(shown)
  const isRight = api.moments.some((moment, index) => {
    const next = api.moments[index + 1]
    const wasValid = next === undefined || next.atMs >= clock.now() - boundMs
    const isClaimed = version === null || moment.ledger !== api.now.ledger || moment.version >= version
    return wasValid && isClaimed && JSON.stringify(api.dataAt(query.path, moment)) === text
  })
  return isRight
    ? null
    : `${query.path} shows ${text} as current at ${version} (${error?.code}), the truth is ${JSON.stringify(api.dataAt(query.path, api.now))} at ${api.now.version}`
}

function endFaults({ api, hub, machine }: ClientWorld): void {
  Object.assign(api.faults, { isAway: false, isBusy: false, isUnproved: false })
  Object.assign(hub.faults, { isAway: false, lose: 0, repeat: 0, swap: 0, isVague: false })
  hub.stall(0)
  machine.set({ isHidden: false, isOnline: true })
}

async function run(seed: number, taken: readonly Step[]): Promise<void> {
  const world = createClientWorld(seed)
  const { clock, api } = world
  const client = world.client()
  const pages = [1, 2, 3].map((page) => client.board('board_1').page(page, { perPage }))
  const queries: Query<unknown>[] = [...pages, client.counts(), client.contact('contact_2')]
  for (const query of queries) query.subscribe(() => {})
  for (const step of taken) {
    await take(world, step)
    for (const query of queries) expect(breachOf(world, query)).toBeNull()
  }
  endFaults(world)
  await clock.advance(150_000)
  expect(client.status().mode).toBe('live')
  for (const query of queries) {
    const { status, data } = query.peek()
    expect({ path: query.path, status, data: data ?? null }).toEqual({
      path: query.path,
      status: 'current',
      data: api.dataAt(query.path, api.now) as JsonObject | null,
    })
  }
  client.close()
}

describe('what a client shows as current', () => {
  it('was the truth within the bound, at the version that it claims, whatever fails', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), steps, run), { numRuns: 60 })
  })
})
