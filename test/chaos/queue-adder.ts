import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { createBackend } from '../../origin/queues/bullmq/backend.ts'
import { systemClock } from '../../shared/clock.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'

/**
 * Stands for the origin in queue-crash.ts: it adds jobs as the API does, and others with the row that they are about, as SQL functions do.
 * It tells the ids of the jobs whose addition was acknowledged. Its argument is the database's address.
 */
const [databaseUrl = ''] = process.argv.slice(2)
const backend = createBackend({
  ...{ databaseUrl, clock: systemClock, random: Math.random },
  logger: pino({ level: 'silent' }),
})
const workspaces = ['a', 'b', 'c'].map((id) => workspaceIdSchema.parse(id))

process.send?.('ready')
for (;;) {
  const [addedByCall, addedByRow] = await Promise.all([addByCall(), addByRow()])
  const acknowledged = [...addedByCall, ...addedByRow]
  if (acknowledged.length > 0) process.send?.(acknowledged)
  await pause(Math.random() * 20)
}

async function addByCall(): Promise<readonly string[]> {
  const workspaceId = workspaces[Math.floor(Math.random() * workspaces.length)]
  if (workspaceId === undefined) return []
  const queue = Math.random() < 0.9 ? 'flows' : 'messages'
  const jobs = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => ({
    name: 'work',
    workspaceId,
    input: {},
    jobId: randomUUID(),
    attempts: 1,
  }))
  const added = await backend.queues.add(queue, jobs)
  return added.ok ? added.value.map(({ id }) => id) : []
}

/** A row and its job, in one statement and so in one transaction. */
async function addByRow(): Promise<readonly string[]> {
  try {
    const [row] = await backend.database.query<{ readonly job_id: string }>(
      `insert into public.rows_with_jobs (job_id)
       values (private.add_job('flows', 'row', 'a', '{}', $1, null, 0, 1)) returning job_id`,
      [randomUUID()],
    )
    return row === undefined ? [] : [row.job_id]
  } catch {
    return []
  }
}
