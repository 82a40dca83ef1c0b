import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cacheSettingsChangeSchema,
  cacheSettingsSchema,
  defaultCacheSettings,
  isCacheOn,
  lifetimeOf,
  settingsOf,
  storedSettingsSchema,
} from '../../../shared/contract/settings.ts'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { resources } from '../../../shared/resources/index.ts'

const lead = { name: 'lead', ownToggle: false, ownLifetimeSeconds: 900 }
const thread = { name: 'thread', ownToggle: null, ownLifetimeSeconds: 600 }
const page = { name: 'page', ownToggle: null, ownLifetimeSeconds: null }

const before = settingsOf([page])
const after = settingsOf([page, lead, thread])

/** Every way to keep some of an object's members, at every depth. */
function partsOf(whole: object): fc.Arbitrary<object> {
  return fc.record(
    Object.fromEntries(
      Object.entries(whole).map(([name, value]) => [
        name,
        typeof value === 'object' && value !== null ? partsOf(value) : fc.constant(value),
      ]),
    ),
    { requiredKeys: [] },
  )
}

describe('the settings that follow from declarations', () => {
  test('a resource has its own toggle and lifetime under its name, with their defaults', () => {
    expect(after.presets.features).toEqual({ ...before.presets.features, lead: false })
    expect(after.presets.cacheConfig.lifetimes).toEqual({ lead: 900, thread: 600 })
    expect(before.presets.cacheConfig.lifetimes).toEqual({})
  })

  test('no resource has the name of another toggle', () => {
    expect(() => settingsOf([{ ...lead, name: 'prefetch' }])).toThrow(/prefetch/)
    expect(() => settingsOf([{ ...lead, name: 'search' }])).toThrow(/search/)
  })

  test('the four of SPEC 5 have their names, defaults and nothing beside them under the same lifetime', () => {
    expect(defaultCacheSettings).toMatchObject({
      cacheEnabled: true,
      features: { contactCounts: true, contactLists: true, search: false, messageHistory: false },
      cacheConfig: { contactCountsTTL: 300, contactsTTL: 180, searchTTL: 120, messageHistoryTTL: 300 },
    })
    for (const { name, ownLifetimeSeconds } of resources) {
      const { lifetimes } = defaultCacheSettings.cacheConfig
      expect(Object.hasOwn(lifetimes, name)).toBe(ownLifetimeSeconds !== null)
    }
  })
})

describe('settings of another release', () => {
  test('an answer that lacks toggles or lifetimes gets their defaults, and keeps all the rest', () => {
    const { features, cacheConfig } = before.presets
    const older = fc.record({
      cacheEnabled: fc.boolean(),
      features: partsOf(features),
      cacheConfig: partsOf(cacheConfig),
    })
    fc.assert(
      fc.property(older, (answered) => {
        const read = after.answered.parse(answered)
        expect(read).toMatchObject(answered)
        expect(Object.keys(read.features)).toEqual(Object.keys(after.presets.features))
        expect(Object.keys(read.cacheConfig.lifetimes)).toEqual(['lead', 'thread'])
      }),
    )
  })

  test.each(['cacheEnabled', 'features', 'cacheConfig'])(
    'an answer without %s is an error, and not replaced by a default',
    (name) => {
      const broken = Object.fromEntries(Object.entries(after.presets).filter(([each]) => each !== name))
      expect(after.answered.safeParse(broken).success).toBe(false)
    },
  )

  test('unknown members are left out of answers and rows', () => {
    const newer = { ...after.presets, cacheEnabled: false, shape: 2 }
    const known = { ...before.presets, cacheEnabled: false }
    expect(before.answered.parse(newer)).toEqual(known)
    expect(before.stored.parse(newer)).toEqual(known)
  })

  test('an answer with an invalid value is refused, and a row gets the default there', () => {
    const broken = {
      ...after.presets,
      cacheConfig: { ...after.presets.cacheConfig, lifetimes: { lead: 5, thread: 60 } },
    }
    expect(after.answered.safeParse(broken).success).toBe(false)
    expect(after.stored.parse(broken).cacheConfig.lifetimes).toEqual({ lead: 900, thread: 60 })
  })

  test('any stored value is read as valid settings', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        const read = storedSettingsSchema.parse(stored)
        expect(cacheSettingsSchema.parse(read)).toEqual(read)
        expect(Object.keys(read.features)).toEqual(Object.keys(defaultCacheSettings.features))
      }),
    )
  })
})

describe('a change of settings', () => {
  test.each([
    { features: { lead: true } },
    { cacheConfig: { lifetimes: { thread: limits.lifetimeSecondsMin } } },
    { cacheConfig: { contactsTTL: 60, lifetimes: { lead: limits.lifetimeSecondsMax, thread: 60 } } },
  ])('takes %j', (change) => {
    expect(after.change.parse(change)).toEqual(change)
  })

  test.each([
    [
      { cacheConfig: { lifetimes: { thread: limits.lifetimeSecondsMin - 1 } } },
      'cacheConfig.lifetimes.thread',
    ],
    [
      { cacheConfig: { lifetimes: { thread: limits.lifetimeSecondsMax + 1 } } },
      'cacheConfig.lifetimes.thread',
    ],
    [{ cacheConfig: { lifetimes: { thread: 60.5 } } }, 'cacheConfig.lifetimes.thread'],
    [{ cacheConfig: { lifetimes: { thread: '60' } } }, 'cacheConfig.lifetimes.thread'],
    [{ cacheConfig: { lifetimes: { page: 60 } } }, 'cacheConfig.lifetimes'],
    [{ cacheConfig: { lifetimes: { unheard: 60 } } }, 'cacheConfig.lifetimes'],
    [{ cacheConfig: { lifetimes: [60] } }, 'cacheConfig.lifetimes'],
    [{ features: { thread: true } }, 'features'],
  ] as const)('refuses %j and says where', (change, where) => {
    const parsed = after.change.safeParse(change)
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([where])
  })

  test('must change something', () => {
    expect(cacheSettingsChangeSchema.safeParse({}).success).toBe(false)
  })
})

describe('for a question', () => {
  const resource = { ...contactCounts, name: 'lead' }
  const settings = (changes: object = {}) => after.answered.parse({ ...after.presets, ...changes })

  test("the workspace's lifetime counts: a named one, its own, or the default", () => {
    const { cacheConfig } = after.presets
    const set = settings({
      cacheConfig: { ...cacheConfig, contactsTTL: 77, lifetimes: { lead: 88, thread: 600 } },
    })
    expect(lifetimeOf({ resource, lifetime: 'contactsTTL' }, set)).toBe(77)
    expect(lifetimeOf({ resource, lifetime: 900 }, set)).toBe(88)
    expect(lifetimeOf({ resource: { ...resource, name: 'unheard' }, lifetime: 900 }, set)).toBe(900)
  })

  test('the cache is on if neither the workspace nor the toggle switches it off', () => {
    const features = { ...after.presets.features, contactLists: false, lead: true }
    expect(isCacheOn({ resource, toggle: null }, settings({ features }))).toBe(true)
    expect(isCacheOn({ resource, toggle: 'contactLists' }, settings({ features }))).toBe(false)
    expect(isCacheOn({ resource, toggle: 'contactCounts' }, settings({ features }))).toBe(true)
    expect(isCacheOn({ resource, toggle: false }, settings({ features }))).toBe(true)
    expect(isCacheOn({ resource, toggle: false }, settings())).toBe(false)
    for (const toggle of [null, 'contactCounts', true] as const) {
      expect(isCacheOn({ resource, toggle }, settings({ features, cacheEnabled: false }))).toBe(false)
    }
  })
})
