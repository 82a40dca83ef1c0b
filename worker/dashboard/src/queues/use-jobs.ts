import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type QueueName, queueNames } from '../../../../shared/contract/queue-names.ts'
import {
  cancelledJobSchema,
  type Job,
  jobDetailSchema,
  jobPageSchema,
  jobSchema,
} from '../../../../shared/contract/queues.ts'
import { limits } from '../../../../shared/limits.ts'
import { ApiFailure } from '../api/failure.ts'
import { usePlace } from '../place.ts'
import { retryAllFailed } from './job-batches.ts'
import type { JobState } from './queue-address.ts'
import { jobsKey, queuesPath } from './use-queues.ts'

const jobsEveryMs = 10_000
const failedLookEveryMs = 60_000
const pauseMs = 5_000

/** The jobs that are looked at: those of all workspaces if `workspaceId` is null, which only operators may. */
export interface JobsQuestion {
  readonly queue: QueueName
  readonly state: JobState
  readonly workspaceId: string | null
}

const ofWorkspace = (workspaceId: string | null) => (workspaceId === null ? {} : { workspaceId })

/** The part of a path that names a job. */
const pathOf = ({ queue, id }: Pick<Job, 'queue' | 'id'>) =>
  `${queuesPath}/${queue}/jobs/${encodeURIComponent(id)}`

function listPath(queue: QueueName, state: JobState, cursor: string | null, rowsMax: number): string {
  const query = new URLSearchParams({ state, per_page: String(rowsMax) })
  if (cursor !== null) query.set('cursor', cursor)
  return `${queuesPath}/${queue}/jobs?${query}`
}

/** One page of jobs, the last added one first. Only the page in sight is read again, however many there are. */
export function useJobs({ queue, state, workspaceId }: JobsQuestion, cursor: string | null) {
  const { api } = usePlace()
  const path = listPath(queue, state, cursor, limits.jobsPerPageDefault)
  return useQuery({
    queryKey: [...jobsKey, workspaceId, path],
    queryFn: async ({ signal }) =>
      (await api.fetch(jobPageSchema, { path, ...ofWorkspace(workspaceId), signal })).data,
    refetchInterval: jobsEveryMs,
    placeholderData: keepPreviousData,
  })
}

/** A job with its data, which are read for the jobs of the user's own workspace only. */
export function useJobData(job: Job, isOwn: boolean) {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: [...jobsKey, 'one', job.queue, job.id],
    queryFn: async ({ signal }) =>
      (await api.fetch(jobDetailSchema, { path: pathOf(job), workspaceId: workspace.id, signal })).data,
    enabled: isOwn,
  })
}

export type JobChange = 'retry' | 'promote' | 'cancel'

/** Changes one job. The answer is the sentence to show. */
export function useChangeJob({ workspaceId }: Pick<JobsQuestion, 'workspaceId'>) {
  const { api } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ job, change }: { readonly job: Job; readonly change: JobChange }) => {
      const request = {
        path: `${pathOf(job)}/${change}`,
        method: 'POST',
        ...ofWorkspace(workspaceId),
      } as const
      if (change !== 'cancel') {
        await api.fetch(jobSchema, request)
        return `${job.name} will run ${change === 'retry' ? 'again' : 'now'}.`
      }
      const { outcome } = (await api.fetch(cancelledJobSchema, request)).data
      return outcome === 'removed' ? `${job.name} is removed.` : `${job.name} was told to stop.`
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['queues'] }),
  })
}

/** Retries the failed jobs of a queue one after another, with the number so far. It ends when the component goes. */
export function useRetryAll({ queue, workspaceId }: Pick<JobsQuestion, 'queue' | 'workspaceId'>) {
  const { api } = usePlace()
  const queries = useQueryClient()
  const [retried, setRetried] = useState(0)
  const stopping = useRef(new AbortController())
  useEffect(() => () => stopping.current.abort(), [])
  const scope = ofWorkspace(workspaceId)
  const retrying = useMutation({
    mutationFn: () => {
      stopping.current = new AbortController()
      const { signal } = stopping.current
      setRetried(0)
      return retryAllFailed({
        list: async (cursor) => {
          const path = listPath(queue, 'failed', cursor, limits.jobsPerPageMax)
          return (await api.fetch(jobPageSchema, { path, ...scope, signal })).data
        },
        retry: (job) => api.fetch(jobSchema, { path: `${pathOf(job)}/retry`, method: 'POST', ...scope }),
        pause: () => new Promise((resolve) => setTimeout(resolve, pauseMs)),
        isStopped: () => signal.aborted,
        onProgress: setRetried,
        isTooMany: (error) => error instanceof ApiFailure && error.status === 429,
        isGone: (error) => error instanceof ApiFailure && ['job_state', 'job_not_found'].includes(error.code),
      })
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['queues'] }),
  })
  return { ...retrying, retriedSoFar: retried, stop: () => stopping.current.abort() }
}

/** The queues in which a workspace has failed jobs, for an admin, who gets no counts. */
export function useFailedQueues(workspaceId: string): ReadonlySet<QueueName> {
  const { api } = usePlace()
  const looks = useQueries({
    queries: queueNames.map((queue) => {
      const path = listPath(queue, 'failed', null, 1)
      return {
        queryKey: [...jobsKey, workspaceId, path],
        queryFn: async ({ signal }: { readonly signal: AbortSignal }) =>
          (await api.fetch(jobPageSchema, { path, workspaceId, signal })).data,
        refetchInterval: failedLookEveryMs,
      }
    }),
  })
  return new Set(queueNames.filter((_, at) => (looks[at]?.data?.jobs.length ?? 0) > 0))
}
