import fc from 'fast-check'
import { expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { packedText, unpackedBytes } from '../../../worker/tiers/packed-text.ts'

const encode = (text: string) => new TextEncoder().encode(text)

it('gives back the bytes of every text, compressed or not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 1, max: 300 }),
      async (text, times) => {
        const bytes = encode(`{${text.repeat(times)}`)
        expect(await unpackedBytes(await packedText(bytes))).toEqual({ ok: true, value: bytes })
      },
    ),
    { numRuns: 50 },
  )
})

it('leaves a small entry as it is, and makes a large one smaller', async () => {
  const small = '{"a":1}\n'.padEnd(limits.redisPackedBytesMin - 1, 'a')
  expect(await packedText(encode(small))).toBe(small)
  const large = small.padEnd(limits.redisPackedBytesMin, 'a')
  expect((await packedText(encode(large))).length).toBeLessThan(large.length / 2)
})

it('calls damaged text corrupt, wherever the damage is', async () => {
  const text = await packedText(encode('{"name":"somebody"}'.repeat(1_000)))
  for (const damaged of [text.slice(0, -8), text.slice(0, 20), '~', '~%%', `~${text.slice(20)}`])
    expect(await unpackedBytes(damaged)).toEqual({ ok: false, error: 'corrupt' })
})

it('does not unpack more than an entry may have', async () => {
  const text = await packedText(new Uint8Array(limits.entryBytesMax + 1))
  expect(text.length).toBeLessThan(100_000)
  expect(await unpackedBytes(text)).toEqual({ ok: false, error: 'corrupt' })
})
