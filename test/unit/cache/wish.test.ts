import { describe, expect, it } from 'vitest'
import { parseWish, plainWish } from '../../../worker/cache/wish.ts'

const wishOf = (headers: Record<string, string>) => {
  const wish = parseWish(new Headers(headers))
  return wish.ok ? wish.value : wish.error
}
const plain = plainWish

describe('the wish of a request', () => {
  it.each([
    ['nothing', {}, plain],
    [
      'what is current now (RFC 9111 5.2.1.4)',
      { 'Cache-Control': 'no-cache' },
      { ...plain, proof: { kind: 'now' } },
    ],
    [
      'the same in other words (5.2.1.1)',
      { 'Cache-Control': 'max-age=0' },
      { ...plain, proof: { kind: 'now' } },
    ],
    [
      'nothing older than so many seconds',
      { 'Cache-Control': 'MAX-AGE="20"' },
      { ...plain, maxAgeSeconds: 20 },
    ],
    [
      'only what is cached (5.2.1.7)',
      { 'Cache-Control': 'only-if-cached' },
      { ...plain, isOnlyIfCached: true },
    ],
    [
      'that nothing is kept (5.2.1.5)',
      { 'Cache-Control': 'no-store, foo=bar' },
      { ...plain, isNoStore: true },
    ],
    [
      'something at most so long past its time (5.2.1.2)',
      { 'Cache-Control': 'max-stale=30' },
      { ...plain, maxStaleSeconds: 30 },
    ],
    [
      'something however long past its time',
      { 'Cache-Control': 'max-stale' },
      { ...plain, maxStaleSeconds: Number.POSITIVE_INFINITY },
    ],
    [
      'what stays fresh for a while (5.2.1.3)',
      { 'Cache-Control': 'min-fresh=9' },
      { ...plain, minFreshSeconds: 9 },
    ],
    [
      'something not too old where the origin fails (RFC 5861 4)',
      { 'Cache-Control': 'stale-if-error=60' },
      { ...plain, staleIfErrorSeconds: 60 },
    ],
    [
      'what is current now, in the words of HTTP/1.0 (5.4)',
      { Pragma: 'no-cache' },
      { ...plain, proof: { kind: 'now' } },
    ],
    [
      'nothing by Pragma beside Cache-Control',
      { Pragma: 'no-cache', 'Cache-Control': 'max-stale=1' },
      { ...plain, maxStaleSeconds: 1 },
    ],
    ['nothing by what is no number', { 'Cache-Control': 'max-age=soon' }, plain],
    [
      'nothing older than a version',
      { 'X-Min-Version': '7' },
      { ...plain, proof: { kind: 'at-least', version: 7 } },
    ],
    [
      'both proof and a version that must exist',
      { 'X-Min-Version': '7', 'Cache-Control': 'no-cache' },
      { ...plain, proof: { kind: 'now', version: 7 } },
    ],
  ])('is %s', (_name, headers, wish) => {
    expect(wishOf(headers)).toEqual(wish)
  })

  it.each(['-1', '1.5', 'x', '', '1e3', '9999999999999999'])('is a fault if the version is %j', (version) => {
    expect(wishOf({ 'X-Min-Version': version })).toEqual([
      { parameter: 'X-Min-Version', message: 'must be a version that an invalidation answered' },
    ])
  })
})
