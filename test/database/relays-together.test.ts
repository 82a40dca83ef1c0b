import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database as CalledDatabase } from '../../origin/database/database.ts'
import { createOutbox } from '../../origin/outbox/outbox.ts'
import { createRelay, type Relay } from '../../origin/outbox/relay.ts'
import { systemClock } from '../../shared/clock.ts'
import { err, ok } from '../../shared/result.ts'
import { eventually } from '../support/eventually.ts'
import { createFakeWorker } from '../support/fake-outbox.ts'
import { type Database, startDatabase } from './database.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(100)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const relays: Relay[] = []

beforeEach(async () => {
  await database.sql`delete from private.outbox`
})

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()))
})

/** A process with production's relay. `diesAfter` names the function after whose next call nothing of it reaches the database. */
function startProcess(worker: ReturnType<typeof createFakeWorker>) {
  const life = { isOver: false, diesAfter: '', looks: 0 }
  const called: CalledDatabase = {
    async callRpc(functionName, args, _token, signal) {
      if (life.isOver) return err({ kind: 'unavailable' })
      if (functionName === life.diesAfter) life.isOver = true
      const { data, error } = await database.service.rpc(functionName, args).abortSignal(signal)
      if (error !== null || life.isOver) return err({ kind: 'unavailable' })
      if (functionName === 'outbox_wait' && Object(data).said !== 'busy') life.looks += 1
      return ok(data)
    },
    probe: async () => true,
  }
  const relay = createRelay({
    outbox: createOutbox(called, systemClock, () => null),
    delivery: worker,
    clock: systemClock,
    random: Math.random,
    logger: pino({ level: 'silent' }),
  })
  relays.push(relay)
  relay.start()
  return life
}

async function write(rows: number): Promise<void> {
  for (let row = 0; row < rows; row += 1)
    await database.sql`update boards set name = md5(name) where workspace_id = '15213' and id = 'board_1'`
}

const isDelivered = async () => (await database.sql`select from private.outbox`).length === 0

test('two relays of a database deliver each row once between them', async () => {
  const worker = createFakeWorker(systemClock)
  startProcess(worker)
  startProcess(worker)
  for (let round = 0; round < 10; round += 1) {
    await write(20)
    await eventually(isDelivered)
  }
  expect(worker.posts.flat()).toHaveLength(200)
  expect(worker.version).toBe(200)
})

test.each(['outbox_wait', 'outbox_claim'])(
  'a relay that dies in its %s is replaced by another one, which looks and delivers',
  async (diesAfter) => {
    const worker = createFakeWorker(systemClock)
    const dying = startProcess(worker)
    await eventually(() => dying.looks > 0)
    const other = startProcess(worker)
    dying.diesAfter = diesAfter
    if (diesAfter === 'outbox_claim') await write(3)
    await eventually(() => dying.isOver)
    const { looks } = other
    await eventually(() => other.looks > looks)
    await write(20)
    await eventually(isDelivered)
    expect(worker.version).toBe(diesAfter === 'outbox_claim' ? 23 : 20)
  },
)
