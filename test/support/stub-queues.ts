import type {
  AddedJob,
  Cancelled,
  CleanRequest,
  Job,
  JobPage,
  JobQueues,
  JobState,
  ListQuestion,
  NewJob,
  QueueCount,
  QueueCounts,
  QueueFailure,
  QueueFigures,
  QueueStatistics,
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
  return new MemoryQueues(nowMs)
}

type Scope = WorkspaceId | null
type Answer<Value> = Promise<Result<Value, QueueFailure>>

class MemoryQueues implements StubQueues {
  readonly calls: string[] = []
  readonly jobs = new Map<string, Job>()
  readonly paused = new Set<QueueName>()
  readonly unserved = new Set<QueueName>()
  failure: QueueFailure | null = null
  private readonly nowMs: number
  private made = 0

  constructor(nowMs: number) {
    this.nowMs = nowMs
  }

  put(job: Partial<Job> & Pick<Job, 'id' | 'workspaceId'>): void {
    const whole: Job = {
      ...{ queue: 'messages', name: 'job', state: 'waiting', input: {}, priority: 5 },
      ...{ addedAtMs: this.nowMs, dueAtMs: null, startedAtMs: null, finishedAtMs: null },
      ...{ attempts: { made: 0, max: 3 }, progress: 0, failedReason: null, result: null },
      ...job,
    }
    this.jobs.set(keyOf(whole.queue, whole.id), whole)
  }

  // The routes take these as they are, without the object, as with the real queues.
  readonly add = (queue: QueueName, jobs: readonly NewJob[]) =>
    this.call(`add ${queue}`, () => ok(jobs.map((job) => this.addOne(queue, job))))
  readonly get = (queue: QueueName, id: string, scope: Scope) =>
    this.call(`get ${queue}`, () => this.found(queue, id, scope))
  readonly retry = (queue: QueueName, id: string, scope: Scope) =>
    this.call(`retry ${queue}`, () => this.moved(queue, id, scope, 'failed'))
  readonly promote = (queue: QueueName, id: string, scope: Scope) =>
    this.call(`promote ${queue}`, () => this.moved(queue, id, scope, 'delayed'))

  list(queue: QueueName, { state, scope, cursor, rowsMax }: ListQuestion): Answer<JobPage> {
    return this.call(`list ${queue}`, () => {
      const of = this.jobsIn(queue, state)
      const seen = of.filter(({ workspaceId }) => scope === null || workspaceId === scope)
      const from = Number(cursor ?? 0)
      const next = from + rowsMax
      if (!Number.isInteger(from)) return err({ kind: 'invalid_cursor' })
      return ok({ jobs: seen.slice(from, next), nextCursor: next < seen.length ? String(next) : null })
    })
  }

  readonly cancel = (queue: QueueName, id: string, scope: Scope): Answer<Cancelled> =>
    this.call(`cancel ${queue}`, () => {
      const job = this.found(queue, id, scope)
      if (!job.ok) return job
      const { state } = job.value
      if (state === 'completed' || state === 'failed') return err({ kind: 'wrong_state', state })
      if (state !== 'active') this.jobs.delete(keyOf(queue, id))
      return ok({ id, outcome: state === 'active' ? 'stopping' : 'removed' })
    })

  pause(queue: QueueName): Answer<null> {
    return this.call(`pause ${queue}`, () => {
      this.paused.add(queue)
      return ok(null)
    })
  }

  resume(queue: QueueName): Answer<null> {
    return this.call(`resume ${queue}`, () => {
      this.paused.delete(queue)
      return ok(null)
    })
  }

  clean(queue: QueueName, { state, jobsMax }: CleanRequest): Answer<number> {
    return this.call(`clean ${queue}`, () => {
      const removed = this.jobsIn(queue, state).slice(0, jobsMax)
      for (const { id } of removed) this.jobs.delete(keyOf(queue, id))
      return ok(removed.length)
    })
  }

  counts(): Answer<QueueCounts> {
    const queues = () => byQueue((queue) => this.countOf(queue))
    return this.call('counts', () => ok({ atMs: this.nowMs, queues: queues() }))
  }

  statistics(): Answer<QueueStatistics> {
    const queues = byQueue(() => ({ lastHour: idleFigures, lastDay: idleFigures }))
    return this.call('statistics', () => ok({ atMs: this.nowMs, queues }))
  }

  /** Notes the call, and answers the failure that the test wants or else what `answer` does. */
  private call<Value>(name: string, answer: () => Result<Value, QueueFailure>): Answer<Value> {
    this.calls.push(name)
    return Promise.resolve(this.failure === null ? answer() : err(this.failure))
  }

  private found(queue: QueueName, id: string, scope: Scope): Result<Job, QueueFailure> {
    const job = this.jobs.get(keyOf(queue, id))
    const isSeen = job !== undefined && (scope === null || job.workspaceId === scope)
    return isSeen ? ok(job) : err({ kind: 'job_not_found' })
  }

  private moved(queue: QueueName, id: string, scope: Scope, from: JobState): Result<Job, QueueFailure> {
    const job = this.found(queue, id, scope)
    if (!job.ok) return job
    if (job.value.state !== from) return err({ kind: 'wrong_state', state: job.value.state })
    this.put({ ...job.value, state: 'waiting' })
    return this.found(queue, id, scope)
  }

  private addOne(queue: QueueName, job: NewJob): AddedJob {
    this.made += 1
    const { name, workspaceId, input, priority = 5, attempts = 3, delayMs = 0 } = job
    const id = jobIdOf(workspaceId, job.jobId ?? `made-${this.made}`)
    if (this.jobs.has(keyOf(queue, id))) return { id, isNew: false }
    const state = delayMs > 0 ? 'delayed' : 'waiting'
    const dueAtMs = delayMs > 0 ? this.nowMs + delayMs : null
    this.put({
      ...{ id, queue, name, workspaceId, input, priority, state, dueAtMs },
      attempts: { made: 0, max: attempts },
    })
    return { id, isNew: true }
  }

  private jobsIn(queue: QueueName, state: JobState): Job[] {
    return [...this.jobs.values()].filter((job) => job.queue === queue && job.state === state)
  }

  private countOf(queue: QueueName): QueueCount {
    const of = (state: JobState) => this.jobsIn(queue, state).length
    return {
      ...{ waiting: of('waiting'), active: of('active'), delayed: of('delayed') },
      ...{ completed: of('completed'), failed: of('failed'), oldestWaitingMs: of('waiting') * 1_000 },
      ...{ isPaused: this.paused.has(queue), isServed: !this.unserved.has(queue) },
    }
  }
}

const keyOf = (queue: QueueName, id: string) => `${queue} ${id}`

function byQueue<Value>(make: (queue: QueueName) => Value): Record<QueueName, Value> {
  return Object.fromEntries(queueNames.map((queue) => [queue, make(queue)])) as Record<QueueName, Value>
}
