import { z } from 'zod'
import { snapshotJobSchema } from '../../../shared/contract/snapshots.ts'
import { deploymentId } from '../../../shared/ids.ts'
import { err, ok } from '../../../shared/result.ts'
import type { JobHandler, RunningJob } from '../handler.ts'
import { scheduledNames } from '../queues.ts'
import { performOnce } from './effects.ts'

const takenSchema = z.enum(['taken', 'known', 'too_early', 'too_late', 'not_found'])

/**
 * Takes the snapshots of a workspace, and adds the jobs of those that are due. A snapshot that was taken stays as it is, so a job that
 * runs twice, or that two schedules have added, changes nothing.
 */
export function createAnalyticsHandler(): JobHandler {
  return async (job) => {
    if (job.name === scheduledNames.planSnapshots) return planSnapshots(job)
    const parsed = snapshotJobSchema.safeParse(job.data)
    if (!parsed.success)
      return err({ kind: 'permanent', reason: 'the data of the job are not those of a snapshot' })
    return takeSnapshot(job, parsed.data)
  }
}

async function planSnapshots(job: RunningJob): ReturnType<JobHandler> {
  if (job.workspaceId !== deploymentId)
    return err({ kind: 'permanent', reason: 'only a schedule plans snapshots' })
  const dueAt = new Date(job.dueAtMs)
  // Jobs of another hour have other ids, so that a snapshot whose job failed is tried again.
  const run = dueAt.toISOString().slice(0, 13)
  const planned = await performOnce(job, async (database) => {
    const sql = 'select private.add_snapshot_jobs($1, $2) as jobs'
    const { rows } = await database.query<{ jobs: number }>(sql, [dueAt, run])
    return ok(rows[0]?.jobs ?? 0)
  })
  return planned.ok ? ok({ jobsAdded: planned.value ?? 0 }) : planned
}

async function takeSnapshot(
  job: RunningJob,
  { period, startsOn }: z.output<typeof snapshotJobSchema>,
): ReturnType<JobHandler> {
  const taken = await performOnce(job, async (database) => {
    const { rows } = await database.query<{ outcome: unknown }>(
      'select private.take_snapshot($1, $2, $3, clock_timestamp()) as outcome',
      [job.workspaceId, period, startsOn],
    )
    const outcome = takenSchema.parse(rows[0]?.outcome)
    if (outcome === 'too_early')
      return err({ kind: 'permanent', reason: 'the period has not ended for an hour' })
    if (outcome === 'too_late')
      return err({ kind: 'permanent', reason: 'the period ended more than 400 days ago' })
    if (outcome === 'not_found') return err({ kind: 'permanent', reason: 'there is no such workspace' })
    return ok(outcome)
  })
  return taken.ok ? ok({ period, startsOn, isNew: taken.value === 'taken' }) : taken
}
