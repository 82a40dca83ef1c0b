import type { QueueName } from '../../shared/contract/queue-names.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'

/**
 * The queues as the API and the handlers use them. Nothing here names BullMQ or Postgres, so that another backend can take over. Calls
 * never reject, and settle within their deadline.
 *
 * A `scope` is the workspace whose jobs the caller may see; null is every workspace. A job outside of it does not exist for the caller.
 */
export interface JobQueues {
  /** Adds all jobs or none, in their order. At most `limits.jobsPerCallMax`. */
  add(queue: QueueName, jobs: readonly NewJob[]): Promise<Result<readonly AddedJob[], QueueFailure>>
  get(queue: QueueName, id: string, scope: WorkspaceId | null): Promise<Result<Job, QueueFailure>>
  /** The jobs in a state, the last added one first. */
  list(queue: QueueName, question: ListQuestion): Promise<Result<JobPage, QueueFailure>>
  /** Lets a failed job run again, with all its attempts. */
  retry(queue: QueueName, id: string, scope: WorkspaceId | null): Promise<Result<Job, QueueFailure>>
  /** Lets a delayed job run now. */
  promote(queue: QueueName, id: string, scope: WorkspaceId | null): Promise<Result<Job, QueueFailure>>
  /**
   * Removes a job that has not begun: `removed`. Of one that runs, the signal is aborted and it fails for good: `stopping`.
   */
  cancel(queue: QueueName, id: string, scope: WorkspaceId | null): Promise<Result<Cancelled, QueueFailure>>
  /** No job of the queue begins until `resume`; what runs may finish. */
  pause(queue: QueueName): Promise<Result<null, QueueFailure>>
  resume(queue: QueueName): Promise<Result<null, QueueFailure>>
  /** Removes jobs, the longest there first. Answers how many. */
  clean(queue: QueueName, request: CleanRequest): Promise<Result<number, QueueFailure>>
  /** Counts of all queues, exact and all of one instant, in a time that does not grow with the jobs. */
  counts(): Promise<Result<QueueCounts, QueueFailure>>
  /** Figures of the last hour and of the last day, by all processes together, up to some seconds ago. */
  statistics(): Promise<Result<QueueStatistics, QueueFailure>>
}

export interface NewJob {
  readonly name: string
  readonly workspaceId: WorkspaceId
  /** JSON of at most `limits.jobInputBytesMax`. */
  readonly input: unknown
  /**
   * Makes adding idempotent: a workspace's job of this id is added once, and has one effect. Letters, digits, `.`, `_` and `-`. The job
   * itself has another id, which `jobIdOf` answers.
   */
  readonly jobId?: string
  /** From 1, the most urgent, to 10. */
  readonly priority?: number
  readonly delayMs?: number
  readonly attempts?: number
  readonly removeOnComplete?: KeepFinished
  readonly removeOnFail?: KeepFinished
}

/**
 * Whether the finished job is removed: at once, not before `limits.jobsKeptMax` of its queue have finished after it, or not before this many
 * have, if that is more than the queue declares.
 */
export type KeepFinished = boolean | number

export interface AddedJob {
  readonly id: string
  /** False if a job of this id was there: nothing was changed. */
  readonly isNew: boolean
}

export const jobStates = ['waiting', 'active', 'completed', 'failed', 'delayed'] as const
export type JobState = (typeof jobStates)[number]

export interface Job {
  readonly id: string
  readonly queue: QueueName
  readonly name: string
  readonly workspaceId: WorkspaceId
  readonly state: JobState
  readonly input: unknown
  readonly priority: number
  readonly attempts: { readonly made: number; readonly max: number }
  readonly addedAtMs: number
  /** When a delayed job becomes due. */
  readonly dueAtMs: number | null
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  /** From 0 to 1. */
  readonly progress: number
  readonly failedReason: string | null
  readonly result: unknown
}

export interface ListQuestion {
  readonly state: JobState
  readonly scope: WorkspaceId | null
  /** From the page before; null for the first one. */
  readonly cursor: string | null
  /** At most `limits.jobsPerPageMax`. */
  readonly rowsMax: number
}

export interface JobPage {
  readonly jobs: readonly Job[]
  readonly nextCursor: string | null
}

export interface Cancelled {
  readonly id: string
  readonly outcome: 'removed' | 'stopping'
}

export interface CleanRequest {
  readonly state: Exclude<JobState, 'active'>
  /** Only jobs that finished, or were added, at least this long ago. */
  readonly olderThanMs: number
  readonly jobsMax: number
}

export interface QueueCount extends Readonly<Record<JobState, number>> {
  readonly isPaused: boolean
  /** The time since the oldest waiting job became due; 0 if none waits. */
  readonly oldestWaitingMs: number
  /** Whether a process has run jobs of this queue in the last minute. */
  readonly isServed: boolean
}

export interface QueueCounts {
  readonly atMs: number
  readonly queues: Readonly<Record<QueueName, QueueCount>>
}

export interface Spread {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export interface QueueFigures {
  readonly completed: number
  /** Runs that failed, those that are tried again included. */
  readonly failedRuns: number
  /** Jobs that failed for good. */
  readonly failed: number
  /** `failed` of all jobs that finished; 0 if none did. */
  readonly failureRate: number
  /** Null if nothing ran. From being due to the start of the first run, and of one run. */
  readonly waitTime: Spread | null
  readonly runTime: Spread | null
  /** The most frequent reasons of failed runs. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[]
}

export interface QueueStatistics {
  readonly atMs: number
  readonly queues: Readonly<
    Record<QueueName, { readonly lastHour: QueueFigures; readonly lastDay: QueueFigures }>
  >
}

export type QueueFailure =
  /** The deployment has no queues: QUEUE_DATABASE_URL is not set. */
  | { readonly kind: 'not_configured' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'job_not_found' }
  /** The job is not in the state that this takes. */
  | { readonly kind: 'wrong_state'; readonly state: JobState }
  | { readonly kind: 'invalid_cursor' }

/** The id of the job that a workspace names `jobId`. Neither part can contain the separator of the other, so no two workspaces share an id. */
export function jobIdOf(workspaceId: WorkspaceId, jobId: string): string {
  return `${workspaceId}~${jobId}`
}
