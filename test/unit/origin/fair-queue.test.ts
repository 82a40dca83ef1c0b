import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FairQueue, FairQueueBounds, Place, Refusal } from '../../../origin/database/fair-queue.ts'
import { createFairQueue } from '../../../origin/database/fair-queue.ts'
import type { Result } from '../../../shared/result.ts'
import { settle } from '../../support/fake-clock.ts'
import type { QueueModel } from './fair-queue-model.ts'
import { createQueueModel } from './fair-queue-model.ts'

const roomy: FairQueueBounds = {
  all: { placesMax: 1, waitingMax: 100 },
  share: { placesMax: 1, waitingMax: 100 },
  caller: { placesMax: 1, waitingMax: 100 },
}

/** Enters parties by name, "share caller", and records the order in which they got their places. */
function createDoor(bounds: FairQueueBounds) {
  const queue = createFairQueue(bounds)
  const served: string[] = []
  const held: Place[] = []
  const outcomes: (Refusal | 'placed' | undefined)[] = []
  return {
    queue,
    served,
    outcomes,
    async enter(party: string, signal = new AbortController().signal) {
      const [shareKey = '', callerKey = ''] = party.split(' ')
      const index = outcomes.push(undefined) - 1
      void queue.enter({ shareKey, callerKey }, signal).then((entered) => {
        outcomes[index] = entered.ok ? 'placed' : entered.error
        if (!entered.ok) return
        held.push(entered.value)
        served.push(party)
      })
      await settle()
    },
    async free() {
      held.shift()?.free()
      await settle()
    },
    async freeAll() {
      while (held.length > 0) await this.free()
    },
  }
}

describe('a fair queue', () => {
  test('gives shares turns, and the callers of a share turns, however much one of them sends', async () => {
    const door = createDoor(roomy)
    for (const party of ['a x', 'a x', 'a x', 'a x', 'a y', 'b z', 'c w']) await door.enter(party)
    await door.freeAll()
    expect(door.served).toEqual(['a x', 'a x', 'b z', 'c w', 'a y', 'a x', 'a x'])
  })

  test('keeps the turn of a share at its bound, and serves others meanwhile', async () => {
    const door = createDoor({ ...roomy, all: { placesMax: 2, waitingMax: 9 } })
    for (const party of ['a x', 'a y', 'b z', 'b z']) await door.enter(party)
    expect(door.served).toEqual(['a x', 'b z'])
    await door.freeAll()
    expect(door.served).toEqual(['a x', 'b z', 'a y', 'b z'])
  })

  test('bounds the places of a caller over all shares', async () => {
    const all = { placesMax: 9, waitingMax: 9 }
    const door = createDoor({ all, share: all, caller: { placesMax: 2, waitingMax: 2 } })
    for (const share of ['a', 'b', 'c', 'd', 'e']) await door.enter(`${share} x`)
    expect(door.outcomes).toEqual(['placed', 'placed', undefined, undefined, 'caller'])
    await door.enter('f y')
    expect(door.served).toEqual(['a x', 'b x', 'f y'])
  })

  test('that is full admits a newcomer in place of the newest waiter of the longest line', async () => {
    const door = createDoor({ ...roomy, all: { placesMax: 1, waitingMax: 3 } })
    for (const party of ['a x', 'a x', 'a x', 'a x', 'b y']) await door.enter(party)
    expect(door.outcomes).toEqual(['placed', undefined, undefined, 'all', undefined])
    // One more each would only exchange the lengths of the lines.
    await door.enter('b y')
    expect(door.outcomes.at(-1)).toBe('all')
    expect(door.queue.refused).toBe(2)
  })

  test('does the same between the callers of a full share', async () => {
    const door = createDoor({ ...roomy, share: { placesMax: 1, waitingMax: 3 } })
    for (const party of ['a x', 'a x', 'a x', 'a x', 'a y', 'b z']) await door.enter(party)
    expect(door.outcomes).toEqual(['placed', undefined, undefined, 'share', undefined, undefined])
  })

  test('without waiting room refuses, and blames a caller only if it holds a place itself', async () => {
    const none = { placesMax: 1, waitingMax: 0 }
    const door = createDoor({ all: none, share: none, caller: none })
    for (const party of ['a x', 'a x', 'b y']) await door.enter(party)
    expect(door.outcomes).toEqual(['placed', 'caller', 'all'])
  })

  test('removes a waiter whose signal is aborted, and leaves those that have their place', async () => {
    const door = createDoor(roomy)
    const gone = new AbortController()
    await door.enter('a x', gone.signal)
    await door.enter('a x', gone.signal)
    gone.abort()
    await door.enter('a x', gone.signal)
    expect(door.outcomes).toEqual(['placed', 'withdrawn', 'withdrawn'])
    expect([door.queue.running, door.queue.waiting]).toEqual([1, 0])
  })

  test('frees a place once, however often free is called', async () => {
    const queue = createFairQueue(roomy)
    const entered = await queue.enter({ shareKey: 'a', callerKey: 'x' }, new AbortController().signal)
    if (entered.ok) for (let time = 0; time < 3; time += 1) entered.value.free()
    expect(queue.running).toBe(0)
  })
})

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('enter' as const), share: fc.nat(4), caller: fc.nat(5) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('free' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(50) }) },
)
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never
const bound = fc.record({ placesMax: fc.integer({ min: 1, max: 5 }), waitingMax: fc.nat(8) })
const bounds = fc.record({ all: bound, share: bound, caller: bound })

describe('for any sequence of arrivals and departures', () => {
  test('no bound is exceeded, no place is idle or lost, and no other share or caller is served twice before one that may run', () =>
    fc.assert(
      fc.asyncProperty(bounds, fc.array(step, { minLength: 40, maxLength: 80 }), async (given, steps) => {
        const queue = createFairQueue(given)
        const model = createQueueModel(given)
        for (const each of steps) {
          take(each, queue, model)
          await microtasks()
          model.check(queue)
        }
        for (const waiter of [...model.waiting]) waiter.abort()
        while (model.held.length > 0) {
          model.held[0]?.free()
          await microtasks()
        }
        expect([queue.running, queue.waiting]).toEqual([0, 0])
      }),
      { numRuns: 200 },
    ))
})

function take(each: Step, queue: FairQueue, model: QueueModel): void {
  switch (each.kind) {
    case 'enter':
      enter(queue, model, `s${each.share}`, `c${each.caller}`)
      break
    case 'free':
      model.held[each.which % model.held.length]?.free()
      break
    case 'abort':
      model.waiting[each.which % model.waiting.length]?.abort()
      break
  }
}

function enter(queue: FairQueue, model: QueueModel, share: string, caller: string) {
  const controller = new AbortController()
  const party = model.arrive(share, caller, () => controller.abort())
  void queue
    .enter({ shareKey: share, callerKey: caller }, controller.signal)
    .then((entered: Result<Place, Refusal>) => {
      if (entered.ok) model.placed(party, entered.value)
      else model.refused(party)
    })
    .catch(model.fail)
}

async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
}
