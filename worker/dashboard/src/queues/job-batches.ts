import type { z } from 'zod'
import type { Job, jobPageSchema } from '../../../../shared/contract/queues.ts'

type JobPage = z.output<typeof jobPageSchema>

/** The jobs that one press of a button retries or removes at most. More take another press. */
export const jobsAtOnceMax = 10_000
export const retriedAtOnceMax = 1_000

/** Jobs that are retried side by side. */
const sideBySide = 4
/** A call that the rate limit refuses is sent again after a pause. A window of the limit has passed after so many pauses. */
const pausesMax = 15

export interface RetryCalls {
  /** A page of the failed jobs, the newest first; null for the first page. */
  list(cursor: string | null): Promise<JobPage>
  retry(job: Job): Promise<unknown>
  /** Waits for a moment of a few seconds. */
  pause(): Promise<void>
  isStopped(): boolean
  onProgress(retried: number): void
  /** Whether an error means that the caller has made too many requests. */
  isTooMany(error: unknown): boolean
  /** Whether an error means that the job is no longer there, or no longer failed. */
  isGone(error: unknown): boolean
}

/** `hasMore`: failed jobs were left, because the bound was reached or the user stopped it. */
interface Retried {
  readonly retried: number
  readonly hasMore: boolean
}

/**
 * Retries failed jobs one by one, since the API has no call that does it for all. The pages are walked from the newest job to the oldest, so
 * a job that fails again at once is not met a second time. Rejects with the first error that is neither of the expected two.
 */
export async function retryAllFailed(calls: RetryCalls): Promise<Retried> {
  let cursor: string | null = null
  let retried = 0
  let met = 0
  while (met < retriedAtOnceMax) {
    const page: JobPage = await patiently(calls, () => calls.list(cursor))
    const jobs = page.jobs.slice(0, retriedAtOnceMax - met)
    for (let from = 0; from < jobs.length; from += sideBySide) {
      if (calls.isStopped()) return { retried, hasMore: true }
      const some = jobs.slice(from, from + sideBySide)
      const outcomes = await Promise.all(some.map((job) => retryOne(calls, job)))
      retried += outcomes.filter(Boolean).length
      calls.onProgress(retried)
    }
    met += jobs.length
    cursor = page.pagination.next_cursor
    if (cursor === null) return { retried, hasMore: jobs.length < page.jobs.length }
  }
  return { retried, hasMore: true }
}

/** False for a job that somebody else has retried or removed in the meantime. */
async function retryOne(calls: RetryCalls, job: Job): Promise<boolean> {
  try {
    await patiently(calls, () => calls.retry(job))
    return true
  } catch (error) {
    if (calls.isGone(error)) return false
    throw error
  }
}

async function patiently<Answer>(calls: RetryCalls, send: () => Promise<Answer>): Promise<Answer> {
  for (let pauses = 0; ; pauses += 1) {
    try {
      return await send()
    } catch (error) {
      if (!calls.isTooMany(error) || pauses === pausesMax || calls.isStopped()) throw error
      await calls.pause()
    }
  }
}

/**
 * Removes jobs in as many calls as it takes, each of which removes at most `callMax`. Answers how many went.
 */
export async function removeJobs(clean: () => Promise<number>, callMax: number): Promise<Removed> {
  let removed = 0
  while (removed < jobsAtOnceMax) {
    const some = await clean()
    removed += some
    if (some < callMax) return { removed, hasMore: false }
  }
  return { removed, hasMore: true }
}

interface Removed {
  readonly removed: number
  readonly hasMore: boolean
}
