import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { workspaceTag } from '../../../shared/tags/tags.ts'
import type { Judgement } from '../../../worker/cache/freshness.ts'
import { currentAtMs, isBetter, isDueEarly, judge } from '../../../worker/cache/freshness.ts'
import type { Entry } from '../../../worker/entry/entry.ts'
import type { CacheKey } from '../../../worker/entry/key.ts'
import { entryOf, viewOf, workspaceId } from '../../support/entries.ts'
import { boardTag } from '../../support/tags.ts'

const bornAtMs = entryOf().createdAtMs
const by = (changes: Partial<Judgement> = {}): Judgement => ({
  workspaceId,
  view: viewOf(),
  key: 'key' as CacheKey,
  nowMs: bornAtMs + 1_000,
  changes: 'writes',
  lifetimeSeconds: 180,
  usableSeconds: 180 + 3_600,
  ...changes,
})

describe('the verdict on an entry', () => {
  it.each([
    ['fresh within its lifetime with nothing moved past its stamp', entryOf(), by(), 'fresh'],
    [
      'fresh when a tag moved exactly at its stamp',
      entryOf(),
      by({ view: viewOf([[boardTag('b1'), 5]]) }),
      'fresh',
    ],
    [
      'outdated when a tag moved one past its stamp',
      entryOf(),
      by({ view: viewOf([[boardTag('b1'), 6]]) }),
      'outdated',
    ],
    [
      'fresh when only a tag it does not depend on moved',
      entryOf(),
      by({ view: viewOf([[boardTag('b2'), 9]]) }),
      'fresh',
    ],
    ['outdated under another ledger', entryOf(), by({ view: viewOf([], { ledgerId: 'new' }) }), 'outdated'],
    ['expired at the end of its lifetime', entryOf(), by({ nowMs: bornAtMs + 180_000 }), 'expired'],
    ['fresh a millisecond before', entryOf(), by({ nowMs: bornAtMs + 179_999 }), 'fresh'],
    [
      'outdated rather than expired',
      entryOf(),
      by({ nowMs: bornAtMs + 180_000, view: viewOf([[workspaceTag, 7]]) }),
      'outdated',
    ],
    ['unusable from its last instant on', entryOf(), by({ nowMs: entryOf().deleteAtMs }), 'unusable'],
    [
      'unusable for another workspace',
      entryOf(),
      by({ workspaceId: workspaceIdSchema.parse('15214') }),
      'unusable',
    ],
    ['judged by time alone where nothing is known of the ledger', entryOf(), by({ view: null }), 'fresh'],
  ] as const)('is %s', (_name, entry, judgement, verdict) => {
    expect(judge(entry, judgement)).toBe(verdict)
  })

  it('never improves as versions grow or time passes', () => {
    const worth = { fresh: 3, expired: 2, outdated: 1, unusable: 0 }
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(400_000), fc.nat(400_000), (moved, more, ms, moreMs) => {
        const earlier = judge(entryOf(), by({ view: viewOf([[workspaceTag, moved]]), nowMs: bornAtMs + ms }))
        const later = judge(
          entryOf(),
          by({ view: viewOf([[workspaceTag, moved + more]]), nowMs: bornAtMs + ms + moreMs }),
        )
        expect(worth[later]).toBeLessThanOrEqual(worth[earlier])
      }),
    )
  })

  it('keeps the better of two entries as a fallback, and never an unusable one', () => {
    const entry = entryOf()
    expect(isBetter(entry, 'unusable', null)).toBe(false)
    expect(isBetter(entry, 'outdated', null)).toBe(true)
    expect(isBetter(entry, 'expired', { entry, verdict: 'outdated' })).toBe(true)
    expect(isBetter(entry, 'outdated', { entry, verdict: 'expired' })).toBe(false)
    expect(isBetter(entryOf({ createdAtMs: bornAtMs + 1 }), 'expired', { entry, verdict: 'expired' })).toBe(
      true,
    )
  })
})

/** Judges entries of this key that only writes change and of which this instant is proved. */
const proved = (provedAtMs: number, changes: Partial<Judgement> = {}): Judgement =>
  by({ view: viewOf([], { provedAtMs }), ...changes })
const lifetimeMs = 180_000
const dayMs = 86_400_000
const kept = (changes: Partial<Entry> = {}) => entryOf({ deleteAtMs: bornAtMs + 2 * dayMs, ...changes })
const keys = fc.string({ minLength: 1, maxLength: 60 }).map((text) => text as CacheKey)

describe('an entry that was proved', () => {
  it('is fresh for three quarters of its lifetime after the proof, and for no longer than all of it', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: lifetimeMs, max: dayMs / 2 }), (key, provedAfterMs) => {
        const provedAtMs = bornAtMs + provedAfterMs
        const at = (afterMs: number) =>
          judge(kept(), proved(provedAtMs, { key, nowMs: provedAtMs + afterMs, usableSeconds: 2 * 86_400 }))
        expect(at(0.75 * lifetimeMs - 1)).toBe('fresh')
        expect(at(lifetimeMs)).toBe('expired')
      }),
    )
  })

  it('expires at an instant of its own when the proofs stop: no tenth of the last quarter ends a third of 1,000 entries', () => {
    const provedAtMs = bornAtMs + lifetimeMs
    const endOf = (key: string) => {
      let [fresh, over] = [0.75 * lifetimeMs, lifetimeMs]
      while (over - fresh > 1) {
        const middle = (fresh + over) / 2
        const by = proved(provedAtMs, { key: key as CacheKey, nowMs: provedAtMs + middle })
        if (judge(kept(), by) === 'fresh') fresh = middle
        else over = middle
      }
      return Math.min(9, Math.floor(((fresh - 0.75 * lifetimeMs) / (0.25 * lifetimeMs)) * 10))
    }
    const ends = Array.from({ length: 1_000 }, (_, index) => endOf(`bc3:15213:contacts@1:-:board_${index}:1`))
    const counts = Map.groupBy(ends, (tenth) => tenth)
    expect(Math.max(...[...counts.values()].map(({ length }) => length))).toBeLessThan(333)
    expect(counts.size).toBe(10)
  })

  it('is never fresh a day after its load, however often it was proved', () => {
    const nowMs = bornAtMs + dayMs
    expect(judge(kept(), proved(nowMs - 1, { nowMs: nowMs - 1 }))).toBe('fresh')
    expect(judge(kept(), proved(nowMs, { nowMs }))).toBe('expired')
  })

  it('keeps at least the lifetime that began with its load, and a proof never shortens it', () => {
    fc.assert(
      fc.property(keys, fc.nat(lifetimeMs - 1), fc.nat(2 * lifetimeMs), (key, afterMs, provedAfterMs) => {
        const nowMs = bornAtMs + afterMs
        expect(judge(kept(), proved(bornAtMs + provedAfterMs, { key, nowMs }))).toBe('fresh')
      }),
    )
  })

  it.each([
    ['time changes it', { changes: 'time' }],
    ['no ledger is known', { view: null }],
    ['a tag moved', { view: viewOf([[workspaceTag, 6]], { provedAtMs: bornAtMs + lifetimeMs }) }],
    [
      'the proof is of another ledger',
      { view: viewOf([], { ledgerId: 'b', provedAtMs: bornAtMs + lifetimeMs }) },
    ],
  ] as const)('is worth nothing more if %s', (_why, changes) => {
    const provedAtMs = bornAtMs + lifetimeMs
    const judgement = proved(provedAtMs, { nowMs: provedAtMs + 1, ...changes })
    expect(judge(kept(), judgement)).not.toBe('fresh')
    expect(currentAtMs(kept(), judgement)).toBe(bornAtMs)
  })

  it('counts a proof from a clock that is ahead as one of this moment', () => {
    const nowMs = bornAtMs + 2 * lifetimeMs
    expect(currentAtMs(kept(), proved(nowMs + 60_000, { nowMs }))).toBe(nowMs)
  })

  it('counts its age, its early refresh and its last usable instant from the proof', () => {
    const provedAtMs = bornAtMs + 10 * lifetimeMs
    const judgement = proved(provedAtMs, { nowMs: provedAtMs + 1_000 })
    expect(currentAtMs(kept(), judgement)).toBe(provedAtMs)
    expect(isDueEarly(kept(), judgement, 0.999)).toBe(false)
    expect(isDueEarly(kept(), { ...judgement, nowMs: provedAtMs + lifetimeMs }, 0)).toBe(true)
    const { usableSeconds } = judgement
    const lastMs = provedAtMs + usableSeconds * 1_000
    expect(judge(kept(), { ...judgement, nowMs: lastMs - 1 })).toBe('expired')
    expect(judge(kept(), { ...judgement, nowMs: lastMs })).toBe('unusable')
  })

  it('never gets worse because it was proved later', () => {
    const worth = { fresh: 3, expired: 2, outdated: 1, unusable: 0 }
    fc.assert(
      fc.property(
        keys,
        fc.nat(dayMs),
        fc.nat(dayMs),
        fc.nat(2 * dayMs),
        (key, provedMs, laterMs, afterMs) => {
          const judged = (ms: number) =>
            judge(kept(), proved(bornAtMs + ms, { key, nowMs: bornAtMs + afterMs }))
          expect(worth[judged(provedMs + laterMs)]).toBeGreaterThanOrEqual(worth[judged(provedMs)])
        },
      ),
    )
  })
})
