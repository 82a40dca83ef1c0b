import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { tagAt } from '../../../shared/tags/tags.ts'
import { decodeEntry, encodeEntry } from '../../../worker/entry/entry.ts'
import type { CacheKey } from '../../../worker/entry/key.ts'
import { createMemoryTier } from '../../../worker/tiers/memory.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const { signal } = new AbortController()
const bytesMax = 64 * 1024
const keyOf = (name: string | number) => `bc1:15213:contact-list:${name}` as CacheKey
const bodyOf = (bytes: number) => new Uint8Array(bytes).fill(0x61)

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.nat(40),
      bytes: fc.nat(6_000),
      tags: fc.nat(40),
      livesMs: fc.nat(3_000),
      isView: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), key: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2_000) }) },
)

test('whatever is stored, read, removed or expired, it never holds more bytes than its budget, by its own count and by the bodies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), async (steps) => {
      let nowMs = 1_000
      const tier = createMemoryTier({ now: () => nowMs, schedule: () => () => undefined }, bytesMax)
      for (const next of steps) {
        if (next.do === 'wait') nowMs += next.ms
        else if (next.do === 'get') await tier.get(keyOf(next.key), signal)
        else if (next.do === 'remove') await tier.remove([keyOf(next.key)], signal)
        else {
          const whole = bodyOf(next.bytes * 4)
          const body = next.isView ? whole.subarray(0, next.bytes) : bodyOf(next.bytes)
          const tags = Array.from({ length: next.tags }, (_, tag) => tagAt(tag))
          await tier.put(keyOf(next.key), entryOf({ body, tags, deleteAtMs: nowMs + next.livesMs }), signal)
        }
        expect(tier.heldBytes()).toBeLessThanOrEqual(bytesMax)
      }
      let bodiesBytes = 0
      for (let key = 0; key <= 40; key += 1) {
        const got = await tier.get(keyOf(key), signal)
        if (got.ok && got.value !== null) bodiesBytes += got.value.body.buffer.byteLength
      }
      expect(bodiesBytes).toBeLessThanOrEqual(tier.heldBytes())
    }),
    { numRuns: 200 },
  )
})

test('the entry that was used least recently leaves first', async () => {
  const tier = createMemoryTier(createFakeClock(), bytesMax)
  const put = (name: string) => tier.put(keyOf(name), entryOf({ body: bodyOf(3_000) }), signal)
  await put('read')
  await put('left alone')
  for (let other = 0; other < 17; other += 1) {
    await tier.get(keyOf('read'), signal)
    await put(`other ${other}`)
  }
  expect(await tier.get(keyOf('left alone'), signal)).toEqual({ ok: true, value: null })
  expect(await tier.get(keyOf('read'), signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
})

test('an entry over its share of the budget is refused and evicts nothing', async () => {
  const tier = createMemoryTier(createFakeClock(), bytesMax)
  await tier.put(keyOf('small'), entryOf(), signal)
  const large = entryOf({ body: bodyOf(bytesMax * limits.memoryEntryShareMax) })
  expect(await tier.put(keyOf('large'), large, signal)).toEqual({ ok: false, error: { kind: 'too-large' } })
  expect(await tier.get(keyOf('small'), signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
})

test('a hit copies nothing: two readers get the same bytes', async () => {
  const tier = createMemoryTier(createFakeClock(), limits.memoryCacheBytesDefault)
  const entry = entryOf()
  await tier.put(keyOf('a'), entry, signal)
  const [first, second] = [await tier.get(keyOf('a'), signal), await tier.get(keyOf('a'), signal)]
  expect(first.ok && first.value?.body).toBe(entry.body)
  expect(second.ok && second.value).toBe(first.ok && first.value)
})

test('a body from another tier is kept without a copy, unless it is a small part of a large buffer', async () => {
  const tier = createMemoryTier(createFakeClock(), limits.memoryCacheBytesDefault)
  const decoded = decodeEntry(encodeEntry(entryOf()))
  if (!decoded.ok) throw new Error('an encoded entry can be decoded')
  await tier.put(keyOf('decoded'), decoded.value, signal)
  await tier.put(keyOf('part'), entryOf({ body: new Uint8Array(2_000_000).subarray(5, 15) }), signal)
  const [whole, part] = [await tier.get(keyOf('decoded'), signal), await tier.get(keyOf('part'), signal)]
  expect(whole.ok && whole.value?.body).toBe(decoded.value.body)
  expect(part.ok && part.value?.body.buffer.byteLength).toBe(10)
})

test('an expired entry is dropped when it is read', async () => {
  const clock = createFakeClock()
  const tier = createMemoryTier(clock, limits.memoryCacheBytesDefault)
  await tier.put(keyOf('a'), entryOf({ deleteAtMs: clock.now() + 1_000 }), signal)
  await clock.advance(1_000)
  expect(await tier.get(keyOf('a'), signal)).toEqual({ ok: true, value: null })
  expect(tier.heldBytes()).toBe(0)
})

test('evictions are reported, and expired or removed entries are not', async () => {
  const clock = createFakeClock()
  let evictions = 0
  const tier = createMemoryTier(clock, 100_000, () => {
    evictions += 1
  })
  for (let page = 0; page < 30; page += 1) {
    await tier.put(keyOf(`page ${page}`), entryOf({ body: new Uint8Array(5_000) }), signal)
  }
  expect(evictions).toBeGreaterThan(10)
  const evicted = evictions
  await tier.remove([keyOf('page 29')], signal)
  await clock.advance(100_000_000)
  await tier.get(keyOf('page 28'), signal)
  expect(evictions).toBe(evicted)
})
