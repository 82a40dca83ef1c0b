import { describe, expect, it } from 'vitest'
import { settingsOf } from '../../../shared/contract/settings.ts'
import { changeOf, lifetimesIn } from '../../../worker/dashboard/src/workspace/lifetime-draft.ts'

const settings = settingsOf([
  { name: 'lead', ownToggle: null, ownLifetimeSeconds: 900 },
  { name: 'searchTTL', ownToggle: null, ownLifetimeSeconds: 600 },
])
const { cacheConfig } = settings.presets

describe('lifetimes in the form', () => {
  it('are all that the settings have, also those that resources have under their own names', () => {
    expect(lifetimesIn(cacheConfig).map(({ name, seconds, isOwn }) => [name, seconds, isOwn])).toEqual([
      ['contactCountsTTL', 300, false],
      ['contactsTTL', 180, false],
      ['searchTTL', 120, false],
      ['messageHistoryTTL', 300, false],
      ['lead', 900, true],
      ['searchTTL', 600, true],
    ])
  })

  it('are sent as a change that the API takes, with nothing in it that stays', () => {
    expect(changeOf(cacheConfig, { lead: 60, contactsTTL: 180 })).toBeNull()
    expect(changeOf(cacheConfig, { contactsTTL: 60 })).toEqual({ contactsTTL: 60 })
    const change = changeOf(cacheConfig, { 'lifetimes.lead': 60, 'lifetimes.searchTTL': 600, searchTTL: 61 })
    expect(change).toEqual({ searchTTL: 61, lifetimes: { lead: 60 } })
    expect(settings.change.safeParse({ cacheConfig: change }).success).toBe(true)
  })

  it('that are no numbers are a change too, which the API refuses', () => {
    expect(changeOf(cacheConfig, { contactsTTL: Number.NaN })).toEqual({ contactsTTL: Number.NaN })
  })
})
