import { hexDigest } from '../hex-digest.ts'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { RedisClient, RedisCommand, RedisFailure, RedisReply } from './client.ts'
import { generationCharacters, generationKey, generationOf } from './generation.ts'
import { isCurrent, parseRedisKey, type RedisKey } from './keys.ts'
import type { RedisNamespaceName } from './names.ts'
import { scannedPage } from './walk.ts'

/** A key as operators may see it: nothing that names a user, and no value. */
interface ListedKey {
  readonly digest: string
  readonly kind: RedisKey['kind']
  readonly lifetimeSeconds: number | null
  readonly bytes: number
  readonly isCleared: boolean
}

interface KeyPage {
  readonly keys: readonly ListedKey[]
  readonly nextCursor: string | null
}

/**
 * A page of the keys of a namespace that begin with `prefix`, in no order. The search takes a bounded number of steps, so a page may
 * have few keys, or none, and still have a next one.
 */
export async function listKeys(
  client: RedisClient,
  namespace: RedisNamespaceName,
  { prefix, cursor }: { readonly prefix: string; readonly cursor: string },
  signal: AbortSignal,
): Promise<Result<KeyPage, RedisFailure>> {
  const found = new Map<string, RedisKey>()
  let at: string | null = cursor
  for (let step = 0; step < limits.redisKeysStepsMax && at !== null; step += 1) {
    const scanned: Result<readonly RedisReply[], RedisFailure> = await client.send(
      [['SCAN', at, 'MATCH', `bc:${namespace}[:#]*`, 'COUNT', limits.redisKeysPerPage]],
      { signal },
    )
    if (!scanned.ok) return scanned
    const page = scannedPage(scanned.value[0])
    if (page === null) return err({ kind: 'unavailable' })
    for (const key of page.keys) {
      const parsed = parseRedisKey(key)
      if (parsed?.namespace === namespace && parsed.rest.startsWith(prefix)) found.set(key, parsed)
    }
    at = page.cursor === '0' ? null : page.cursor
    if (found.size >= limits.redisKeysPerPage) break
  }
  const keys = await describe(client, namespace, found, signal)
  return keys.ok ? ok({ keys: keys.value, nextCursor: at }) : keys
}

const partsOfKey = 3

async function describe(
  client: RedisClient,
  namespace: RedisNamespaceName,
  found: ReadonlyMap<string, RedisKey>,
  signal: AbortSignal,
): Promise<Result<ListedKey[], RedisFailure>> {
  if (found.size === 0) return ok([])
  const commands = [...found.keys()].flatMap((key): RedisCommand[] => [
    ['PTTL', key],
    ['STRLEN', key],
    ['GETRANGE', key, 0, generationCharacters - 1],
  ])
  const answered = await client.send([['GET', generationKey(namespace)], ...commands], { signal })
  if (!answered.ok) return answered
  const [seen, ...replies] = answered.value
  const generation = generationOf(seen)
  const listed = [...found.values()].map(async (key, index): Promise<ListedKey | null> => {
    const [leftMs, bytes, stored] = replies.slice(index * partsOfKey, (index + 1) * partsOfKey)
    // It expired after it was found (Redis, PTTL: -2), while -1 is a key that does not expire.
    if (leftMs === -2) return null
    return {
      digest: await hexDigest(key.rest, 16),
      kind: key.kind,
      lifetimeSeconds: typeof leftMs === 'number' && leftMs >= 0 ? leftMs / 1_000 : null,
      bytes: Number(bytes),
      isCleared: !isCurrent(key, String(stored), generation),
    }
  })
  return ok((await Promise.all(listed)).filter((key) => key !== null))
}
