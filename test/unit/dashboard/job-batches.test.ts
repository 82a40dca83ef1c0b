import { describe, expect, it } from 'vitest'
import type { Job } from '../../../shared/contract/queues.ts'
import {
  jobsAtOnceMax,
  type RetryCalls,
  removeJobs,
  retriedAtOnceMax,
  retryAllFailed,
} from '../../../worker/dashboard/src/queues/job-batches.ts'

const tooMany = new Error('too many requests')
const gone = new Error('gone')
const broken = new Error('broken')

function job(number: number): Job {
  return {
    ...{ id: `15213~${number}`, queue: 'emails', name: 'job', workspaceId: '15213', state: 'failed' },
    ...{ priority: 5, attemptsMade: 1, attemptsMax: 1, progress: 0, dataBytes: 2 },
    createdAt: '2026-11-26T13:00:00Z',
    ...{ runAt: null, startedAt: null, finishedAt: null, failedReason: 'no route' },
  }
}

/** A queue with failed jobs in pages of ten, the newest first. A job that is retried fails again at once, under a new place at the front. */
function queueOf(size: number, more: Partial<RetryCalls> = {}) {
  let jobs = Array.from({ length: size }, (_, index) => ({ place: size - index, job: job(size - index) }))
  let lastPlace = size
  const retried: string[] = []
  let pauses = 0
  const calls: RetryCalls = {
    list: async (cursor) => {
      const rest = jobs.filter(({ place }) => cursor === null || place < Number(cursor))
      const shown = rest.slice(0, 10)
      return {
        jobs: shown.map((each) => each.job),
        pagination: { next_cursor: rest.length > 10 ? String(shown.at(-1)?.place) : null },
      }
    },
    retry: async (asked) => {
      retried.push(asked.id)
      lastPlace += 1
      jobs = [{ place: lastPlace, job: asked }, ...jobs.filter((each) => each.job.id !== asked.id)]
    },
    pause: async () => {
      pauses += 1
    },
    isStopped: () => false,
    onProgress: () => undefined,
    isTooMany: (error) => error === tooMany,
    isGone: (error) => error === gone,
    ...more,
  }
  return { calls, retried, pauses: () => pauses }
}

describe('retrying all failed jobs', () => {
  it('retries each once, however many pages there are, and even if they fail again at once', async () => {
    for (const size of [0, 1, 9, 10, 11, 37]) {
      const { calls, retried } = queueOf(size)
      expect(await retryAllFailed(calls)).toEqual({ retried: size, hasMore: false })
      expect(new Set(retried).size).toBe(size)
      expect(retried).toHaveLength(size)
    }
  })

  it('ends at its bound, and says that there are more', async () => {
    const { calls, retried } = queueOf(retriedAtOnceMax + 5)
    expect(await retryAllFailed(calls)).toEqual({ retried: retriedAtOnceMax, hasMore: true })
    expect(retried).toHaveLength(retriedAtOnceMax)
  })

  it('passes over a job that somebody else has retried or removed', async () => {
    const { calls } = queueOf(12)
    const retry = async (asked: Job) => {
      if (asked.id.endsWith('~5')) throw gone
    }
    expect(await retryAllFailed({ ...calls, retry })).toEqual({ retried: 11, hasMore: false })
  })

  it('waits while the API refuses because of too many requests, and then sends the same call again', async () => {
    let refusals = 3
    const { calls, retried, pauses } = queueOf(5)
    const retry = async (asked: Job) => {
      if (refusals > 0) {
        refusals -= 1
        throw tooMany
      }
      await calls.retry(asked)
    }
    expect(await retryAllFailed({ ...calls, retry })).toEqual({ retried: 5, hasMore: false })
    expect(new Set(retried).size).toBe(5)
    expect(pauses()).toBe(3)
  })

  it('gives up if the API refuses for longer than the window of a limit, and on any other error', async () => {
    for (const error of [tooMany, broken]) {
      const { calls } = queueOf(3)
      const retry = async () => {
        throw error
      }
      await expect(retryAllFailed({ ...calls, retry })).rejects.toBe(error)
    }
  })

  it('stops when the user says so, and says what it has done', async () => {
    let progress = 0
    const { calls } = queueOf(30)
    const stopping: RetryCalls = {
      ...calls,
      onProgress: (retried) => {
        progress = retried
      },
      isStopped: () => progress >= 8,
    }
    expect(await retryAllFailed(stopping)).toEqual({ retried: 8, hasMore: true })
  })
})

describe('removing jobs', () => {
  it('calls until a call finds fewer than it may remove', async () => {
    const found = [10, 10, 3, 10]
    expect(await removeJobs(async () => found.shift() ?? 0, 10)).toEqual({ removed: 23, hasMore: false })
    expect(found).toEqual([10])
  })

  it('ends at its bound', async () => {
    expect(await removeJobs(async () => 1_000, 1_000)).toEqual({ removed: jobsAtOnceMax, hasMore: true })
  })
})
