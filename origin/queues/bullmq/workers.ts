import type { Job as BullJob, PostgresPoolConfig } from 'bullmq'
import { DelayedError, UnrecoverableError, WaitingError, Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Clock } from '../../../shared/clock.ts'
import { type QueueName, queueNameSchema } from '../../../shared/contract/queue-names.ts'
import { limits } from '../../../shared/limits.ts'
import type { JobFailure } from '../handler.ts'
import type { QueueDeclaration, Schedule } from '../queues.ts'
import type { Run, RunEnd, RunOutcome } from '../run-job.ts'
import { type CancelledRun, createEarlyCancels, type EarlyCancels } from './early-cancels.ts'
import { FairBackend } from './fair-backend.ts'
import { parseJobData } from './job-rows.ts'
import { cancelChannel } from './postgres-queues.ts'
import { addSchedules } from './schedules.ts'
import { SharedBackend } from './shared-backend.ts'
import { SharedConnection } from './shared-connection.ts'

const listenAgainMs = 1_000

/** Runs one job to an outcome. It never rejects. */
type RunJob = (run: Run, signal: AbortSignal) => Promise<RunOutcome>

export interface QueueWorkers {
  /** Takes no new jobs. Settles when those that run have ended. */
  drain(): Promise<void>
  /** Ends every run. */
  end(reason: RunEnd): void
  close(): Promise<void>
}

export interface WorkerTimes {
  readonly lockMs: number
  readonly stalledLookEveryMs: number
}

interface WorkersOptions {
  readonly queues: ReadonlyMap<QueueName, QueueDeclaration>
  /** Of these queues. */
  readonly schedules: readonly Schedule[]
  readonly database: PostgresPoolConfig
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Names this process to other ones. */
  readonly processId: string
  readonly times: WorkerTimes
  readonly runJob: RunJob
}

class RunFailed extends Error {
  override readonly name = 'RunFailed'
  readonly afterMs: number | null

  constructor({ reason, afterMs }: JobFailure) {
    super(reason)
    this.afterMs = afterMs ?? null
  }
}

/** BullMQ makes no further attempt after this one. */
class RunFailedForGood extends UnrecoverableError {
  constructor({ reason }: JobFailure) {
    super(reason)
  }
}

/** Keeps the reason of a failed run, and no stack: one could quote data, also that of an error of BullMQ itself. */
class StacklessWorker extends Worker<unknown, unknown, string, SharedBackend> {
  protected override createJob(...row: Parameters<Worker['createJob']>) {
    const job = super.createJob(...row)
    job.opts.stackTraceLimit = 0
    return job
  }
}

/** Rejects if the database cannot be reached, and has then started nothing. */
export async function startWorkers(options: WorkersOptions): Promise<QueueWorkers> {
  const { database, logger, schedules, clock, random } = options
  // BullMQ knows one run of a job. An older one, whose lock this process lost and won again, must end too.
  const ending = new AbortController()
  const early = createEarlyCancels(clock)
  const connection = new SharedConnection(database, { clock, random })
  connection.on('error', (error) =>
    logger.warn({ fault: faultOf(error) }, 'a connection of the workers broke'),
  )
  const workers = new Map<QueueName, ReturnType<typeof startWorker>>()
  try {
    await connection.waitUntilReady()
    await addSchedules(connection, database, schedules, clock)
    await listenForCancelled(connection, clock, (cancelled) => {
      const { queue, id } = cancelled
      const isHere = workers.get(queue)?.cancelJob(id, 'cancelled' satisfies RunEnd)
      if (isHere === false) early.note(cancelled)
    })
  } catch (error) {
    await connection.close()
    throw error
  }
  for (const [queue, declaration] of options.queues) {
    const worker = startWorker(options, connection, { ending: ending.signal, early }, queue, declaration)
    workers.set(queue, worker)
    worker.on('error', (error) => logger.debug({ queue, fault: faultOf(error) }, 'a worker met an error'))
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'lost' satisfies RunEnd)
    })
  }
  const all = [...workers.values()]
  let draining: Promise<unknown> | null = null
  return {
    async drain() {
      draining ??= Promise.all(all.map((worker) => worker.close()))
      await draining
    },
    end: (reason) => ending.abort(reason),
    close: () => connection.close(),
  }
}

/** Tells of each job that is cancelled while it runs. A job that is cancelled while the connection is away is stopped by its mark. */
async function listenForCancelled(
  connection: SharedConnection,
  clock: Clock,
  onCancelled: (cancelled: CancelledRun) => void,
): Promise<void> {
  const listen = async () => {
    const client = await connection.getListenClient()
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel !== cancelChannel) return
      const [name, run, id] = payload.split(' ', 3)
      const queue = queueNameSchema.safeParse(name)
      if (queue.success && id !== undefined) onCancelled({ queue: queue.data, id, run: Number(run) })
    })
    await client.query(`listen ${cancelChannel}`)
  }
  const listenAgain = () => {
    if (connection.isClosing === undefined) listen().catch(() => clock.schedule(listenAgain, listenAgainMs))
  }
  connection.on('listenerinvalidated', listenAgain)
  await listen()
}

function startWorker(
  options: WorkersOptions,
  connection: SharedConnection,
  { ending, early }: { readonly ending: AbortSignal; readonly early: EarlyCancels },
  queue: QueueName,
  declaration: QueueDeclaration,
) {
  const { database, clock, times, processId, random } = options
  const { workspaceLimit: limit, kept, concurrency } = declaration
  const workerOptions = {
    connection: database,
    name: processId,
    concurrency,
    lockDuration: times.lockMs,
    stalledInterval: times.stalledLookEveryMs,
    maxStalledCount: limits.jobCrashesMax,
    drainDelay: limits.idleLookEveryMs / 1_000,
    runRetryDelay: 1_000,
    removeOnComplete: { count: kept.completed },
    removeOnFail: { count: kept.failed },
    settings: {
      backoffStrategy: (attemptsMade: number, _type?: string, error?: Error) =>
        backoffMs(declaration, attemptsMade, error, random),
    },
  }
  return new StacklessWorker(
    queue,
    // BullMQ makes the third argument only for a function that declares it, so it must have no default.
    (job, token, cancelled) => {
      const isCancelled = job.id !== undefined && early.take({ queue, id: job.id, run: job.attemptsStarted })
      const own = isCancelled ? AbortSignal.abort('cancelled' satisfies RunEnd) : cancelled
      const signal = own === undefined ? ending : AbortSignal.any([own, ending])
      return process(options, connection, declaration, { queue, job, token, signal })
    },
    workerOptions,
    () =>
      limit === undefined
        ? new SharedBackend(connection, queue, workerOptions, clock)
        : new FairBackend({ connection, queue, options: workerOptions, limit, lockMs: times.lockMs, clock }),
  )
}

/** Doubles with each attempt, less up to a fifth, so that jobs that failed together do not come back together. */
function backoffMs(
  declaration: QueueDeclaration,
  attemptsMade: number,
  error: unknown,
  random: () => number,
): number {
  if (error instanceof RunFailed && error.afterMs !== null) return Math.max(1, Math.round(error.afterMs))
  const fullMs = declaration.backoffMs * 2 ** Math.min(attemptsMade - 1, 16)
  return Math.max(1, Math.round(fullMs * (1 - random() / 5)))
}

interface Claimed {
  readonly queue: QueueName
  readonly job: BullJob
  readonly token: string | undefined
  readonly signal: AbortSignal
}

async function process(
  options: WorkersOptions,
  connection: SharedConnection,
  declaration: QueueDeclaration,
  { queue, job, token, signal }: Claimed,
): Promise<unknown> {
  const run = runOf(queue, job)
  if (run === null) {
    throw new RunFailedForGood({ kind: 'permanent', reason: 'The job names no workspace.' })
  }
  const outcome = await begin(options, connection, declaration, run, signal)
  switch (outcome.kind) {
    case 'completed':
      return outcome.result
    case 'failed':
      throw outcome.failure.kind === 'permanent'
        ? new RunFailedForGood(outcome.failure)
        : new RunFailed(outcome.failure)
    case 'handed_back':
      // While the database is away, the job comes back when its lock has run out.
      await job.moveToWait(token).catch(() => undefined)
      // BullMQ reports nothing of a job that it believes to be waiting.
      throw new WaitingError()
    case 'put_off':
      await job.moveToDelayed(options.clock.now() + (outcome.afterMs ?? declaration.backoffMs), token)
      throw new DelayedError()
    case 'lost':
      throw new WaitingError()
  }
}

/** Under a limit, a place is taken from the run's true start on, so the start is reported after it, and not before. */
async function begin(
  { times, clock, runJob }: WorkersOptions,
  { pool }: SharedConnection,
  { workspaceLimit }: QueueDeclaration,
  run: Run & { readonly claimedAtMs: number },
  signal: AbortSignal,
): Promise<RunOutcome> {
  if (workspaceLimit === undefined) return await runJob(run, signal)
  // The claim holds the place for as long as its lock. This process was too slow, so the place may be another run's by now.
  if (clock.now() - run.claimedAtMs >= times.lockMs) return { kind: 'handed_back' }
  const running = runJob(run, signal)
  const started = pool
    .query('select private.job_started($1, $2, $3, $4)', [
      run.queue,
      run.id,
      run.run,
      workspaceLimit.windowMs,
    ])
    // The claim's own time stands, which is later.
    .catch(() => undefined)
  const [outcome] = await Promise.all([running, started])
  return outcome
}

function runOf(queue: QueueName, job: BullJob): (Run & { readonly claimedAtMs: number }) | null {
  const data = parseJobData(job.data)
  if (data === null || job.id === undefined) return null
  let progressAtShare = 0
  return {
    queue,
    id: job.id,
    name: job.name,
    workspaceId: data.workspaceId,
    input: data.input,
    dueAtMs: dueAtMsOf(job),
    attempt: job.attemptsMade + 1,
    attemptsMax: job.opts.attempts ?? 1,
    run: job.attemptsStarted,
    claimedAtMs: job.processedOn ?? 0,
    async progress(share) {
      // Each is a row written, and nobody sees more than a hundred steps.
      if (share < 1 && share - progressAtShare < 0.01) return
      progressAtShare = share
      await job.updateProgress(share)
    },
  }
}

/** BullMQ forgets a job's delay when it is over, but not what was asked for. A job of a schedule has its instant in its id. */
function dueAtMsOf(job: BullJob): number {
  const scheduled = job.repeatJobKey === undefined ? null : /:(\d+)$/.exec(job.id ?? '')
  return scheduled === null ? job.timestamp + (job.opts.delay ?? 0) : Number(scheduled[1])
}

/** Names an error without its message, which may quote a job's data. */
function faultOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name
}
