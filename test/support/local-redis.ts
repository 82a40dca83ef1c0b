import { rm } from 'node:fs/promises'
import { takePort } from '../../origin/local/ports.ts'
import { createRedis, type LocalRedis } from '../../origin/local/redis.ts'
import { hasProgram } from './programs.ts'
import { makeDataDirectory } from './run-folder.ts'

/** The kinds of local Redis that this machine can run. */
export const redisKinds: readonly LocalRedis['kind'][] = hasProgram('redis-server')
  ? ['redis-server', 'embedded']
  : ['embedded']

export interface StartedRedis {
  readonly redis: LocalRedis
  stop(): Promise<void>
}

/** Starts a local Redis with its bridge, for the tests of one file. */
export async function startLocalRedis(kind: LocalRedis['kind']): Promise<StartedRedis> {
  const dataDirectory = await makeDataDirectory()
  const redis = createRedis(
    {
      dataDirectory,
      bridgePort: await takePort(0),
      redisPort: await takePort(0),
      token: 'a token of these tests',
    },
    kind,
  )
  const stop = async () => {
    await redis.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
  try {
    await redis.start()
  } catch (error) {
    await stop()
    throw error
  }
  return { redis, stop }
}
