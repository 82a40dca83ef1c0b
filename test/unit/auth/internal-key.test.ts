import { expect, test } from 'vitest'
import { matchesKey } from '../../../worker/auth/internal-key.ts'

const key = 'an-internal-key-of-the-backend'

test.each([`Bearer ${key}`, `bearer ${key}`, `BEARER  ${key}`])('%j carries the key', async (header) => {
  expect(await matchesKey(header, key)).toBe(true)
})

test.each([
  null,
  '',
  key,
  'Bearer',
  'Bearer ',
  `Basic ${key}`,
  `Bearer ${key}x`,
  `Bearer ${key.slice(0, -1)}`,
  `Bearer x${key.slice(1)}`,
  `Bearer ${key} ${key}`,
  `Bearer ${key.toUpperCase()}`,
  `Bearer ${'x'.repeat(100_000)}`,
])('%j does not carry the key', async (header) => {
  expect(await matchesKey(header, key)).toBe(false)
})

test('an empty key is carried by nothing', async () => {
  for (const header of [null, '', 'Bearer', 'Bearer ', 'Bearer x']) {
    expect(await matchesKey(header, '')).toBe(false)
  }
})

test('no key is carried by chance: the whole of the digests is compared', async () => {
  const guesses = Array.from({ length: 2_000 }, (_, number) => matchesKey(`Bearer guess-${number}`, key))
  expect(await Promise.all(guesses)).not.toContain(true)
})

test('a key may hold white space', async () => {
  expect(await matchesKey('Bearer a key of words', 'a key of words')).toBe(true)
  expect(await matchesKey('Bearer a', 'a key of words')).toBe(false)
})
