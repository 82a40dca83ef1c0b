import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { settingChanges } from '../../../worker/routes/settings-changes.ts'

const before = {
  cacheEnabled: true,
  features: { search: false },
  cacheConfig: { lifetimes: { contact: 600 } },
}

describe('the changed settings of an item of activity', () => {
  it('are those with another value than before, by their paths', () => {
    const change = {
      cacheEnabled: true,
      features: { search: true },
      cacheConfig: { lifetimes: { contact: 60 } },
    }
    expect(settingChanges(change, before)).toEqual({
      changes: [
        { name: 'features.search', from: false, to: true },
        { name: 'cacheConfig.lifetimes.contact', from: 600, to: 60 },
      ],
      changesMore: 0,
    })
  })

  it('are all of the change, from unknown values, if the settings before could not be read', () => {
    expect(settingChanges({ cacheEnabled: true }, null).changes).toEqual([
      { name: 'cacheEnabled', from: null, to: true },
    ])
  })

  it('are bounded in number, and the rest is counted', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`toggle${index}`, true]))
    const { changes, changesMore } = settingChanges({ features: many }, before)
    expect([changes.length, changesMore]).toEqual([limits.activityChangesMax, 30 - limits.activityChangesMax])
  })
})
