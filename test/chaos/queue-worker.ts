import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { createBackend } from '../../origin/queues/bullmq/backend.ts'
import type { JobHandler } from '../../origin/queues/handler.ts'
import { startQueueProcess } from '../../origin/queues/queue-process.ts'
import { queues } from '../../origin/queues/queues.ts'
import { systemClock } from '../../shared/clock.ts'
import { ok } from '../../shared/result.ts'

/**
 * A process that runs jobs, for queue-crash.ts: its arguments are the database's address and, for the canary, `apart`, with which the
 * handler performs its effect before the mark's transaction begins.
 */
const [databaseUrl = '', mode = ''] = process.argv.slice(2)
const shared = {
  ...{ databaseUrl, clock: systemClock, random: Math.random },
  logger: pino({ level: 'silent' }),
}
const backend = createBackend(shared)
const some = (ms: number) => pause(Math.random() * ms)

const handler: JobHandler = async (job) => {
  await some(60)
  if (mode === 'apart') await backend.database.query('insert into public.effects values ($1)', [job.id])
  await job.once(async (database) => {
    await some(20)
    if (mode !== 'apart') await database.query('insert into public.effects values ($1)', [job.id])
    await some(20)
  })
  await some(60)
  return ok(null)
}

const served = startQueueProcess({
  ...shared,
  backend,
  declarations: queues,
  schedules: [],
  makeHandlers: () => ({ flows: handler, messages: handler }),
  // Jobs of dead processes come back within a second or two, so that a round is short.
  times: { lockMs: 1_000, stalledLookEveryMs: 300 },
})
await served.ready
process.send?.('ready')
