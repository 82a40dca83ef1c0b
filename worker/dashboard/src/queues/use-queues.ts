import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import type { QueueName } from '../../../../shared/contract/queue-names.ts'
import {
  type QueueMetrics,
  queueCleanedSchema,
  queueMetricsSchema,
  queuePausedSchema,
  queueStatisticsSchema,
} from '../../../../shared/contract/queues.ts'
import { limits } from '../../../../shared/limits.ts'
import { ApiFailure } from '../api/failure.ts'
import { usePlace } from '../place.ts'
import { removeJobs } from './job-batches.ts'

export const queuesPath = '/api/v1/queues'
const figuresKey = ['queues', 'figures']
const statisticsKey = ['queues', 'statistics']
export const jobsKey = ['queues', 'jobs']

/** Counts change by the second. The origin counts at most once a second, however many pages ask. */
const figuresEveryMs = 5_000
/** The origin's statistics are of the last hour or day, and some seconds old themselves. */
const statisticsEveryMs = 15_000

/** Whether the API refuses the question for good: the user is no operator. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 403
}

/**
 * The figures of all queues, read again while they are shown; null for a user who is no operator. That is an answer and no failure: a query
 * that failed and is repeated counts as not yet answered, and the page would take away the jobs that an admin is looking at.
 */
export function useQueueFigures() {
  const { api } = usePlace()
  return useQuery({
    queryKey: figuresKey,
    queryFn: async ({ signal }): Promise<QueueMetrics | null> => {
      const path = `${queuesPath}/metrics?format=json`
      try {
        return (await api.fetch(queueMetricsSchema, { path, isBare: true, signal })).data
      } catch (error) {
        if (isRefused(error)) return null
        throw error
      }
    },
    refetchInterval: ({ state }) => (state.data === null ? false : figuresEveryMs),
  })
}

/** Throughput, times and reasons over an hour and over a day, for operators. */
export function useQueueStatistics() {
  const { api } = usePlace()
  return useQuery({
    queryKey: statisticsKey,
    queryFn: async ({ signal }) =>
      (await api.fetch(queueStatisticsSchema, { path: `${queuesPath}/statistics`, signal })).data,
    refetchInterval: statisticsEveryMs,
  })
}

const healthSchema = z.object({ origin: z.object({ queues: z.object({ status: z.string() }) }).nullable() })

/** Whether the deployment has no queues at all; undefined while nobody knows. Asked once the queues have failed to answer. */
export function useHasNoQueues(isAsked: boolean): boolean | undefined {
  const { api } = usePlace()
  const health = useQuery({
    queryKey: ['queues', 'health'],
    queryFn: async ({ signal }) =>
      (await api.fetch(healthSchema, { path: '/health', isBare: true, signal })).data.origin,
    enabled: isAsked,
    staleTime: statisticsEveryMs,
  })
  return health.data == null ? undefined : health.data.queues.status === 'off'
}

interface Switching {
  readonly queue: QueueName
  readonly isPaused: boolean
}

/** Pauses or resumes a queue. */
export function useSwitchQueue() {
  const { api } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ queue, isPaused }: Switching) => {
      const path = `${queuesPath}/${queue}/${isPaused ? 'pause' : 'resume'}`
      return (await api.fetch(queuePausedSchema, { path, method: 'POST' })).data
    },
    // The origin answers its last count for a second yet, so the page shows what it was told and asks with the next turn.
    onSuccess: async ({ queue, isPaused }) => {
      await queries.cancelQueries({ queryKey: figuresKey })
      queries.setQueryData<QueueMetrics | null>(figuresKey, (before) => withPaused(before, queue, isPaused))
    },
  })
}

function withPaused(before: QueueMetrics | null | undefined, queue: QueueName, isPaused: boolean) {
  const figures = before?.queues[queue]
  if (before == null || figures === undefined) return before
  return { ...before, queues: { ...before.queues, [queue]: { ...figures, isPaused } } }
}

export interface Cleaning {
  readonly queue: QueueName
  readonly state: 'waiting' | 'delayed' | 'completed' | 'failed'
  readonly olderThanMs: number
}

/** Removes the jobs of a state from a queue, as many as one press may. */
export function useCleanQueue() {
  const { api } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ queue, state, olderThanMs }: Cleaning) => {
      const limit = limits.jobsCleanedMax
      const request = { path: `${queuesPath}/${queue}/clean`, body: { state, olderThanMs, limit } }
      return removeJobs(async () => (await api.fetch(queueCleanedSchema, request)).data.removed, limit)
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['queues'] }),
  })
}
