import type { RedisClient } from '../../shared/redis/client.ts'

/** How much memory a Redis uses, in bytes; null where the server does not report it. */
interface RedisMemory {
  readonly usedBytes: number
  readonly peakBytes: number | null
  /** Null if no bound is set. */
  readonly maxBytes: number | null
}

/** Reads the memory section of INFO; null if the server does not support it or does not answer. */
export async function readRedisMemory(client: RedisClient, signal: AbortSignal): Promise<RedisMemory | null> {
  const answered = await client.send([['INFO', 'memory']], { signal })
  const info = answered.ok ? answered.value[0] : null
  return typeof info === 'string' ? parseRedisMemory(info) : null
}

/** Parses the lines `name:value` that Redis documents for INFO. */
export function parseRedisMemory(info: string): RedisMemory | null {
  const bytesOf = (name: string) => {
    const digits = new RegExp(`^${name}:(\\d+)\\s*$`, 'm').exec(info)?.[1]
    return digits === undefined ? null : Number(digits)
  }
  const usedBytes = bytesOf('used_memory')
  if (usedBytes === null) return null
  return { usedBytes, peakBytes: bytesOf('used_memory_peak'), maxBytes: bytesOf('maxmemory') || null }
}
