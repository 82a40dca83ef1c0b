import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { QueueName } from '../../../shared/contract/queue-names.ts'
import type { Result } from '../../../shared/result.ts'
import { ok } from '../../../shared/result.ts'
import { byQueue } from '../by-queue.ts'
import type { JobQueues, JobState, QueueCount, QueueCounts, QueueFailure } from '../job-queues.ts'
import { jobStates } from '../job-queues.ts'
import type { QueueCall } from '../queue-calls.ts'

/**
 * Counting goes through all jobs, so its time grows with them: some 40 ms for 100,000. While there are few, every call counts. When there
 * are many, calls answer the last count, which says its time, and counting goes on behind them for as long as somebody asks.
 */
const manyJobs = 10_000
const recountMs = 5_000
const unaskedMs = 300_000

const countsSchema = z.object({
  jobs: z.array(
    z.object({
      queue: z.string(),
      state: z.enum(jobStates),
      count: z.int(),
      oldest: z.number().nullable(),
    }),
  ),
  paused: z.array(z.string()),
  served: z.array(z.string()),
})

const question = `
  select jsonb_build_object(
    'jobs', (
      select coalesce(jsonb_agg(to_jsonb(c)), '[]')
      from (
        select j.queue, j.state, count(*) as count,
          min(coalesce(j.process_at_ms, j.added_at_ms)) filter (where j.state = 'waiting') as oldest
        from bullmq.job j
        where j.state <> 'waiting-children'
        group by j.queue, j.state
      ) c
    ),
    'paused', (
      select coalesce(jsonb_agg(m.queue), '[]') from bullmq.meta m where m.field = 'paused' and m.value = '1'
    ),
    'served', (
      select coalesce(jsonb_agg(distinct q.name), '[]')
      from private.job_processes p, unnest(p.queues) q (name)
      where p.seen_at > clock_timestamp() - interval '1 minute'
    )
  ) as counts`

interface Counting {
  counts: JobQueues['counts']
  stop(): void
}

export function createCounting(call: QueueCall, clock: Clock): Counting {
  let latest: QueueCounts | null = null
  let askedAtMs = Number.NEGATIVE_INFINITY
  let isStopped = false
  let cancel: (() => void) | null = null

  let counting: Promise<Result<QueueCounts, QueueFailure>> | null = null

  const count = () => {
    counting ??= countNow().finally(() => {
      counting = null
    })
    return counting
  }
  const countNow = async (): Promise<Result<QueueCounts, QueueFailure>> => {
    const beganAtMs = clock.now()
    const rows = await call(question, [])
    if (!rows.ok) {
      latest = null
      return rows
    }
    const counts = countsOf(countsSchema.parse(rows.value[0]?.['counts']), beganAtMs)
    latest = jobsIn(counts) > manyJobs ? counts : null
    if (latest !== null) countAgainLater()
    return ok(counts)
  }
  const countAgainLater = () => {
    if (isStopped || cancel !== null) return
    cancel = clock.schedule(() => {
      cancel = null
      if (clock.now() - askedAtMs < unaskedMs) void count()
      else latest = null
    }, recountMs)
  }

  return {
    async counts() {
      askedAtMs = clock.now()
      return latest === null ? await count() : ok(latest)
    },
    stop() {
      isStopped = true
      cancel?.()
    },
  }
}

function jobsIn({ queues }: QueueCounts): number {
  return Object.values(queues)
    .flatMap((count) => jobStates.map((state) => count[state]))
    .reduce((sum, count) => sum + count, 0)
}

function countsOf({ jobs, paused, served }: z.output<typeof countsSchema>, atMs: number): QueueCounts {
  const countOf = (name: QueueName): QueueCount => {
    const rowOf = (state: JobState) => jobs.find((row) => row.queue === name && row.state === state)
    const of = (state: JobState) => rowOf(state)?.count ?? 0
    const oldest = rowOf('waiting')?.oldest ?? null
    return {
      waiting: of('waiting'),
      active: of('active'),
      completed: of('completed'),
      failed: of('failed'),
      delayed: of('delayed'),
      isPaused: paused.includes(name),
      oldestWaitingMs: oldest === null ? 0 : Math.max(0, Math.round(atMs - oldest)),
      isServed: served.includes(name),
    }
  }
  return { atMs, queues: byQueue(countOf) }
}
