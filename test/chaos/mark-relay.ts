import pino from 'pino'
import postgres from 'postgres'
import { z } from 'zod'
import type { Database } from '../../origin/database/database.ts'
import { createDelivery, createMarkPosts } from '../../origin/outbox/delivery.ts'
import { createMarkSource } from '../../origin/outbox/mark-source.ts'
import { createMarker } from '../../origin/outbox/marker.ts'
import { createOutbox } from '../../origin/outbox/outbox.ts'
import { createRelay } from '../../origin/outbox/relay.ts'
import { systemClock } from '../../shared/clock.ts'
import { err, ok } from '../../shared/result.ts'

/** A process with production's relay and its marks, which is killed at any moment. Its environment names Postgres and the Worker. */
const environment = z
  .object({ DATABASE_URL: z.string(), WORKER_URL: z.string(), INTERNAL_AUTH_KEY: z.string() })
  .parse(process.env)

const sql = postgres(environment.DATABASE_URL, { max: 4, onnotice: () => undefined })

/** Calls SQL functions without an interface between. The owner of the functions stands for the service role. */
const database: Database = {
  async callRpc(functionName, args) {
    const names = Object.keys(args)
    const list = names.map((name, index) => `${name} => $${index + 1}`).join(', ')
    const values = names.map((name) => {
      const value = args[name]
      return typeof value === 'object' && value !== null
        ? sql.json(z.json().parse(value))
        : z.json().parse(value)
    })
    try {
      const [row] = await sql.unsafe(`select public.${functionName}(${list}) as answer`, values)
      return ok(row?.['answer'])
    } catch {
      return err({ kind: 'unavailable' })
    }
  },
  probe: async () => true,
}

const worker = {
  workerUrl: environment.WORKER_URL,
  internalAuthKey: environment.INTERNAL_AUTH_KEY,
  clock: systemClock,
  fetch,
}
const common = { clock: systemClock, random: Math.random, logger: pino({ level: 'silent' }) }
const relay = createRelay({
  ...common,
  outbox: createOutbox(database, systemClock, () => marker.marked),
  delivery: createDelivery(worker),
})
const marker = createMarker({
  ...common,
  source: createMarkSource(database, systemClock),
  post: createMarkPosts(worker),
  wakeRelay: () => relay.wake(),
})
relay.start()
marker.start()
