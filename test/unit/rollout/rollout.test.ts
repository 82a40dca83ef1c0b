import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RolloutSetting } from '../../../shared/contract/rollout.ts'
import {
  defaultRollout,
  rolloutChangeSchema,
  rolloutModes,
  rolloutSettingSchema,
} from '../../../shared/contract/rollout.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { rolloutBucketOf, rolloutOf } from '../../../shared/rollout.ts'

const workspaceId = fc.stringMatching(/^[a-z0-9]{1,12}$/).map((id) => workspaceIdSchema.parse(id))
const workspaces = fc.uniqueArray(workspaceId, { maxLength: 4 })
const percent = fc.integer({ min: 0, max: limits.rolloutBuckets }).map((hundredths) => hundredths / 100)
const setting: fc.Arbitrary<RolloutSetting> = fc.record({
  mode: fc.constantFrom(...rolloutModes),
  percent,
  allow: workspaces,
  deny: workspaces,
  shadowed: workspaces,
})

const joined = (list: RolloutSetting['allow'], id: RolloutSetting['allow'][number]) => [
  ...new Set([...list, id]),
]

describe('the assignment of a workspace', () => {
  it('never takes anybody out when the percentage is raised, and lets nobody in when it is lowered', () => {
    fc.assert(
      fc.property(setting, workspaceId, percent, percent, (given, id, one, other) => {
        const [lower, higher] = [Math.min(one, other), Math.max(one, other)]
        const at = (share: number) => rolloutOf({ ...given, mode: 'percent', percent: share }, id)
        if (at(lower) === 'on') expect(at(higher)).toBe('on')
        if (at(higher) !== 'on') expect(at(lower)).not.toBe('on')
      }),
    )
  })

  it('is on for everybody at 100 percent and for nobody at 0, without lists', () => {
    fc.assert(
      fc.property(workspaceId, (id) => {
        const at = (share: number) => rolloutOf({ ...defaultRollout, mode: 'percent', percent: share }, id)
        expect([at(0), at(100)]).toEqual(['off', 'on'])
      }),
    )
  })

  it('lets in a share of workspaces close to the percentage', () => {
    const total = 20_000
    const buckets = Array.from({ length: total }, (_, index) => rolloutBucketOf(`workspace_${index}`))
    for (const share of [1, 12.5, 50, 90]) {
      const within = buckets.filter((bucket) => bucket < share * 100).length / total
      // Five standard deviations of a fair draw.
      const deviation = Math.sqrt(((share / 100) * (1 - share / 100)) / total)
      expect(Math.abs(within - share / 100)).toBeLessThan(5 * deviation)
    }
    expect(Math.min(...buckets)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...buckets)).toBeLessThan(limits.rolloutBuckets)
  })

  it('has the same bucket for ever, so that a new release moves nobody', () => {
    expect(['15213', '15214', ':deployment'].map(rolloutBucketOf)).toEqual([8512, 904, 853])
  })

  it('is off in the mode off, whatever else is set', () => {
    fc.assert(
      fc.property(setting, workspaceId, (given, id) => {
        const everywhere = { allow: joined(given.allow, id), shadowed: joined(given.shadowed, id) }
        expect(rolloutOf({ ...given, mode: 'off' }, id)).toBe('off')
        expect(rolloutOf({ ...given, ...everywhere, mode: 'off' }, id)).toBe('off')
      }),
    )
  })

  it('is off for a denied workspace in every mode, allowed or not', () => {
    fc.assert(
      fc.property(setting, workspaceId, (given, id) => {
        const lists = { deny: joined(given.deny, id), allow: joined(given.allow, id) }
        expect(rolloutOf({ ...given, ...lists }, id)).toBe('off')
      }),
    )
  })

  it('is never on for a workspace in shadow, and on for an allowed one whatever its bucket', () => {
    fc.assert(
      fc.property(setting, workspaceId, (given, id) => {
        const alone = { ...given, deny: [], shadowed: [], allow: [id] }
        expect(rolloutOf({ ...alone, mode: 'percent', percent: 0 }, id)).toBe('on')
        expect(rolloutOf({ ...alone, mode: 'percent', shadowed: [id] }, id)).toBe('shadow')
        expect(rolloutOf({ ...alone, mode: 'shadow' }, id)).toBe('shadow')
      }),
    )
  })

  it('depends on nobody else: other workspaces in the lists change nothing', () => {
    fc.assert(
      fc.property(setting, workspaceId, (given, id) => {
        const lists = [given.allow, given.deny, given.shadowed]
        fc.pre(!lists.some((list) => list.includes(id)))
        const alone = { ...given, allow: [], deny: [], shadowed: [] }
        expect(rolloutOf(given, id)).toBe(rolloutOf(alone, id))
      }),
    )
  })
})

describe('the form of the setting', () => {
  it('takes every hundredth of a percent and nothing between', () => {
    for (let hundredths = 0; hundredths <= limits.rolloutBuckets; hundredths += 1)
      expect(rolloutChangeSchema.safeParse({ percent: hundredths / 100 }).success).toBe(true)
    for (const bad of [-0.01, 100.01, 12.345, Number.NaN, Number.POSITIVE_INFINITY, '5'])
      expect(rolloutChangeSchema.safeParse({ percent: bad }).success).toBe(false)
  })

  it('bounds the lists and refuses a workspace that is named twice', () => {
    const many = Array.from({ length: limits.rolloutWorkspacesMax }, (_, index) => `w${index}`)
    expect(rolloutChangeSchema.safeParse({ allow: many }).success).toBe(true)
    expect(rolloutChangeSchema.safeParse({ allow: [...many, 'one_more'] }).success).toBe(false)
    expect(rolloutChangeSchema.safeParse({ deny: ['a', 'a'] }).success).toBe(false)
    expect(rolloutChangeSchema.safeParse({ deny: ['a b'] }).success).toBe(false)
  })

  it('refuses a change of nothing, and names that it does not know', () => {
    for (const bad of [{}, { version: 3 }, { mode: 'half' }, { mode: 'on', extra: 1 }])
      expect(rolloutChangeSchema.safeParse(bad).success).toBe(false)
    expect(rolloutSettingSchema.safeParse(defaultRollout).success).toBe(true)
  })

  it('has room for the largest change', () => {
    const full = Array.from({ length: limits.rolloutWorkspacesMax }, (_, index) =>
      `${index}`.padStart(64, 'w'),
    )
    const largest = JSON.stringify({
      version: Number.MAX_SAFE_INTEGER,
      mode: 'percent',
      percent: 99.99,
      allow: full,
      deny: full,
      shadowed: full,
    })
    expect(largest.length).toBeLessThan(limits.rolloutBodyBytesMax)
  })
})
