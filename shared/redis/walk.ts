import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { RedisClient, RedisCommand, RedisFailure, RedisReply } from './client.ts'
import { generationKey } from './generation.ts'
import { parseRedisKey } from './keys.ts'
import type { RedisNamespaceName } from './names.ts'
import { counterPrefix } from './namespace.ts'

/** The keys of a namespace that a step of a walk met. */
export interface WalkedKeys {
  readonly keys: number
  /** Keys whose sizes were measured, and their bytes. */
  readonly measured: number
  readonly measuredBytes: number
}

export interface WalkStep {
  /** Where the next step begins; null after the last one. */
  readonly cursor: string | null
  readonly found: Readonly<Partial<Record<RedisNamespaceName, WalkedKeys>>>
  /** Keys that were written before a clearing and are removed now. */
  readonly swept: Readonly<Partial<Record<RedisNamespaceName, number>>>
}

/** A rough allowance for the bytes that Redis keeps for each key besides the key and its value. */
const keyOverheadBytes = 64

export const firstCursor = '0'

/**
 * One step of a walk through all keys of the namespaces of a Redis: SCAN, which blocks nobody, and the sizes of a few of the keys that
 * it found. Keys of the namespaces in `sweeping` that no reader accepts any more are removed. A key may be met twice, or not at all if
 * it comes and goes during the walk (Redis, SCAN), so the numbers are near and not exact.
 */
export async function walkStep(
  client: RedisClient,
  cursor: string,
  sweeping: ReadonlySet<RedisNamespaceName>,
  signal: AbortSignal,
): Promise<Result<WalkStep, RedisFailure>> {
  const scanned = await client.send([['SCAN', cursor, 'MATCH', 'bc:*', 'COUNT', limits.redisWalkKeysMax]], {
    signal,
  })
  if (!scanned.ok) return scanned
  const page = scannedPage(scanned.value[0])
  if (page === null) return err({ kind: 'unavailable' })
  const byNamespace = Map.groupBy(page.keys, (key) => parseRedisKey(key)?.namespace ?? null)
  const found: Partial<Record<RedisNamespaceName, WalkedKeys>> = {}
  const swept: Partial<Record<RedisNamespaceName, number>> = {}
  for (const [namespace, keys] of byNamespace) {
    if (namespace === null) continue
    const measured = await measure(client, keys, signal)
    if (!measured.ok) return measured
    found[namespace] = measured.value
    if (!sweeping.has(namespace)) continue
    const gone = await sweep(client, namespace, keys, signal)
    if (!gone.ok) return gone
    swept[namespace] = gone.value
    found[namespace] = { ...measured.value, keys: Math.max(0, measured.value.keys - gone.value) }
  }
  return ok({ cursor: page.cursor === firstCursor ? null : page.cursor, found, swept })
}

/** The answer to SCAN: a cursor and keys. */
export function scannedPage(
  reply: RedisReply | undefined,
): { readonly cursor: string; readonly keys: readonly string[] } | null {
  if (!Array.isArray(reply)) return null
  const [cursor, keys]: readonly RedisReply[] = reply
  if ((typeof cursor !== 'string' && typeof cursor !== 'number') || !Array.isArray(keys)) return null
  return { cursor: String(cursor), keys: keys.filter((key) => typeof key === 'string') }
}

/** Measures some of the keys, evenly spread over all of them. */
async function measure(
  client: RedisClient,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Result<WalkedKeys, RedisFailure>> {
  const every = Math.ceil(keys.length / limits.redisWalkMeasuredMax)
  const sample = keys.filter((_key, index) => index % every === 0)
  const lengths = await client.send(
    sample.map((key): RedisCommand => ['STRLEN', key]),
    { signal },
  )
  if (!lengths.ok) return lengths
  const bytesOf = (key: string, index: number) => key.length + Number(lengths.value[index]) + keyOverheadBytes
  const measuredBytes = sample.reduce((sum, key, index) => sum + bytesOf(key, index), 0)
  return ok({ keys: keys.length, measured: sample.length, measuredBytes })
}

/**
 * Removes those of the keys that are not of the current generation, which the script reads itself: a value that is written while the
 * sweep runs is of the current one, and must stay. Without a generation nothing is removed, since the first writer makes one.
 */
const sweepScript = `
local generation = redis.call('GET', KEYS[1])
if not generation then return 0 end
local swept = 0
for at = 2, #KEYS do
  local key = KEYS[at]
  local isCounter = string.sub(key, 1, #ARGV[1]) == ARGV[1]
  local of = isCounter and string.sub(key, #ARGV[1] + 1, #ARGV[1] + 32) or redis.call('GETRANGE', key, 0, 31)
  if of ~= generation then swept = swept + redis.call('DEL', key) end
end
return swept`

async function sweep(
  client: RedisClient,
  namespace: RedisNamespaceName,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Result<number, RedisFailure>> {
  const command: RedisCommand = [
    ...['EVAL', sweepScript, keys.length + 1, generationKey(namespace)],
    ...keys,
    counterPrefix(namespace),
  ] as const
  const swept = await client.send([command], { signal })
  return swept.ok ? ok(Number(swept.value[0])) : swept
}
