import type postgres from 'pg'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'

/** A job while it runs. A handler parses `data` with its own schema: jobs come from outside too. */
export interface RunningJob {
  readonly queue: QueueName
  readonly id: string
  readonly name: string
  /** Of a job that a schedule adds: the deployment. */
  readonly workspaceId: WorkspaceId
  /** The job's input. */
  readonly data: unknown
  /** When the job became due; of a job that a schedule adds, the instant that its pattern names, the same in every run of it. */
  readonly dueAtMs: number
  /** From 1 to `attemptsMax`: after the last one fails, the job has failed for good. */
  readonly attempt: number
  readonly attemptsMax: number
  /** The number of this run, from 1. Unlike attempts, it also counts runs that were interrupted. The marks name runs by it. */
  readonly run: number
  /** Aborted when the job's time limit has passed, when somebody cancels the job, or when the process ends. */
  readonly signal: AbortSignal
  /** A share from 0 to 1, as far as anybody can see it. */
  progress(share: number): Promise<void>
  /**
   * Performs the job's effect and writes its mark in one transaction. `known`: an earlier run had its effect, so this one has none.
   * `given_up`: the job's time is over, and its mark says so, so this run may have no effect any more.
   */
  once<Value>(effect: (database: postgres.ClientBase) => Promise<Value>): Promise<Effect<Value>>
}

export type Effect<Value> =
  | { readonly status: 'done'; readonly value: Value }
  | { readonly status: 'known' }
  | { readonly status: 'given_up' }

/**
 * Why a run failed, in words that may be shown and logged: they name no contact and no address. `permanent` ends the job whatever attempts
 * it has left; `again` waits for `afterMs` if it is given, else for the queue's backoff. `not_now` waits likewise and spends no attempt,
 * because nothing was tried.
 */
export interface JobFailure {
  readonly kind: 'permanent' | 'again' | 'not_now'
  readonly reason: string
  readonly afterMs?: number
}

/** The result of a run is kept with the job and shown to operators: counts and ids, at most 4 kB as JSON. */
export type JobHandler = (job: RunningJob) => Promise<Result<unknown, JobFailure>>
