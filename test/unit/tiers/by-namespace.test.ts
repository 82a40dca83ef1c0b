import { expect, it } from 'vitest'
import type { CacheKey } from '../../../worker/entry/key.ts'
import { createTierByNamespace } from '../../../worker/tiers/by-namespace.ts'
import { withBreaker } from '../../../worker/tiers/with-breaker.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const page = 'bc3:15213:contact-list@1::board_1' as CacheKey
const mailbox = 'bc3.emailCache:15213:mailbox@1:user-1:inbox:=1' as CacheKey

function createWorld() {
  const clock = createFakeClock()
  const recorder = { record: () => undefined }
  const [ofCache, ofEmail] = [createFakeTier('redis', clock), createFakeTier('redis', clock)]
  const tier = createTierByNamespace({
    cache: withBreaker(ofCache, clock, recorder),
    emailCache: withBreaker(ofEmail, clock, recorder),
  })
  const entry = entryOf({ deleteAtMs: clock.now() + 60_000 })
  return { ofCache, ofEmail, tier, entry }
}

it('keeps each entry on the Redis of its namespace, and removes it there', async () => {
  const { ofCache, ofEmail, tier, entry } = createWorld()
  await tier.put(page, entry)
  await tier.put(mailbox, entry)
  expect([...ofCache.stored.keys()]).toEqual([page])
  expect([...ofEmail.stored.keys()]).toEqual([mailbox])
  expect(await tier.get(mailbox)).toMatchObject({ ok: true, value: { etag: entry.etag } })
  await tier.remove([page, mailbox])
  expect([ofCache.stored.size, ofEmail.stored.size]).toEqual([0, 0])
})

it('goes on with one Redis while the other is away, and shows the worse of both', async () => {
  const { ofEmail, tier, entry } = createWorld()
  ofEmail.failure = { kind: 'unavailable' }
  for (let call = 0; call < 5; call += 1) expect((await tier.get(mailbox)).ok).toBe(false)
  expect(await tier.get(mailbox)).toEqual({ ok: false, error: { kind: 'breaker-open' } })
  expect(await tier.put(page, entry)).toEqual({ ok: true, value: 'stored' })
  expect(tier.breakers()).toMatchObject({ get: { state: 'open' }, put: { state: 'closed' } })
  expect((await tier.probe()).ok).toBe(false)
})
