import { describe, expect, it } from 'vitest'
import { type FreshnessFacts, freshnessOf } from '../../../worker/dashboard/src/board/freshness.ts'

const live: FreshnessFacts = {
  connection: { mode: 'live', asOfAgeMs: 400 },
  state: 'current',
  isEarlier: false,
  statuses: ['current', 'current'],
  oldestAgeMs: 9_000,
}

describe('the head of a list', () => {
  it('calls it current, as of the last proof, only while the hub proves every page on the screen', () => {
    expect(freshnessOf(live)).toMatchObject({ tone: 'good', words: 'Current as of', ageMs: 400 })
  })

  it.each([
    ['offline', { connection: { mode: 'offline', asOfAgeMs: null } }, /^Offline/],
    ['polled', { connection: { mode: 'polling', asOfAgeMs: null } }, /^Polled/],
    ['paused', { connection: { mode: 'paused', asOfAgeMs: null } }, /^Paused/],
    ['being connected', { connection: { mode: 'connecting', asOfAgeMs: null } }, /^Connecting/],
    ['stale', { statuses: ['current', 'stale'] }, /^Stale/],
    ['not proved', { statuses: ['current', 'unproved'] }, /^Not proved/],
    ['of several versions', { state: 'mixed' }, /several versions/],
    ['behind', { state: 'behind' }, /on their way/],
    ['of an earlier question', { isEarlier: true }, /^Looking/],
  ] as const)('says that it is %s, with the age of its oldest page', (_, facts, words) => {
    const said = freshnessOf({ ...live, ...facts })
    expect(said.words).toMatch(words)
    expect(said.tone).not.toBe('good')
  })

  it('says the same to a screen reader while only the age changes', () => {
    const later = { ...live, connection: { mode: 'live', asOfAgeMs: 5_400 }, oldestAgeMs: 14_000 } as const
    expect(freshnessOf(later).announced).toBe(freshnessOf(live).announced)
    // Rows come every second on a busy board.
    expect(freshnessOf({ ...live, state: 'behind' }).announced).toBe(freshnessOf(live).announced)
  })
})
