import fc from 'fast-check'
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

test('no header carries an empty key', async () => {
  for (const header of [null, '', 'Bearer', 'Bearer ', 'Bearer x']) {
    expect(await matchesKey(header, '')).toBe(false)
  }
})

test('no header carries a key by chance, because the whole digests are compared', async () => {
  const guesses = Array.from({ length: 2_000 }, (_, number) => matchesKey(`Bearer guess-${number}`, key))
  expect(await Promise.all(guesses)).not.toContain(true)
})

test('a key may hold white space', async () => {
  expect(await matchesKey('Bearer a key of words', 'a key of words')).toBe(true)
  expect(await matchesKey('Bearer a', 'a key of words')).toBe(false)
})

test('a key is carried by the header that holds it whole, and by no other', async () => {
  const keyText = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((text) => /^\S.*$/.test(text))
  // Beside any text at all: the key with one piece cut out and another put in, which is close to it.
  const given = (own: string) =>
    fc.oneof(
      keyText,
      fc
        .tuple(fc.nat(own.length), fc.nat(3), fc.string({ maxLength: 3 }))
        .map(([at, cut, put]) => own.slice(0, at) + put + own.slice(at + cut)),
    )
  const keyAndGiven = keyText.chain((own) => fc.tuple(fc.constant(own), given(own)))
  await fc.assert(
    fc.asyncProperty(keyAndGiven, async ([own, other]) => {
      expect(await matchesKey(`Bearer ${own}`, own)).toBe(true)
      // White space after the scheme belongs to the scheme.
      expect(await matchesKey(`Bearer ${other}`, own)).toBe(other.replace(/^ +/, '') === own)
      expect(await matchesKey(other, own)).toBe(false)
    }),
    { numRuns: 500 },
  )
})
