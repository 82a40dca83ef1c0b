import { describe, expect, it } from 'vitest'
import { defaultCacheSettings } from '../../../shared/contract/settings.ts'
import { conflictsIn, draftAfter } from '../../../worker/dashboard/src/workspace/settings-conflict.ts'

const shown = { ...defaultCacheSettings.cacheConfig, contactsTTL: 180, searchTTL: 60 }
const [own = ''] = Object.keys(shown.lifetimes)

describe('a change of lifetimes that somebody else has changed meanwhile', () => {
  it('is a conflict where the other value would be taken back, and nowhere else', () => {
    const now = { ...shown, contactsTTL: 240, searchTTL: 90 }
    const conflict = { name: 'contactsTTL', theirSeconds: 240, ownSeconds: 300 }
    expect(conflictsIn({ contactsTTL: 300 }, shown, now)).toEqual([conflict])
    expect(conflictsIn({ contactCountsTTL: 300 }, shown, now)).toEqual([])
  })

  it('is none if nothing changed, if both want the same, or once the other value has been shown', () => {
    const now = { ...shown, contactsTTL: 240 }
    expect(conflictsIn({ contactsTTL: 300 }, shown, shown)).toEqual([])
    expect(conflictsIn({ contactsTTL: 240 }, shown, now)).toEqual([])
    expect(conflictsIn({ contactsTTL: 300 }, now, now)).toEqual([])
    expect(conflictsIn(undefined, shown, now)).toEqual([])
  })

  it("is found among the resources' own lifetimes too", () => {
    const now = { ...shown, lifetimes: { ...shown.lifetimes, [own]: 31 } }
    expect(conflictsIn({ lifetimes: { [own]: 32 } }, shown, now)).toEqual([
      { name: own, theirSeconds: 31, ownSeconds: 32 },
    ])
  })

  it('keeps what is typed until it is saved', () => {
    const draft = { contactsTTL: 300, [`lifetimes.${own}`]: 32 }
    expect(draftAfter(draft, { ...shown, contactsTTL: 240 })).toEqual(draft)
    expect(draftAfter(draft, { ...shown, contactsTTL: 300 })).toEqual({ [`lifetimes.${own}`]: 32 })
  })
})
