import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { workspaceTag } from '../../../shared/tags/tags.ts'
import type { Judgement } from '../../../worker/cache/freshness.ts'
import { isBetter, judge } from '../../../worker/cache/freshness.ts'
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
