import { describe, expect, it } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { analytics } from '../../../shared/resources/figures/analytics.ts'
import { campaignStats } from '../../../shared/resources/figures/campaign-stats.ts'
import { dashboard } from '../../../shared/resources/figures/dashboard.ts'
import { segmentCount } from '../../../shared/resources/figures/segment-count.ts'
import type { Resource } from '../../../shared/resources/question.ts'
import { bucketTag, familyTag, workspaceTag } from '../../../shared/tags/tags.ts'

function questionOf(resource: Resource, path: object, query: object = {}) {
  const parsed = resource.parse(path, query)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}
const tagsOf = (resource: Resource, path: object) => questionOf(resource, path).tagsFor(null)
const bytesOf = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))

describe('the figures', () => {
  it('of a campaign and of a segment depend on that one thing and its family', () => {
    expect(tagsOf(campaignStats, { id: 'c1' })).toEqual([
      ...[workspaceTag, familyTag('campaign'), bucketTag('campaign', 'c1')],
    ])
    expect(tagsOf(segmentCount, { id: 's1' })).toEqual([
      ...[workspaceTag, familyTag('segment'), bucketTag('segment', 's1')],
    ])
  })

  it('of a user are their own, and depend on the user and on where midnight is', () => {
    const question = questionOf(dashboard, {})
    expect(question.sharing).toBe('user')
    expect(question.tagsFor(userIdSchema.parse('ann'))).toEqual([
      ...[workspaceTag, familyTag('config'), familyTag('user'), bucketTag('user', 'ann')],
    ])
  })

  it('of a user are compared without what only time changes', () => {
    const { data } = dashboard.example
    const compared = (change: object) =>
      questionOf(dashboard, {}).comparable?.(bytesOf({ ...data, ...change }))
    expect(compared({ today: 99, follow_ups_due: 99 })).toBe(compared({}))
    for (const change of [{ assigned: 99 }, { unread: 99 }, { recent: [] }])
      expect(compared(change)).not.toBe(compared({}))
  })

  it.each(['0', '-1', '1.5', 'seven', '', String(limits.analyticsDaysMax + 1)])(
    'of the last %j days are refused',
    (days) => {
      const parsed = analytics.parse({}, { days })
      expect(!parsed.ok && parsed.error.map(({ parameter }) => parameter)).toEqual(['days'])
    },
  )

  it('of the last days are those of a month without a parameter, and depend on the snapshots alone', () => {
    expect(questionOf(analytics, {}).params).toEqual({ days: limits.analyticsDaysDefault })
    expect(tagsOf(analytics, {})).toEqual([workspaceTag, familyTag('analytics')])
  })

  it.each(['by-email', 'import', '..', 'a/b', 'a:b', 'x'.repeat(129)])('have no id %s', (id) => {
    expect(campaignStats.parse({ id }, {}).ok).toBe(false)
    expect(segmentCount.parse({ id }, {}).ok).toBe(false)
  })
})
