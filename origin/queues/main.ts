import pino from 'pino'
import { systemClock } from '../../shared/clock.ts'
import { readConfig } from '../config.ts'
import { filesOf } from '../files/files-of.ts'
import { createBackend } from './bullmq/backend.ts'
import { serveQueues } from './serve-queues.ts'

/** `node origin/queues/main.ts`: the process that runs jobs. It takes the origin's environment, so that one file serves both commands. */
function run(): void {
  const config = readConfig()
  if (!config.ok) giveUp(config.error)
  const { queues, outbound, logLevel } = config.value
  if (queues === null) {
    giveUp('QUEUE_DATABASE_URL must be set, because it names the database that the jobs are in.')
  }
  const logger = pino({ name: 'boardcache-queues', level: logLevel })
  const clock = systemClock
  const secretKey = config.value.relay?.supabaseSecretKey ?? null
  const files = filesOf({ ...config.value, secretKey, clock })
  const backend = createBackend({ ...queues, clock, random: Math.random, logger })
  const serving = serveQueues({ ...queues, outbound, files: files.store, backend, clock, logger })

  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    logger.info({ signal }, 'stopping')
    const isInTime = await serving.stop()
    await backend.close()
    logger.info({ isInTime }, 'stopped')
    process.exit(isInTime ? 0 : 1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function giveUp(sentence: string): never {
  process.stderr.write(`The process of the queues cannot start. ${sentence}\n`)
  process.exit(1)
}

run()
