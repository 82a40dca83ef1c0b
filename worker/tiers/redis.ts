import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisFailure } from '../../shared/redis/client.ts'
import type { EntryNamespaceName } from '../../shared/redis/names.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../entry/entry.ts'
import { type CacheKey, namespaceOf } from '../entry/key.ts'
import { packedText, unpackedBytes } from './packed-text.ts'
import type { Tier, TierFailure } from './tier.ts'

/** The namespaces of entries on one Redis. Null for one that is switched off, or on another Redis. */
export type EntryNamespaces = Readonly<Record<EntryNamespaceName, RedisNamespace | null>>

/**
 * Redis over HTTP: one place for all locations, and nearer than the origin. An entry is stored as text, compressed if it is large, in the
 * namespace that its resource declares; a read is one MGET of the namespace's generation and the key. The entry of a namespace that is not on this Redis
 * is a miss, and is not written.
 */
export function createRedisTier(namespaces: EntryNamespaces, clock: Clock): Tier {
  const all = [namespaces.cache, namespaces.emailCache].filter((namespace) => namespace !== null)
  const of = (key: CacheKey) => namespaces[namespaceOf(key)]

  return {
    name: 'redis',
    heedsSignals: true,
    async get(key, signal) {
      const namespace = of(key)
      if (namespace === null) return ok(null)
      const got = await namespace.read(key, signal)
      if (!got.ok) return err(failureOf(got.error))
      if (got.value === null) return ok(null)
      const bytes = await unpackedBytes(got.value)
      const entry = bytes.ok ? decodeEntry(bytes.value) : bytes
      if (!entry.ok) return err({ kind: 'corrupt' })
      return ok(clock.now() < entry.value.deleteAtMs ? entry.value : null)
    },
    async put(key, entry, signal) {
      const namespace = of(key)
      const bytes = encodeEntry(entry)
      if (bytes.length > limits.entryBytesMax) return err({ kind: 'too-large' })
      const leftMs = Math.ceil(entry.deleteAtMs - clock.now())
      if (leftMs <= 0 || namespace === null) return ok('skipped')
      const put = await namespace.write(key, await packedText(bytes), leftMs, signal)
      return put.ok ? ok('stored') : err(failureOf(put.error))
    },
    async remove(keys, signal) {
      for (const namespace of all) {
        const removed = await namespace.remove(
          keys.filter((key) => of(key) === namespace),
          signal,
        )
        if (!removed.ok) return err(failureOf(removed.error))
      }
      return ok(undefined)
    },
    async probe(signal) {
      const answered: Result<unknown, RedisFailure> | undefined = await all[0]?.client.send([['PING']], {
        signal,
      })
      return answered === undefined || answered.ok ? ok(undefined) : err(failureOf(answered.error))
    },
  }
}

/** A Redis that refuses a command, such as a write while it is full, is not available for it. */
function failureOf({ kind }: RedisFailure): TierFailure {
  return { kind: kind === 'refused' ? 'unavailable' : kind }
}
