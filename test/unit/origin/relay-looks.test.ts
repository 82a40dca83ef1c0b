import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import type { Outbox } from '../../../origin/outbox/outbox.ts'
import { createRelay, type Relay } from '../../../origin/outbox/relay.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeOutbox, createFakeWorker, type LookMood } from '../../support/fake-outbox.ts'

const relays: { readonly relay: Relay; readonly clock: ReturnType<typeof createFakeClock> }[] = []

function createParts() {
  const clock = createFakeClock()
  const outbox = createFakeOutbox(clock)
  const worker = createFakeWorker(clock)
  const warnings: unknown[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => void warnings.push(JSON.parse(line)) })
  const relayOf = (of: Outbox = outbox) => {
    const relay = createRelay({ outbox: of, delivery: worker, clock, random: () => 0.5, logger })
    relays.push({ relay, clock })
    return relay
  }
  return { clock, outbox, worker, warnings, relayOf }
}

afterEach(async () => {
  for (const { relay, clock } of relays.splice(0)) {
    const stopped = relay.stop()
    await clock.advance(10_000)
    await stopped
  }
})

test('a row is delivered some milliseconds after its commit, and nothing is claimed while there is none', async () => {
  const { clock, outbox, worker, relayOf } = createParts()
  relayOf().start()
  await clock.advance(60_000)
  expect(outbox.claims).toBe(1)
  expect(outbox.looks).toBeLessThanOrEqual(60_000 / limits.outboxWaitMs + 1)
  for (let row = 1; row <= 20; row += 1) {
    await clock.advance(1_003)
    outbox.write()
    await clock.advance(10)
    expect(worker.version).toBe(row)
  }
})

test('a row that is not due yet is delivered when it is', async () => {
  const { clock, outbox, worker, relayOf } = createParts()
  relayOf().start()
  outbox.write(undefined, 2_000)
  await clock.advance(1_999)
  expect(worker.version).toBe(0)
  await clock.advance(11)
  expect(worker.version).toBe(1)
})

test('a stream of writes fills batches, and makes no more than twenty claims a second', async () => {
  const { clock, outbox, worker, relayOf } = createParts()
  relayOf().start()
  await clock.advance(1_000)
  const { claims } = outbox
  for (let row = 0; row < 1_000; row += 1) {
    outbox.write()
    await clock.advance(5)
  }
  expect(outbox.claims - claims).toBeLessThanOrEqual(5 * 20 + 1)
  await clock.advance(100)
  expect(worker.version).toBe(1_000)
})

test('a row that is due and locked by somebody is claimed twice a second and not without a pause', async () => {
  const { clock, outbox, relayOf } = createParts()
  outbox.look = async () => ok('rows')
  relayOf().start()
  await clock.advance(60_000)
  expect(outbox.claims).toBeLessThan(135)
})

test.each<[string, LookMood]>([
  ['fail', 'fails'],
  ['are not answered', 'hangs'],
])('a relay whose looks %s polls, logs that once, and looks again when they work', async (_what, mood) => {
  const { clock, outbox, worker, warnings, relayOf } = createParts()
  outbox.lookMood = mood
  const relay = relayOf()
  relay.start()
  await clock.advance(60_000)
  expect(outbox.looks).toBeLessThan(12)
  expect(warnings).toHaveLength(1)
  const { failures } = await relay.figures()
  expect(failures[mood === 'fails' ? 'look_unavailable' : 'look_timeout']).toBe(outbox.looks)
  expect(relay.health).toBe('running')
  outbox.lookMood = 'sees'
  await clock.advance(11_000)
  outbox.write()
  await clock.advance(10)
  expect(worker.version).toBe(1)
})

test('a row that is committed while a look is not answered is claimed when the relay stops waiting for it', async () => {
  const { clock, outbox, worker, relayOf } = createParts()
  outbox.lookMood = 'hangs'
  relayOf().start()
  await clock.advance(0)
  outbox.write()
  await clock.advance(limits.outboxWaitDeadlineMs)
  expect(worker.version).toBe(1)
})

test('a relay that is woken while it polls claims at once', async () => {
  const { clock, outbox, relayOf } = createParts()
  outbox.lookMood = 'busy'
  const relay = relayOf()
  relay.start()
  await clock.advance(10_000)
  outbox.write()
  relay.wake()
  await clock.advance(0)
  expect(outbox.rows).toEqual([])
})

test('a relay that is woken during a claim claims again before it looks', async () => {
  const { clock, outbox, relayOf } = createParts()
  outbox.lookMood = 'hangs'
  const relay = relayOf()
  const { claim } = outbox
  outbox.claim = async (rowsMax) => {
    const claimed = await claim(rowsMax)
    if (outbox.claims === 1) outbox.write()
    if (outbox.claims === 1) relay.wake()
    return claimed
  }
  relay.start()
  await clock.advance(0)
  expect(outbox.rows).toEqual([])
})

test('of two relays one looks and the other polls; when the one dies, the other one looks within two seconds', async () => {
  const { clock, outbox, worker, relayOf } = createParts()
  let isDead = false
  const died = err({ kind: 'unavailable' } as const)
  relayOf({
    ...outbox,
    look: async () => (isDead ? died : outbox.look()),
    claim: async (rowsMax) => (isDead ? died : outbox.claim(rowsMax)),
  }).start()
  await clock.advance(0)
  relayOf().start()
  await clock.advance(10_000)
  isDead = true
  await clock.advance(2_000)
  for (let row = 1; row <= 10; row += 1) {
    outbox.write()
    await clock.advance(10)
    expect(worker.version).toBe(row)
    await clock.advance(333)
  }
})
