import pino from 'pino'
import { createBackend } from '../../origin/queues/bullmq/backend.ts'
import { createEmailsInHandler } from '../../origin/queues/handlers/emails-in.ts'
import { startQueueProcess } from '../../origin/queues/queue-process.ts'
import { queues } from '../../origin/queues/queues.ts'
import { systemClock } from '../../shared/clock.ts'

/** A process that runs the jobs of queued mail, for mail-crash.ts. It reads the database's address from QUEUE_DATABASE_URL. */
const shared = {
  databaseUrl: process.env['QUEUE_DATABASE_URL'] ?? '',
  clock: systemClock,
  random: Math.random,
  logger: pino({ level: 'warn' }),
}

startQueueProcess({
  ...shared,
  backend: createBackend(shared),
  declarations: queues,
  // The upkeep would bring back messages that lost their job, and so hide that they lost it.
  schedules: [],
  makeHandlers: ({ database, clock }) => ({
    'emails-in': createEmailsInHandler({ database, clock, random: Math.random }),
  }),
  // Jobs of dead processes come back within a second or two, so that a round is short.
  times: { lockMs: 1_000, stalledLookEveryMs: 300 },
})
