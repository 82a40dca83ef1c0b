import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { type QueueName, queueNames } from '../../shared/contract/queue-names.ts'
import { limits } from '../../shared/limits.ts'
import type { Periodic } from '../upkeep/periodic.ts'
import { startPeriodic } from '../upkeep/periodic.ts'
import type { QueueBackend } from './backend.ts'
import { createPool, workerDatabase } from './bullmq/backend.ts'
import { prepareSchema } from './bullmq/schema.ts'
import { type QueueWorkers, startWorkers, type WorkerTimes } from './bullmq/workers.ts'
import { createFigures, type Figures } from './figures.ts'
import type { HandlerParts, Handlers } from './handlers/index.ts'
import { createMarks, type Marks } from './marks.ts'
import { createQueueDatabase, type QueueDatabase } from './queue-database.ts'
import type { QueueDeclaration, Schedule } from './queues.ts'
import { type Run, type RunOutcome, runJob } from './run-job.ts'

const noteEveryMs = 10_000
const sweepEveryMs = 600_000
const sweptRowsMax = 10_000
const startAgainMs = 1_000

export interface QueueProcess {
  /** Settles when jobs are taken. */
  readonly ready: Promise<void>
  /**
   * Takes no new jobs and lets those that run finish for `limits.jobsDrainMs`. The rest is told to stop and goes back to its
   * queue without having spent an attempt. False if some of it could not be handed back; other processes take it over when its lock ends.
   */
  stop(): Promise<boolean>
}

interface QueueProcessOptions {
  readonly databaseUrl: string
  readonly backend: QueueBackend
  readonly declarations: Readonly<Partial<Record<QueueName, QueueDeclaration>>>
  readonly schedules: readonly Schedule[]
  makeHandlers(parts: HandlerParts): Handlers
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly times?: WorkerTimes
  readonly drainMs?: number
}

const times: WorkerTimes = { lockMs: limits.jobLockMs, stalledLookEveryMs: limits.stalledLookEveryMs }

/** The parts that exist while jobs are taken. */
interface Running {
  readonly workers: QueueWorkers
  readonly upkeep: readonly Periodic[]
}

/** Runs jobs until it is stopped. While the database cannot be reached it tries to begin again and again. */
export function startQueueProcess(options: QueueProcessOptions): QueueProcess {
  const { clock, logger, drainMs = limits.jobsDrainMs } = options
  const processId = randomUUID()
  const effects = createPool(options, limits.effectConnectionsMax)
  const database = createQueueDatabase(effects, options)
  const figures = createFigures()
  let isStopping = false
  let endPause = () => {}

  const begin = async (): Promise<Running | null> => {
    for (let tries = 0; !isStopping; tries += 1) {
      try {
        return await beginOnce(options, { processId, effects, database, figures })
      } catch (error) {
        if (tries === 0) logger.warn({ fault: nameOf(error) }, 'the queues cannot begin yet')
        await new Promise<void>((resolve) => {
          endPause = resolve
          clock.schedule(resolve, startAgainMs)
        })
      }
    }
    return null
  }
  const beginning = begin()

  const stop = async () => {
    isStopping = true
    endPause()
    const running = await beginning
    const isInTime = running === null || (await drain(running.workers, clock, drainMs))
    for (const upkeep of running?.upkeep ?? []) await upkeep.stop()
    // Runs that nothing could end hold connections, which must not keep the process.
    await withinDeadline(clock, limits.queueDeadlineMs, () => close(running), undefined)
    return isInTime
  }
  const close = async (running: Running | null) => {
    if (running !== null) await leave(database, processId, figures)
    await running?.workers.close()
    await effects.end()
  }
  let stopping: Promise<boolean> | null = null
  return {
    ready: beginning.then(() => undefined),
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}

interface ProcessParts {
  readonly processId: string
  readonly effects: pg.Pool
  /** On the same connections. */
  readonly database: QueueDatabase
  readonly figures: Figures
}

async function beginOnce(
  options: QueueProcessOptions,
  { processId, effects, database, figures }: ProcessParts,
): Promise<Running> {
  const { backend, clock, logger, random, declarations, schedules, databaseUrl } = options
  await prepareSchema(effects)
  const handlers = options.makeHandlers({
    database: backend.database,
    queues: backend.queues,
    clock,
    logger,
  })
  const served = new Map<QueueName, Served>()
  for (const name of queueNames) {
    const handler = handlers[name]
    const declaration = declarations[name]
    if (handler !== undefined && declaration !== undefined) served.set(name, { declaration, handler })
  }
  const marks = createMarks(effects, options)
  const workers = await startWorkers({
    queues: new Map([...served].map(([queue, { declaration }]) => [queue, declaration])),
    schedules: schedules.filter(({ queue }) => served.has(queue)),
    database: workerDatabase(databaseUrl),
    clock,
    random,
    logger,
    processId,
    times: options.times ?? times,
    runJob: (run, signal) => runRecorded(options, { served, marks, figures }, run, signal),
  })
  const queues = [...served.keys()]
  const note = () => noteRuns(database, processId, queues, figures)
  await note()
  logger.info({ queues }, 'the queues are served')
  const shared = { clock, deadlineMs: limits.queueDeadlineMs }
  return {
    workers,
    upkeep: [
      startPeriodic({ ...shared, everyMs: noteEveryMs, work: note }),
      startPeriodic({ ...shared, everyMs: sweepEveryMs, work: () => sweep(database) }),
    ],
  }
}

interface Served {
  readonly declaration: QueueDeclaration
  readonly handler: NonNullable<Handlers[QueueName]>
}

interface RunningParts {
  readonly served: ReadonlyMap<QueueName, Served>
  readonly marks: Marks
  readonly figures: Figures
}

async function runRecorded(
  { clock, logger }: QueueProcessOptions,
  { served, marks, figures }: RunningParts,
  run: Run,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { queue, id } = run
  const found = served.get(queue)
  if (found === undefined) throw new Error(`no handler of ${queue}`)
  const beganAtMs = clock.now()
  const onFault = (error: unknown) =>
    logger.error({ queue, job: id, stack: framesOf(error) }, 'a handler failed')
  const { handler, declaration } = found
  const outcome = await runJob(
    { handler, marks, clock, runMaxMs: declaration.runMaxMs, signal, onFault },
    run,
  )
  if (outcome.kind !== 'completed' && outcome.kind !== 'failed') return outcome
  const atMs = clock.now()
  const failure = outcome.kind === 'failed' ? outcome.failure : null
  const isLast = failure?.kind === 'permanent' || run.attempt >= run.attemptsMax
  figures.record({
    queue,
    atMs,
    runMs: atMs - beganAtMs,
    waitMs: run.run === 1 ? Math.max(0, beganAtMs - run.dueAtMs) : null,
    outcome: failure === null ? 'completed' : isLast ? 'failed' : 'failed_run',
    reason: failure?.reason ?? null,
  })
  if (outcome.kind !== 'completed' || fits(outcome.result)) return outcome
  logger.warn({ queue, job: id }, 'the result of a run is too large to be kept')
  return { kind: 'completed', result: null }
}

function fits(result: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(result) ?? 'null') <= limits.jobResultBytesMax
}

/** Where an error was thrown. Its message is left out, because it may quote data. */
function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return 'not an error'
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return [error.name, ...frames.slice(0, 10)].join('\n')
}

/** First lets runs finish, then tells them to stop. True if all have ended or were handed back. */
async function drain(workers: QueueWorkers, clock: Clock, drainMs: number): Promise<boolean> {
  const drained = workers.drain().then(() => true)
  if (await withinDeadline(clock, drainMs, () => drained, false)) return true
  workers.end('shutdown')
  return await withinDeadline(clock, limits.runHeedMs + limits.queueDeadlineMs, () => drained, false)
}

async function noteRuns(
  database: QueueDatabase,
  processId: string,
  queues: readonly QueueName[],
  figures: Figures,
): Promise<void> {
  const taken = figures.take()
  try {
    await database.query('select private.note_jobs_run($1, $2, $3, $4)', [
      processId,
      queues,
      JSON.stringify(taken.periods),
      JSON.stringify(taken.failures),
    ])
  } catch {
    figures.giveBack(taken)
  }
}

/** Tells the last figures, and that this process is gone. */
async function leave(database: QueueDatabase, processId: string, figures: Figures): Promise<void> {
  await noteRuns(database, processId, [], figures)
  await database
    .query('delete from private.job_processes p where p.id = $1', [processId])
    .catch(() => undefined)
}

async function sweep(database: QueueDatabase): Promise<void> {
  await database
    .query('select private.sweep_jobs($1, $2)', [limits.jobMarksKeptSeconds, sweptRowsMax])
    .catch(() => undefined)
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name
}
