import type {
  Cancelled,
  Job,
  JobQueues,
  JobState,
  NewJob,
  QueueCount,
  QueueFailure,
  QueueFigures,
} from '../../origin/queues/job-queues.ts'
import { jobIdOf } from '../../origin/queues/job-queues.ts'
import { type QueueName, queueNames } from '../../shared/contract/queue-names.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

export interface StubQueues extends JobQueues {
  /** Each call, as `<name> <queue>`. */
  readonly calls: string[]
  readonly jobs: Map<string, Job>
  readonly paused: Set<QueueName>
  /** Queues that no process serves. */
  readonly unserved: Set<QueueName>
  /** With this, every call fails. */
  failure: QueueFailure | null
  put(job: Partial<Job> & Pick<Job, 'id' | 'workspaceId'>): void
}

const idleFigures: QueueFigures = {
  ...{ completed: 0, failedRuns: 0, failed: 0, failureRate: 0, waitTime: null, runTime: null, reasons: [] },
}

/** Queues in memory, of which no job ever runs. */
export function createStubQueues(nowMs = 0): StubQueues {
  const calls: string[] = []
  const jobs = new Map<string, Job>()
  const paused = new Set<QueueName>()
  const unserved = new Set<QueueName>()
  const keyOf = (queue: QueueName, id: string) => `${queue} ${id}`
  let made = 0

  function found(queue: QueueName, id: string, scope: WorkspaceId | null): Result<Job, QueueFailure> {
    const job = jobs.get(keyOf(queue, id))
    const isSeen = job !== undefined && (scope === null || job.workspaceId === scope)
    return isSeen ? ok(job) : err({ kind: 'job_not_found' })
  }

  function moved(queue: QueueName, id: string, scope: WorkspaceId | null, from: JobState) {
    const job = found(queue, id, scope)
    if (!job.ok) return job
    if (job.value.state !== from) return err({ kind: 'wrong_state', state: job.value.state } as const)
    stub.put({ ...job.value, state: 'waiting' })
    return found(queue, id, scope)
  }

  /** Notes the call, and answers the failure that the test wants or else what `answer` does. */
  function call<Value>(
    name: string,
    answer: () => Result<Value, QueueFailure>,
  ): Promise<Result<Value, QueueFailure>> {
    calls.push(name)
    return Promise.resolve(stub.failure === null ? answer() : err(stub.failure))
  }

  function add(queue: QueueName, job: NewJob) {
    made += 1
    const id = jobIdOf(job.workspaceId, job.jobId ?? `made-${made}`)
    const isNew = !jobs.has(keyOf(queue, id))
    const state = (job.delayMs ?? 0) > 0 ? 'delayed' : 'waiting'
    const { name, workspaceId, input, priority = 5, attempts = 3, delayMs = 0 } = job
    const dueAtMs = delayMs > 0 ? nowMs + delayMs : null
    if (isNew) {
      stub.put({
        ...{ id, queue, name, workspaceId, input, priority, state, dueAtMs },
        attempts: { made: 0, max: attempts },
      })
    }
    return { id, isNew }
  }

  const stub: StubQueues = {
    calls,
    jobs,
    paused,
    unserved,
    failure: null,
    put(job) {
      const whole: Job = {
        ...{ queue: 'messages', name: 'job', state: 'waiting', input: {}, priority: 5, addedAtMs: nowMs },
        ...{ attempts: { made: 0, max: 3 }, dueAtMs: null, startedAtMs: null, finishedAtMs: null },
        ...{ progress: 0, failedReason: null, result: null },
        ...job,
      }
      jobs.set(keyOf(whole.queue, whole.id), whole)
    },
    add: (queue, added) => call(`add ${queue}`, () => ok(added.map((job) => add(queue, job)))),
    get: (queue, id, scope) => call(`get ${queue}`, () => found(queue, id, scope)),
    list: (queue, { state, scope, cursor, rowsMax }) =>
      call(`list ${queue}`, () => {
        const of = [...jobs.values()].filter((job) => job.queue === queue && job.state === state)
        const seen = of.filter(({ workspaceId }) => scope === null || workspaceId === scope)
        const from = Number(cursor ?? 0)
        const next = from + rowsMax
        return Number.isInteger(from)
          ? ok({ jobs: seen.slice(from, next), nextCursor: next < seen.length ? String(next) : null })
          : err({ kind: 'invalid_cursor' })
      }),
    retry: (queue, id, scope) => call(`retry ${queue}`, () => moved(queue, id, scope, 'failed')),
    promote: (queue, id, scope) => call(`promote ${queue}`, () => moved(queue, id, scope, 'delayed')),
    cancel: (queue, id, scope) =>
      call(`cancel ${queue}`, (): Result<Cancelled, QueueFailure> => {
        const job = found(queue, id, scope)
        if (!job.ok) return job
        const { state } = job.value
        if (state === 'completed' || state === 'failed') return err({ kind: 'wrong_state', state })
        if (state !== 'active') jobs.delete(keyOf(queue, id))
        return ok({ id, outcome: state === 'active' ? 'stopping' : 'removed' })
      }),
    pause: (queue) =>
      call(`pause ${queue}`, () => {
        paused.add(queue)
        return ok(null)
      }),
    resume: (queue) =>
      call(`resume ${queue}`, () => {
        paused.delete(queue)
        return ok(null)
      }),
    clean: (queue, { state, jobsMax }) =>
      call(`clean ${queue}`, () => {
        const of = [...jobs].filter(([, job]) => job.queue === queue && job.state === state).slice(0, jobsMax)
        for (const [key] of of) jobs.delete(key)
        return ok(of.length)
      }),
    counts: () => call('counts', () => ok({ atMs: nowMs, queues: byQueue((queue) => countOf(stub, queue)) })),
    statistics: () =>
      call('statistics', () =>
        ok({ atMs: nowMs, queues: byQueue(() => ({ lastHour: idleFigures, lastDay: idleFigures })) }),
      ),
  }
  return stub
}

function byQueue<Value>(make: (queue: QueueName) => Value): Record<QueueName, Value> {
  return Object.fromEntries(queueNames.map((queue) => [queue, make(queue)])) as Record<QueueName, Value>
}

function countOf({ jobs, paused, unserved }: StubQueues, queue: QueueName): QueueCount {
  const of = (state: JobState) =>
    [...jobs.values()].filter((job) => job.queue === queue && job.state === state).length
  return {
    ...{ waiting: of('waiting'), active: of('active'), delayed: of('delayed') },
    ...{ completed: of('completed'), failed: of('failed') },
    ...{
      isPaused: paused.has(queue),
      oldestWaitingMs: of('waiting') * 1_000,
      isServed: !unserved.has(queue),
    },
  }
}
