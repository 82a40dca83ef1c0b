import { describe, expect, inject, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createRedisClient } from '../../shared/redis/client.ts'
import type { RedisNamespaceName } from '../../shared/redis/names.ts'
import { counterPrefix, createRedisNamespace } from '../../shared/redis/namespace.ts'
import { createUpstashTransport } from '../../shared/redis/upstash-transport.ts'
import { firstCursor, walkStep } from '../../shared/redis/walk.ts'

const access = inject('redis')['redis-server']

/** The namespace is the least used one of the suites that share this Redis. */
describe.runIf(access !== null)('the sweep behind a clearing, on a real Redis', () => {
  const transport = createUpstashTransport(access ?? { url: '', token: '' }, (url, init) => fetch(url, init))
  const client = createRedisClient({ transport, clock: systemClock, deadlineMs: 20_000 })
  const namespace = createRedisNamespace({ name: 'emailCache', client, clock: systemClock })
  const other = createRedisNamespace({ name: 'sessions', client, clock: systemClock })

  /** Adds to a counter of the current generation, and answers its number. */
  async function count(key: string, by: number) {
    const counted = await namespace.generations.sendUnder((generation) => [
      ['INCRBY', `${counterPrefix('emailCache')}${generation}:${key}`, by],
    ])
    return counted.ok ? counted.value.replies[0] : counted
  }

  /** A whole walk, which sweeps the namespaces named. */
  async function walk(...sweeping: RedisNamespaceName[]) {
    const total = { keys: 0, swept: 0, bytes: 0 }
    let cursor: string | null = firstCursor
    while (cursor !== null) {
      const step: Awaited<ReturnType<typeof walkStep>> = await walkStep(
        client,
        cursor,
        new Set(sweeping),
        AbortSignal.timeout(20_000),
      )
      if (!step.ok) throw new Error(step.error.kind)
      total.keys += step.value.found.emailCache?.keys ?? 0
      total.bytes += step.value.found.emailCache?.measuredBytes ?? 0
      total.swept += step.value.swept.emailCache ?? 0
      cursor = step.value.cursor
    }
    return total
  }

  it('removes the values and counters of before, and nothing that was written since or elsewhere', async () => {
    await walk('emailCache')
    const old = Array.from({ length: 1_500 }, (_, key) => `bc:emailCache:old-${key}`)
    const written = await namespace.generations.sendUnder((generation) =>
      old.map((key) => ['SET', key, `${generation}text`, 'PX', 600_000]),
    )
    expect(written.ok).toBe(true)
    expect(await count('old', 1)).toBe(1)
    await other.write('old-session', 'session', 600_000)
    expect(await walk()).toMatchObject({ keys: 1_501, swept: 0 })
    expect((await namespace.clear()).ok).toBe(true)
    await namespace.write('old-7', 'again', 600_000)
    expect(await count('new', 2)).toBe(2)
    expect(await walk('emailCache')).toMatchObject({ keys: 2, swept: 1_500 })
    expect(await walk()).toMatchObject({ keys: 2 })
    expect(await namespace.read('old-7')).toEqual({ ok: true, value: 'again' })
    expect(await count('new', 1)).toBe(3)
    expect(await other.read('old-session')).toEqual({ ok: true, value: 'session' })
  })

  it('never removes a value that is written while it runs, whatever is cleared meanwhile', async () => {
    for (let round = 0; round < 10; round += 1) {
      await namespace.clear()
      const key = `written-${round}`
      const [, written] = await Promise.all([
        walk('emailCache'),
        namespace.write(key, String(round), 600_000),
        walk('emailCache'),
      ])
      expect(written.ok).toBe(true)
      expect(await namespace.read(key)).toEqual({ ok: true, value: String(round) })
    }
  })
})
