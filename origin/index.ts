import pino from 'pino'
import { createBearer } from '../shared/auth/bearer.ts'
import type { Clock } from '../shared/clock.ts'
import { systemClock } from '../shared/clock.ts'
import { limits } from '../shared/limits.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { readConfig } from './config.ts'
import type { Database } from './database/database.ts'
import { createDatabase } from './database/database.ts'
import { withLackingFunctions } from './database/lacking-functions.ts'
import { withTrace } from './database/traced-calls.ts'
import { type Files, filesOf } from './files/files-of.ts'
import { isLongUpload } from './http/long-uploads.ts'
import { startServer } from './http/server.ts'
import { createDelivery, createMarkPosts } from './outbox/delivery.ts'
import { createMarkSource, type Marked } from './outbox/mark-source.ts'
import type { Marker } from './outbox/marker.ts'
import { createMarker } from './outbox/marker.ts'
import { createOutbox } from './outbox/outbox.ts'
import type { Relay } from './outbox/relay.ts'
import { createRelay } from './outbox/relay.ts'
import { withWriterProof } from './outbox/writer-proof.ts'
import type { QueueBackend } from './queues/backend.ts'
import type { QueueProcess } from './queues/queue-process.ts'
import { foldCounts } from './upkeep/fold-counts.ts'
import type { Periodic } from './upkeep/periodic.ts'
import { startPeriodic } from './upkeep/periodic.ts'
import { createSearchRenewal } from './upkeep/search-renewal.ts'

/** The figures need fractions of a millisecond, and a step of the system's clock must not show in them. */
const clock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() }

const foldEveryMs = 1_000
const renewEveryMs = 1_000

/** Log lines are written when this much has gathered, after this time, and when the process ends. */
const logBufferBytes = 4_096
const logFlushMs = 100

/** Stops a little before the sender of the signal kills the process. The relay finishes after the server. */
const stopGraceMs = limits.stopGraceMs - 2_000 - limits.relayDeadlineMs - limits.outboxDeadlineMs

async function run(config: Config): Promise<void> {
  const logger = pino(
    { name: 'boardcache-origin', level: config.logLevel },
    // Lines are gathered, because each write is a system call that the one thread waits for.
    pino.destination({ sync: false, minLength: logBufferBytes, periodicFlush: logFlushMs }),
  )
  const { database: supabase, lacking } = supabaseOf(config, logger)
  const database = config.relay === null ? supabase : withWriterProof(supabase, clock)
  const relay = relayOf(config, database, () => marker?.marked ?? null, logger)
  const marker = markerOf(config, database, () => relay?.wake(), logger)
  const bearer = createBearer({
    ...config.tokens,
    // The Worker may have fetched newer keys of the issuer than this process has.
    unknownKey: 'auth_unavailable',
    clock,
    fetch: (url, init) => fetch(url, init),
  })
  const files = filesOf({ ...config, secretKey: config.relay?.supabaseSecretKey ?? null, clock })
  const { backend, queueProcess } = await startQueues(config, files, logger)
  const app = createApp({
    config,
    bearer,
    database,
    lacking,
    relay,
    marker,
    files,
    queueBackend: backend,
    clock,
    logger,
  })
  const server = await listen(config, app.fetch)
  relay?.start()
  marker?.start()
  const folding = relay === null ? null : startFolding(config, database)
  const renewing = relay === null ? null : startRenewing(config, database)
  logger.info({ host: config.host, port: server.port, hasRelay: relay !== null }, 'listening')

  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    logger.info({ signal }, 'stopping')
    // The relay claims no more rows, but delivers those of writers until the server has stopped.
    const othersStopped = Promise.all([relay?.stop(), marker?.stop(), folding?.stop(), renewing?.stop()])
    const areJobsInTime = queueProcess?.stop() ?? true
    const isInTime = await server.stop(stopGraceMs)
    await othersStopped
    await relay?.stop()
    const areAllInTime = (await areJobsInTime) && isInTime
    await backend?.close()
    logger.info({ isInTime: areAllInTime }, 'stopped')
    process.exit(areAllInTime ? 0 : 1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** The database behind Supabase. An origin that is newer than its database says so once for each function that is missing. */
function supabaseOf(config: Config, logger: pino.Logger) {
  const database = createDatabase({
    supabaseUrl: config.supabaseUrl,
    publishableKey: config.supabasePublishableKey,
    secretKey: config.relay?.supabaseSecretKey ?? null,
  })
  return withLackingFunctions(withTrace(database), (functionName) =>
    logger.error(
      { functionName },
      'the database is older than this origin and lacks a function: run the migrations',
    ),
  )
}

interface Queues {
  readonly backend: QueueBackend | null
  /** Null if another process runs the jobs. */
  readonly queueProcess: QueueProcess | null
}

/** BullMQ is loaded only where there are queues. */
async function startQueues(
  { queues, outbound }: Config,
  { store }: Files,
  logger: pino.Logger,
): Promise<Queues> {
  if (queues === null) return { backend: null, queueProcess: null }
  const { createBackend } = await import('./queues/bullmq/backend.ts')
  const backend = createBackend({ ...queues, clock, random: Math.random, logger })
  if (!queues.runsHere) return { backend, queueProcess: null }
  const { serveQueues } = await import('./queues/serve-queues.ts')
  return { backend, queueProcess: serveQueues({ ...queues, outbound, files: store, backend, clock, logger }) }
}

function relayOf(
  { relay, internalAuthKey }: Config,
  database: Database,
  marked: () => Marked | null,
  logger: pino.Logger,
): Relay | null {
  if (relay === null) return null
  return createRelay({
    outbox: createOutbox(database, clock, marked),
    delivery: createDelivery({ workerUrl: relay.workerUrl, internalAuthKey, clock, fetch }),
    clock,
    random: Math.random,
    logger,
  })
}

function markerOf(
  { relay, internalAuthKey }: Config,
  database: Database,
  wakeRelay: () => void,
  logger: pino.Logger,
): Marker | null {
  if (relay === null) return null
  return createMarker({
    source: createMarkSource(database, clock),
    post: createMarkPosts({ workerUrl: relay.workerUrl, internalAuthKey, clock, fetch }),
    ...{ clock, logger, random: Math.random, wakeRelay },
  })
}

/** Keeps counts fast: each is a sum of rows, to which every write adds some. */
function startFolding({ queryDeadlineMs }: Config, database: Database): Periodic {
  return startPeriodic({
    clock,
    everyMs: foldEveryMs,
    deadlineMs: queryDeadlineMs,
    work: (signal) =>
      foldCounts((name, args, aborting) => database.callRpc(name, args, null, aborting), signal),
  })
}

/** Renews stored search text after an upgrade. Once all is renewed, a run does nothing. */
function startRenewing({ queryDeadlineMs }: Config, database: Database): Periodic {
  return startPeriodic({
    clock,
    everyMs: renewEveryMs,
    deadlineMs: queryDeadlineMs,
    work: createSearchRenewal((name, args, aborting) => database.callRpc(name, args, null, aborting)),
  })
}

async function listen({ host, port }: Config, fetch: Parameters<typeof startServer>[0]['fetch']) {
  try {
    return await startServer({ fetch, host, port, clock, isLongUpload })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    return giveUp(
      code === 'EADDRINUSE'
        ? `Port ${port} of ${host} is in use. Stop the process that uses it, or set PORT to another port.`
        : `It cannot listen on port ${port} of ${host} (${code}). Set HOST and PORT to an address and a port of this machine.`,
    )
  }
}

function giveUp(sentence: string): never {
  process.stderr.write(`The origin cannot start. ${sentence}\n`)
  process.exit(1)
}

const config = readConfig()
if (config.ok) await run(config.value)
else giveUp(config.error)
