import pino from 'pino'
import type { Clock } from '../shared/clock.ts'
import { systemClock } from '../shared/clock.ts'
import { limits } from '../shared/limits.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { readConfig } from './config.ts'
import { startServer } from './server.ts'
import { createDatabase } from './supabase.ts'

/** Parts of a millisecond count in the figures, and a step of the system's clock must not. */
const clock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() }

/** Stops a little before whoever sent the signal loses patience and kills. */
const stopGraceMs = limits.stopGraceMs - 2_000

async function run(config: Config): Promise<void> {
  const logger = pino({ name: 'boardcache-origin', level: config.logLevel })
  const database = createDatabase({
    supabaseUrl: config.supabaseUrl,
    publishableKey: config.supabasePublishableKey,
  })
  const app = createApp({ config, database, clock, logger })
  const server = await listen(config, app.fetch)
  logger.info({ host: config.host, port: server.port }, 'listening')

  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    logger.info({ signal }, 'stopping')
    const isInTime = await server.stop(stopGraceMs)
    logger.info({ isInTime }, 'stopped')
    process.exit(isInTime ? 0 : 1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function listen({ host, port }: Config, fetch: Parameters<typeof startServer>[0]['fetch']) {
  try {
    return await startServer({ fetch, host, port, clock })
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
