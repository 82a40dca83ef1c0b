import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { referenceCounts as counts } from '../../support/reference-counts.ts'

const computedAt = '2025-07-26T15:36:27.020Z'

function present(assignees: Record<string, number>, user: string, source: 'redis_cache' | 'database') {
  const body = new TextEncoder().encode(JSON.stringify({ counts, assignees, computedAt }))
  const presented = contactCounts.present(body, {
    status: source === 'database' ? 'MISS' : 'HIT',
    source,
    ttlSeconds: 300,
    ageSeconds: 1,
    provedAgeSeconds: 0,
    edgeLocation: 'LAX',
    responseTimeMs: 93.78,
    retrievedAtMs: Date.parse('2025-07-26T15:40:58.736Z'),
    isCacheEnabled: true,
    userId: userIdSchema.parse(user),
  })
  return JSON.parse(Buffer.concat(presented).toString('utf8'))
}

describe('the counts of a workspace', () => {
  it('are named by what they count, and not by when they were computed', () => {
    const named = (data: object) =>
      new TextDecoder().decode(contactCounts.namedPart(new TextEncoder().encode(JSON.stringify(data))))
    const entry = { counts, assignees: { ann: 3 }, computedAt }
    expect(named({ ...entry, computedAt: '2025-07-26T15:36:28.020Z' })).toBe(named(entry))
    expect(named({ ...entry, counts: { ...counts, open: counts.open + 1 } })).not.toBe(named(entry))
    expect(named({ ...entry, assignees: { ann: 4 } })).not.toBe(named(entry))
    expect(named({ ...entry, isComplete: false })).not.toBe(named(entry))
  })

  it('read from a cache as SPEC 3 shows them', () => {
    expect(present({}, 'user', 'redis_cache')).toEqual({
      ...counts,
      assignedToMe: 0,
      _cached: true,
      _source: 'redis_cache',
      _timestamp: computedAt,
      _retrievedAt: '2025-07-26T15:40:58.736Z',
      _responseTimeMs: 93.78,
      _cacheEnabled: true,
    })
  })

  it('read from the database carry no _retrievedAt', () => {
    const presented = present({}, 'user', 'database')
    expect(presented).toMatchObject({ _cached: false, _source: 'database' })
    expect(presented).not.toHaveProperty('_retrievedAt')
  })

  it("give each user their own assignedToMe from the shared entry, and no other user's", () => {
    const user = fc.stringMatching(/^[a-z_]{1,12}$/)
    fc.assert(
      fc.property(fc.dictionary(user, fc.nat()), user, (assignees, caller) => {
        const own = Object.hasOwn(assignees, caller) ? assignees[caller] : 0
        expect(present(assignees, caller, 'redis_cache').assignedToMe).toBe(own)
      }),
    )
    expect(present({}, 'constructor', 'redis_cache').assignedToMe).toBe(0)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])(
    'give a user whose id is %s their own count, from the shared entry and from their own',
    (userId) => {
      const assignees: Record<string, number> = JSON.parse(`{"a":1,"${userId}":3}`)
      expect(present(assignees, userId, 'redis_cache').assignedToMe).toBe(3)
      expect(present({ a: 1 }, userId, 'redis_cache').assignedToMe).toBe(0)

      const parsed = contactCounts.parse({ workspaceId: '15213' }, {})
      if (!parsed.ok) throw new Error('the question is refused')
      const bodyOf = (named: unknown) =>
        new TextEncoder().encode(JSON.stringify({ counts, assignees: named, computedAt, isComplete: false }))
      const needsOwn = (named: unknown) =>
        parsed.value.ownOf(bodyOf(named), userIdSchema.parse(userId)) !== null
      expect([needsOwn(assignees), needsOwn({ a: 1 })]).toEqual([false, true])
    },
  )

  it.each([[null], [[]], ['text'], [{ a: 1.5 }], [{ a: '1' }]])('refuse %j for assignees', (assignees) => {
    const data = { counts, assignees, computedAt }
    expect(contactCounts.data.safeParse(data).success).toBe(false)
  })

  it('takes useCache as true or false and nothing else', () => {
    const bypass = (useCache: string) => {
      const parsed = contactCounts.parse({ workspaceId: '15213' }, { useCache })
      return parsed.ok ? parsed.value.isBypass : 'fault'
    }
    expect([bypass('true'), bypass('false'), bypass('yes'), bypass('')]).toEqual([
      false,
      true,
      'fault',
      'fault',
    ])
  })
})
