import type postgres from 'pg'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { JobFailure, RunningJob } from '../handler.ts'

/** Carries a failure out of a transaction, which rolls it back. */
class Undone extends Error {
  readonly failure: JobFailure

  constructor(failure: JobFailure) {
    super(failure.reason)
    this.failure = failure
  }
}

/**
 * Performs the effect of a job once. Null: an earlier run performed it. If the effect fails, its transaction is rolled back and the job
 * gets no mark, so that a later run can still perform it.
 */
export async function performOnce<Value>(
  job: Pick<RunningJob, 'once'>,
  effect: (database: postgres.ClientBase) => Promise<Result<Value, JobFailure>>,
): Promise<Result<Value | null, JobFailure>> {
  try {
    const performed = await job.once(async (database) => {
      const result = await effect(database)
      if (!result.ok) throw new Undone(result.error)
      return result.value
    })
    if (performed.status === 'done') return ok(performed.value)
    return performed.status === 'known'
      ? ok(null)
      : err({ kind: 'permanent', reason: 'the run was given up' })
  } catch (error) {
    if (error instanceof Undone) return err(error.failure)
    throw error
  }
}

/** Tells a share that is not quite all until the effect is there. A run goes on although nobody can be told. */
export async function tellProgress(job: Pick<RunningJob, 'progress'>, share: number): Promise<void> {
  await job.progress(Math.min(0.99, share)).catch(() => undefined)
}
