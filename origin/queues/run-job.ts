import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import { isDatabaseOutage } from './database-outage.ts'
import type { JobFailure, JobHandler, RunningJob } from './handler.ts'
import type { Marks } from './marks.ts'

/** One run of a job, as a backend hands it out. */
export interface Run {
  readonly queue: QueueName
  readonly id: string
  readonly name: string
  readonly workspaceId: WorkspaceId
  readonly input: unknown
  readonly dueAtMs: number
  /** The attempts that have failed before, and one. */
  readonly attempt: number
  readonly attemptsMax: number
  /** Unlike attempts, this also counts runs that were interrupted. */
  readonly run: number
  /** Keeps the progress with the job. */
  progress(share: number): Promise<void>
}

/** Why a run is ended from outside. `lost`: another process may have taken the job over. */
export type RunEnd = 'time_over' | 'cancelled' | 'shutdown' | 'lost'

export type RunOutcome =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: JobFailure }
  /** The job goes back to its queue, and no attempt was spent. */
  | { readonly kind: 'handed_back' }
  /** The handler tried nothing, so no attempt was spent. The job waits for `afterMs`, or for the queue's backoff. */
  | { readonly kind: 'put_off'; readonly afterMs: number | null }
  /** The job is another process's, so nothing may be reported of it. */
  | { readonly kind: 'lost' }

interface RunParts {
  readonly handler: JobHandler
  readonly marks: Marks
  readonly clock: Clock
  readonly runMaxMs: number
  /** Aborted with a RunEnd as its reason. */
  readonly signal: AbortSignal
  /** Receives what a handler threw: a fault of the program. */
  onFault(error: unknown): void
}

/** `outage`: the handler failed because the database went away under its effect. */
type Answer = Result<unknown, JobFailure | { readonly kind: 'outage' }>

/**
 * Runs a handler once. A run that is ended from outside has its signal aborted and `limits.runHeedMs` to heed it. One that does not is
 * given up: what it may still be doing is left alone, and an effect that it attempts from then on is refused.
 */
export async function runJob(parts: RunParts, run: Run): Promise<RunOutcome> {
  const { clock, runMaxMs, marks } = parts
  const heeded = new AbortController()
  const abandoned = new AbortController()
  const end = new Promise<RunEnd>((resolve) => {
    const cancel = clock.schedule(() => resolve('time_over'), runMaxMs)
    abandoned.signal.addEventListener('abort', cancel, { once: true })
    const onEnd = () => resolve(endOf(parts.signal.reason))
    if (parts.signal.aborted) onEnd()
    // Node keeps a signal that is made of others as long as anybody listens to it, and the end of the process is one of the others.
    else parts.signal.addEventListener('abort', onEnd, { once: true, signal: abandoned.signal })
  })
  const handling = handle(parts, run, heeded.signal, abandoned.signal)
  const first = await Promise.race([handling, end])
  if (typeof first !== 'string') {
    // Work that the handler left running may have no effect any more.
    abandoned.abort()
    return outcomeOf(first)
  }
  heeded.abort(first)
  const answer = await withinDeadline<Answer | null>(clock, limits.runHeedMs, () => handling, null)
  abandoned.abort()
  if (first === 'lost') return { kind: 'lost' }
  if (answer?.ok === true) return outcomeOf(answer)
  const isDone = answer === null && (await giveUp(marks, run))
  return isDone ? { kind: 'completed', result: null } : outcomeOfEnd(first)
}

async function handle(
  { handler, marks, onFault }: RunParts,
  run: Run,
  signal: AbortSignal,
  abandoned: AbortSignal,
): Promise<Answer> {
  let wasDatabaseAway = false
  const job = runningJob(run, marks, signal, abandoned, (error) => {
    wasDatabaseAway ||= isDatabaseOutage(error)
  })
  try {
    return await handler(job)
  } catch (error) {
    if (wasDatabaseAway) return err({ kind: 'outage' })
    if (!signal.aborted) onFault(error)
    return err({ kind: 'again', reason: `The handler failed (${nameOf(error)}).` })
  }
}

/** A name says enough for a reason that operators see: the message of an error may quote data. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'not an error'
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return `${error.name}${code}`.slice(0, 100)
}

function runningJob(
  run: Run,
  marks: Marks,
  signal: AbortSignal,
  abandoned: AbortSignal,
  onEffectFailed: (error: unknown) => void,
): RunningJob {
  const { queue, id, name, workspaceId, dueAtMs, attempt, attemptsMax } = run
  return {
    queue,
    id,
    name,
    workspaceId,
    data: run.input,
    dueAtMs,
    attempt,
    attemptsMax,
    run: run.run,
    signal,
    async progress(share) {
      if (!abandoned.aborted) await run.progress(Math.min(Math.max(share, 0), 1))
    },
    async once(effect) {
      if (abandoned.aborted) return { status: 'given_up' }
      try {
        return await marks.once({ queue, jobId: id, run: run.run }, effect, abandoned)
      } catch (error) {
        onEffectFailed(error)
        throw error
      }
    },
  }
}

/** Whether the run had its effect after all. While the database is away nobody can know, and the job's next run will find out. */
async function giveUp(marks: Marks, { queue, id, run }: Run): Promise<boolean> {
  try {
    return (await marks.giveUp({ queue, jobId: id, run })) === 'done'
  } catch {
    return false
  }
}

/** An outage of the database spends no attempt of the job, which comes back when the database does. */
function outcomeOf(answer: Answer): RunOutcome {
  if (answer.ok) return { kind: 'completed', result: answer.value ?? null }
  const { error } = answer
  if (error.kind === 'outage') return { kind: 'handed_back' }
  if (error.kind === 'not_now') return { kind: 'put_off', afterMs: error.afterMs ?? null }
  return { kind: 'failed', failure: { ...error, reason: shown(error.reason) } }
}

/** A reason as it is kept: one line that the database takes. */
function shown(reason: string): string {
  return reason.slice(0, limits.jobReasonCharactersMax).replace(/\p{C}/gu, ' ')
}

function outcomeOfEnd(end: RunEnd): RunOutcome {
  switch (end) {
    case 'time_over':
      return {
        kind: 'failed',
        failure: { kind: 'again', reason: 'The run took longer than its queue allows.' },
      }
    case 'cancelled':
      return { kind: 'failed', failure: { kind: 'permanent', reason: cancelledReason } }
    case 'shutdown':
      return { kind: 'handed_back' }
    case 'lost':
      return { kind: 'lost' }
  }
}

export const cancelledReason = 'The job was cancelled.'

const runEnds: readonly string[] = ['time_over', 'cancelled', 'shutdown', 'lost'] satisfies RunEnd[]

function endOf(reason: unknown): RunEnd {
  return isRunEnd(reason) ? reason : 'shutdown'
}

function isRunEnd(reason: unknown): reason is RunEnd {
  return typeof reason === 'string' && runEnds.includes(reason)
}
