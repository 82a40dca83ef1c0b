import { expect, test } from 'vitest'
import type { CacheKey } from '../../../worker/cache/key.ts'
import { createKvTier } from '../../../worker/tiers/kv.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const { signal } = new AbortController()

/** A namespace whose writes fail with the message. */
function failing(message: string): KVNamespace {
  const namespace: Pick<KVNamespace, 'put'> = { put: () => Promise.reject(new Error(message)) }
  return namespace as KVNamespace
}

test.each([
  { message: 'KV PUT failed: 429 Too Many Requests', kind: 'rate-limited' },
  { message: 'KV PUT failed: 500 Internal Server Error', kind: 'unavailable' },
  { message: 'KV PUT failed: 503 Service Unavailable (key 429)', kind: 'unavailable' },
  { message: 'Network connection lost.', kind: 'unavailable' },
])('"$message" is $kind', async ({ message, kind }) => {
  const tier = createKvTier(failing(message), createFakeClock())
  expect(await tier.put('bc1:15213:a:b' as CacheKey, entryOf(), signal)).toEqual({
    ok: false,
    error: { kind },
  })
})
