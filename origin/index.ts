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
import { startServer } from './http/server.ts'
import { createDelivery } from './outbox/delivery.ts'
import { createOutbox } from './outbox/outbox.ts'
import type { Relay } from './outbox/relay.ts'
import { createRelay } from './outbox/relay.ts'
import { withWriterProof } from './outbox/writer-proof.ts'
import { foldCounts } from './upkeep/fold-counts.ts'
import type { Periodic } from './upkeep/periodic.ts'
import { startPeriodic } from './upkeep/periodic.ts'
import { createSearchRenewal } from './upkeep/search-renewal.ts'

/** Parts of a millisecond count in the figures, and a step of the system's clock must not. */
const clock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() }

const foldEveryMs = 1_000

/** A log line is written once so much has gathered, or after so long. What is left is written when the process ends. */
const logBufferBytes = 4_096
const logFlushMs = 100
const renewEveryMs = 1_000

/** What may take longer to arrive than a request does. */
const isLongUpload = (path: string) => path.startsWith('/contacts/import')

/** Stops a little before whoever sent the signal loses patience and kills; the relay finishes after the server. */
const stopGraceMs = limits.stopGraceMs - 2_000 - limits.relayDeadlineMs - limits.outboxDeadlineMs

async function run(config: Config): Promise<void> {
  const logger = pino(
    { name: 'boardcache-origin', level: config.logLevel },
    // Lines are gathered, since each write is a system call that the one thread waits for.
    pino.destination({ sync: false, minLength: logBufferBytes, periodicFlush: logFlushMs }),
  )
  const supabase = createDatabase({
    supabaseUrl: config.supabaseUrl,
    publishableKey: config.supabasePublishableKey,
    secretKey: config.relay?.supabaseSecretKey ?? null,
  })
  const database = config.relay === null ? supabase : withWriterProof(supabase, clock)
  const relay = relayOf(config, database, logger)
  const bearer = createBearer({
    ...config.tokens,
    // The Worker may have fetched the issuer's keys later than this process did.
    unknownKey: 'auth_unavailable',
    clock,
    fetch: (url, init) => fetch(url, init),
  })
  const app = createApp({ config, bearer, database, relay, clock, logger })
  const server = await listen(config, app.fetch)
  relay?.start()
  const folding = relay === null ? null : startFolding(config, database)
  const renewing = relay === null ? null : startRenewing(config, database)
  logger.info({ host: config.host, port: server.port, hasRelay: relay !== null }, 'listening')

  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    logger.info({ signal }, 'stopping')
    // The relay claims no more, but delivers what is written until the server has stopped.
    const othersStopped = Promise.all([relay?.stop(), folding?.stop(), renewing?.stop()])
    const isInTime = await server.stop(stopGraceMs)
    await othersStopped
    await relay?.stop()
    logger.info({ isInTime }, 'stopped')
    process.exit(isInTime ? 0 : 1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function relayOf({ relay, internalAuthKey }: Config, database: Database, logger: pino.Logger): Relay | null {
  if (relay === null) return null
  return createRelay({
    outbox: createOutbox(database, clock),
    delivery: createDelivery({ workerUrl: relay.workerUrl, internalAuthKey, clock, fetch }),
    clock,
    random: Math.random,
    logger,
  })
}

/** Writes make the sums that counts are; this keeps them short. */
function startFolding({ queryDeadlineMs }: Config, database: Database): Periodic {
  return startPeriodic({
    clock,
    everyMs: foldEveryMs,
    deadlineMs: queryDeadlineMs,
    work: (signal) =>
      foldCounts((name, args, aborting) => database.callRpc(name, args, null, aborting), signal),
  })
}

/** Ends by itself, soon after the origin's start wherever an earlier one has done it all. */
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
        ? `Port ${port} of ${host} is in use: end what holds it, or set PORT to another one.`
        : `It cannot listen on port ${port} of ${host} (${code}): set HOST and PORT to what this machine has.`,
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
