import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { takePort } from '../../origin/local/ports.ts'
import { createRedis, type LocalRedis } from '../../origin/local/redis.ts'
import { hasProgram } from './programs.ts'
import type { RedisAccess } from './provided.d.ts'
import { makeDataDirectory } from './run-folder.ts'

/**
 * Starts every kind of Redis that this machine has, for the contract suite, and stops them after the last test. If
 * one does not start, only its own tests fail.
 */
export default async function startRedis(project: TestProject): Promise<() => Promise<void>> {
  const folder = await makeDataDirectory()
  const created: LocalRedis[] = []
  const start = async (kind: LocalRedis['kind']): Promise<RedisAccess> => {
    const redis = createRedis(
      {
        dataDirectory: join(folder, kind),
        bridgePort: await takePort(0),
        redisPort: await takePort(0),
        token: 'token of the contract suite',
      },
      kind,
    )
    created.push(redis)
    try {
      await redis.start()
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
    }
    return { url: redis.url, token: redis.token }
  }
  const [server, embedded] = await Promise.all([
    hasProgram('redis-server') ? start('redis-server') : null,
    start('embedded'),
  ])
  project.provide('redis', { 'redis-server': server, embedded })
  return async () => {
    await Promise.all(created.map((redis) => redis.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}
