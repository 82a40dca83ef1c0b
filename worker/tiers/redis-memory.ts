import { z } from 'zod'
import type { RedisAccess } from './redis.ts'

/** How much memory a Redis uses, in bytes; null where the server does not report it. */
interface RedisMemory {
  readonly usedBytes: number
  readonly peakBytes: number | null
  /** Null if no bound is set. */
  readonly maxBytes: number | null
}

const answerSchema = z.object({ result: z.string() })

/**
 * Reads the memory section of INFO; null if the server does not support it or does not answer in time. The SDK has no
 * such command, so it is posted directly to Upstash's REST interface.
 */
export async function readRedisMemory(
  { url, token }: RedisAccess,
  signal: AbortSignal,
): Promise<RedisMemory | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(['INFO', 'memory']),
      signal,
    })
    const answer = answerSchema.safeParse(await response.json())
    return answer.success ? parseRedisMemory(answer.data.result) : null
  } catch {
    return null
  }
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
