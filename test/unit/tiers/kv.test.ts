import { expect, test } from 'vitest'
import type { CacheKey } from '../../../worker/entry/key.ts'
import { createKvTier } from '../../../worker/tiers/kv.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const key = 'bc1:15213:contact-list:b1' as CacheKey
const { signal } = new AbortController()

/** A namespace whose writes and removals fail with the message. */
function failing(message: string): KVNamespace {
  const fail = () => Promise.reject(new Error(message))
  const namespace: Pick<KVNamespace, 'put' | 'delete'> = { put: fail, delete: fail }
  return namespace as KVNamespace
}

test.each([
  { message: 'KV PUT failed: 429 Too Many Requests', kind: 'rate-limited' },
  { message: 'KV DELETE failed: 429 Too Many Requests', kind: 'rate-limited' },
  { message: 'KV PUT failed: 500 Internal Server Error', kind: 'unavailable' },
  { message: 'KV PUT failed: 503 Service Unavailable (key 429)', kind: 'unavailable' },
  { message: 'Network connection lost.', kind: 'unavailable' },
])('"$message" is $kind', async ({ message, kind }) => {
  const tier = createKvTier(failing(message), createFakeClock())
  expect(await tier.put(key, entryOf(), signal)).toEqual({ ok: false, error: { kind } })
  expect(await tier.remove([key], signal)).toEqual({ ok: false, error: { kind } })
})
