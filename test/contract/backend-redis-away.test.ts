import { describe, expect, it } from 'vitest'
import { createCache } from '../../shared/redis/backend/cache.ts'
import { createRateLimit } from '../../shared/redis/backend/rate-limit.ts'
import { createSecondaryStorage, SessionStorageError } from '../../shared/redis/backend/secondary-storage.ts'
import type { RedisTransport } from '../../shared/redis/client.ts'
import { ok } from '../../shared/result.ts'

const away: RedisTransport = () => Promise.reject(new Error('a token in a message'))
const silent: RedisTransport = () => new Promise(() => undefined)

describe("what the CRM's backend imports, while Redis is away", () => {
  it.each([
    ['cannot be reached', away, 'unavailable'],
    ['does not answer', silent, 'timeout'],
  ])('ends in time, loads what it needs, and lets nobody in: Redis %s', async (_name, redis, kind) => {
    const options = { redis, deadlineMs: 20 }
    const failures: string[] = []
    const cache = createCache({
      ...options,
      onFailure: (failure) => failures.push(failure.kind),
    }).forWorkspace('15213')
    expect(await cache.getCached('k', async () => 'v1', 60)).toBe('v1')
    expect(failures).toEqual([kind])
    const failed = { ok: false, error: { kind } }
    expect(
      await Promise.all([cache.get('k'), cache.set('k', 1, 60), cache.del('k'), cache.exists('k')]),
    ).toEqual(Array.from({ length: 4 }, () => failed))
    expect(await cache.incr('k', 60)).toEqual(failed)
    expect(await createRateLimit(options).forWorkspace('15213').check('u', 'e', 1, 1_000)).toEqual(failed)
    const storage = createSecondaryStorage(options)
    const calls = [
      () => storage.get('token'),
      () => storage.set('token', 'v1', 60),
      () => storage.set('token', 'v1', 0),
      () => storage.delete('token'),
      () => storage.getAndDelete('token'),
      () => storage.increment('token', 60),
    ]
    for (const call of calls) {
      const error: unknown = await call().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(SessionStorageError)
      expect(JSON.stringify(error) + String(error)).not.toContain('token')
    }
  })

  it('reports a loaded value that cannot be kept', async () => {
    const answers: RedisTransport = async ({ commands }) => {
      if (commands.some(([name]) => name === 'EVAL')) throw new Error('away')
      return ok(commands.map(([name]) => ({ reply: name === 'MGET' ? ['0'.repeat(32), null, null] : null })))
    }
    const failures: string[] = []
    const cache = createCache({ redis: answers, onFailure: (failure) => failures.push(failure.kind) })
    expect(await cache.forWorkspace('15213').getCached('k', async () => 'v1', 60)).toBe('v1')
    expect(failures).toEqual(['unavailable'])
  })

  it('ends a load that never ends', async () => {
    const cache = createCache({ redis: away, loadDeadlineMs: 20 }).forWorkspace('15213')
    await expect(cache.getCached('k', () => new Promise(() => undefined), 60)).rejects.toThrow(
      'took too long',
    )
  })
})
