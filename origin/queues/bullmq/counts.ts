import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { queueNameSchema, queueNames } from '../../../shared/contract/queue-names.ts'
import type { Result } from '../../../shared/result.ts'
import { ok } from '../../../shared/result.ts'
import { byQueue } from '../by-queue.ts'
import type { QueueCounts, QueueFailure } from '../job-queues.ts'
import type { QueueCall } from '../queue-calls.ts'

const countsSchema = z.record(
  queueNameSchema,
  z.object({
    waiting: z.int(),
    active: z.int(),
    completed: z.int(),
    failed: z.int(),
    delayed: z.int(),
    oldest: z.number().nullable(),
    isPaused: z.boolean(),
    isServed: z.boolean(),
  }),
)

/** The database keeps the counts (private.job_tallies), so this takes no longer when there are many jobs. */
export async function readCounts(call: QueueCall, clock: Clock): Promise<Result<QueueCounts, QueueFailure>> {
  const atMs = clock.now()
  const rows = await call('select private.job_counts($1) as counts', [queueNames])
  if (!rows.ok) return rows
  const counts = countsSchema.parse(rows.value[0]?.['counts'])
  return ok({
    atMs,
    queues: byQueue((name) => {
      const { oldest, ...count } = counts[name]
      return { ...count, oldestWaitingMs: oldest === null ? 0 : Math.max(0, Math.round(atMs - oldest)) }
    }),
  })
}
