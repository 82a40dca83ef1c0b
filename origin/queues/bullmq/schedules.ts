import { type PostgresPoolConfig, Queue } from 'bullmq'
import type { Clock } from '../../../shared/clock.ts'
import { deploymentId } from '../../../shared/ids.ts'
import type { Schedule } from '../queues.ts'
import { queues } from '../queues.ts'
import { jobDataOf } from './job-rows.ts'
import { SharedBackend } from './shared-backend.ts'
import type { SharedConnection } from './shared-connection.ts'

/**
 * Makes the schedules what is declared. Every process does this when it starts: each schedule is one row, so they agree, and a run that
 * two processes add at the same moment has one id. Schedules that are no longer declared are removed.
 */
export async function addSchedules(
  connection: SharedConnection,
  database: PostgresPoolConfig,
  schedules: readonly Schedule[],
  clock: Clock,
): Promise<void> {
  for (const name of new Set(schedules.map(({ queue }) => queue))) {
    const options = { connection: database }
    const queue = new Queue(name, options, () => new SharedBackend(connection, name, options, clock))
    const declared = schedules.filter((schedule) => schedule.queue === name)
    for (const known of await queue.getJobSchedulers()) {
      if (!declared.some(({ id }) => id === known.key)) await queue.removeJobScheduler(known.key)
    }
    const { attempts, priority } = queues[name]
    for (const { id, name: jobName, pattern } of declared) {
      await queue.upsertJobScheduler(
        id,
        { pattern, tz: 'UTC' },
        {
          name: jobName,
          data: jobDataOf(deploymentId, {}),
          opts: { attempts, priority, backoff: { type: 'declared' } },
        },
      )
    }
    await queue.close()
  }
}
