import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { FlushId } from '../../../../worker/deployment/metrics/figures.ts'
import type { BatchingRecorder } from '../../../../worker/deployment/metrics/recorder.ts'
import { createRecorder } from '../../../../worker/deployment/metrics/recorder.ts'
import type { Totals } from '../../../../worker/deployment/metrics/totals.ts'
import { emptyTotals, isEmpty, mergeTotals, totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import type { FakeClock } from '../../../support/fake-clock.ts'
import { createFakeClock, deferred, settle } from '../../../support/fake-clock.ts'
import { cacheEvent, readEvent } from './events.ts'

/** The shard as the recorder may experience it. */
interface Store {
  readonly received: { readonly id: FlushId; readonly totals: Totals }[]
  /** The sum of what arrived, with each sequence number counted once, like the real shard. */
  sum: Totals
  answer: (id: FlushId) => Promise<boolean>
  /** How long it tells writers to wait. */
  pauseMs: number
}

let clock: FakeClock
let store: Store
let recorder: BatchingRecorder
const hit = readEvent('HIT', 'cloudflare_kv')

function createStore(): Store {
  return { received: [], sum: emptyTotals(), answer: async () => true, pauseMs: 0 }
}

function recorderTo(to: Store): BatchingRecorder {
  let lastSequence = 0
  return createRecorder({
    writer: 'isolate-1',
    clock,
    async send(id, totals) {
      to.received.push({ id, totals })
      if (id.sequence > lastSequence) {
        to.sum = mergeTotals(to.sum, totals)
        lastSequence = id.sequence
      }
      return (await to.answer(id)) ? { nextMs: to.pauseMs } : null
    },
  })
}

beforeEach(() => {
  clock = createFakeClock()
  store = createStore()
  recorder = recorderTo(store)
})

/** Whether a promise has settled after all pending work was done. */
async function isSettled(promise: Promise<unknown> | null): Promise<boolean> {
  const open = Symbol('open')
  await settle()
  return (await Promise.race([promise, Promise.resolve(open)])) !== open
}

describe('after answers', () => {
  test('a burst goes to the store in one batch', async () => {
    for (let request = 0; request < 100; request += 1) {
      recorder.record(hit)
      void recorder.flushSoon()
    }
    await clock.advance(2_000)
    expect(store.received).toEqual([
      { id: { writer: 'isolate-1', sequence: 1 }, totals: totalsOf(Array(100).fill(hit)) },
    ])
  })

  test('one request carries the batches of all, and the others do not wait', async () => {
    recorder.record(hit)
    const carrier = recorder.flushSoon()
    recorder.record(hit)
    expect(await isSettled(recorder.flushSoon())).toBe(true)
    expect(await isSettled(carrier)).toBe(false)
    await clock.advance(1_000)
    expect(await isSettled(carrier)).toBe(true)
    expect(store.sum).toEqual(totalsOf([hit, hit]))
  })

  test('events recorded while a batch is in flight go into the next batch, which waits for the first', async () => {
    const first = deferred<boolean>()
    store.answer = () => first.promise
    recorder.record(hit)
    void recorder.flushSoon()
    await clock.advance(500)
    recorder.record(hit)
    void recorder.flushSoon()
    await clock.advance(1_000)
    expect(store.received).toHaveLength(1)
    store.answer = async () => true
    first.resolve(true)
    await clock.advance(1_000)
    expect(store.received.map(({ id }) => id.sequence)).toEqual([1, 2])
    expect(store.sum).toEqual(totalsOf([hit, hit]))
  })

  test('work that goes on after the answer is counted too, with no further request', async () => {
    recorder.record(hit)
    const carrier = recorder.flushSoon()
    await clock.advance(700)
    recorder.record({ kind: 'tier-put', tier: 'kv', outcome: 'done' })
    await clock.advance(1_500)
    expect(await isSettled(carrier)).toBe(true)
    expect(store.sum).toEqual(totalsOf([hit, { kind: 'tier-put', tier: 'kv', outcome: 'done' }]))
  })

  test('a store that wants a longer pause is not called before it is over', async () => {
    store.pauseMs = 4_000
    recorder.record(hit)
    void recorder.flushSoon()
    await clock.advance(500)
    recorder.record(hit)
    await clock.advance(3_999)
    expect(store.received).toHaveLength(1)
    await clock.advance(1)
    expect(store.received).toHaveLength(2)
  })

  test('nothing is sent and nothing is awaited if nothing was recorded', async () => {
    expect(await isSettled(recorder.flushSoon())).toBe(true)
    expect(store.received).toEqual([])
  })

  test('a carrier ends before waitUntil does, even with events without end, and leaves none behind', async () => {
    recorder.record(hit)
    const carrier = recorder.flushSoon()
    let recorded = 1
    for (let passedMs = 0; passedMs < 25_000; passedMs += 100) {
      await clock.advance(100)
      if (passedMs >= 20_000) continue
      recorder.record(hit)
      recorded += 1
      void recorder.flushSoon()
    }
    expect(await isSettled(carrier)).toBe(true)
    expect(store.sum).toEqual(totalsOf(Array(recorded).fill(hit)))
  })

  test('events recorded while a carrier sends its last batch are carried by another one', async () => {
    recorder.record(hit)
    const carrier = recorder.flushSoon()
    for (let passedMs = 0; passedMs < 9_500; passedMs += 500) {
      await clock.advance(500)
      recorder.record(hit)
    }
    // After its last pause the carrier flushes two batches, and after its release there is a third. Each meets a new
    // event.
    const answers = [deferred<boolean>(), deferred<boolean>(), deferred<boolean>()]
    let asked = 0
    store.answer = () => answers[asked++]?.promise ?? Promise.resolve(true)
    await clock.advance(500)
    for (const answer of answers.slice(0, 2)) {
      recorder.record(hit)
      answer.resolve(true)
      await settle()
    }
    recorder.record(hit)
    expect(await isSettled(recorder.flushSoon())).toBe(false)
    expect(await isSettled(carrier)).toBe(false)
    answers[2]?.resolve(true)
    await clock.advance(2_000)
    expect(await isSettled(carrier)).toBe(true)
    expect(store.sum).toEqual(totalsOf(Array(23).fill(hit)))
  })

  test('a carrier that was cut off is followed by another, which sends its batch again', async () => {
    store.answer = () => new Promise(() => undefined)
    recorder.record(hit)
    void recorder.flushSoon()
    await clock.advance(29_999)
    recorder.record(hit)
    expect(await isSettled(recorder.flushSoon())).toBe(true)
    store.answer = async () => true
    await clock.advance(1)
    void recorder.flushSoon()
    await clock.advance(2_000)
    expect(store.received.map(({ id }) => id.sequence)).toEqual([1, 1, 2])
    expect(store.sum).toEqual(totalsOf([hit, hit]))
  })
})

describe('a store that fails', () => {
  test.each([
    { name: 'answers no', answer: async () => false },
    { name: 'rejects', answer: () => Promise.reject(new Error('gone')) },
  ])('($name) gets the same batch again under the same number', async ({ answer }) => {
    store.answer = answer
    recorder.record(hit)
    expect(await recorder.flushNow()).toBe(false)
    recorder.record(readEvent('MISS', 'database'))
    expect(await recorder.flushNow()).toBe(false)
    store.answer = async () => true
    expect(await recorder.flushNow()).toBe(true)
    const [first, second, third, fourth] = store.received
    expect([second, third]).toEqual([first, first])
    expect(fourth).toEqual({
      id: { writer: 'isolate-1', sequence: 2 },
      totals: totalsOf([readEvent('MISS', 'database')]),
    })
  })

  test('is called less and less often, the carrier gives up in time, and nothing is lost', async () => {
    store.answer = async () => false
    recorder.record(hit)
    const carrier = recorder.flushSoon()
    await clock.advance(30_000)
    expect(await isSettled(carrier)).toBe(true)
    expect(store.received.length).toBeLessThanOrEqual(10)
    expect(recorder.unconfirmed()).toEqual(totalsOf([hit]))
    store.answer = async () => true
    void recorder.flushSoon()
    await clock.advance(2_000)
    expect(isEmpty(recorder.unconfirmed())).toBe(true)
  })
})

test('a late confirmation of one batch is not taken for the next one', async () => {
  const late = deferred<boolean>()
  store.answer = () => late.promise
  recorder.record(hit)
  const first = recorder.flushNow()
  store.answer = async ({ sequence }) => sequence === 1
  recorder.record(readEvent('MISS', 'database'))
  expect(await recorder.flushNow()).toBe(false)
  late.resolve(true)
  expect(await first).toBe(false)
  expect(recorder.unconfirmed()).toEqual(totalsOf([readEvent('MISS', 'database')]))
})

describe('for an answer that must hold it all', () => {
  test('flushNow sends everything recorded before it, including a batch in flight', async () => {
    const first = deferred<boolean>()
    store.answer = ({ sequence }) => (sequence === 1 ? first.promise : Promise.resolve(true))
    recorder.record(hit)
    void recorder.flushSoon()
    await clock.advance(500)
    recorder.record(hit)
    store.answer = async () => true
    expect(await recorder.flushNow()).toBe(true)
    expect(store.sum).toEqual(totalsOf([hit, hit]))
    first.resolve(true)
    await clock.advance(2_000)
    expect(store.sum).toEqual(totalsOf([hit, hit]))
  })
})

test('every event is summed exactly once, whatever the store answers and however flushes mix', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: cacheEvent.map((event) => ({ do: 'record' as const, event })) },
    { weight: 2, arbitrary: fc.constant({ do: 'flushSoon' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'flushNow' as const }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 1_500 }).map((ms) => ({ do: 'advance' as const, ms })),
    },
    { weight: 1, arbitrary: fc.boolean().map((works) => ({ do: 'store' as const, works })) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 0, max: 900 }),
      async (steps, ms) => {
        clock = createFakeClock()
        const to = createStore()
        let works = true
        // The shard takes the batch at once, and its answer is lost or late.
        to.answer = () =>
          new Promise((resolve) => {
            const outcome = works
            clock.schedule(() => resolve(outcome), ms)
          })
        const mixed = recorderTo(to)
        const events = []
        for (const one of steps) {
          if (one.do === 'record') {
            mixed.record(one.event)
            events.push(one.event)
          } else if (one.do === 'flushSoon') void mixed.flushSoon()
          else if (one.do === 'flushNow') void mixed.flushNow()
          else if (one.do === 'store') works = one.works
          else await clock.advance(one.ms)
        }
        works = true
        await clock.advance(60_000)
        void mixed.flushNow()
        await clock.advance(5_000)
        expect(to.sum).toEqual(totalsOf(events))
        expect(isEmpty(mixed.unconfirmed())).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})
