import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Inquiry } from '../../../worker/cache/answer.ts'
import { withOwnAnswers } from '../../../worker/cache/answer.ts'
import { entryOf, workspaceId } from '../../support/entries.ts'
import { answerOf, inquiryOf } from '../../support/inquiries.ts'
import { referenceCounts as counts } from '../../support/reference-counts.ts'

const computedAt = '2026-11-25T00:00:00.000000+00:00'
const bodyOf = (assignees: object, isComplete: boolean) =>
  new TextEncoder().encode(JSON.stringify({ counts, assignees, computedAt, isComplete }))

function asCounts(user: string, changes: Partial<Inquiry> = {}) {
  const asked = contactCounts.parse({ workspaceId }, {})
  if (!asked.ok) throw new Error('the question is valid')
  return inquiryOf(asked.value, () => undefined, { as: user, ...changes })
}

/** Answers the shared question with `shared`, a user's own with their own count, and tells what was asked. */
function answering(shared: Uint8Array, own: Readonly<Record<string, number>>) {
  const asked: string[] = []
  const ask = withOwnAnswers(async ({ question, caller }) => {
    const userId = caller.userId ?? ''
    asked.push(question.sharing)
    const body = question.sharing === 'workspace' ? shared : bodyOf({ [userId]: own[userId] ?? 0 }, false)
    return ok(answerOf({ entry: { ...entryOf(), body } }))
  })
  return { asked, ask }
}

const served = {
  status: 'HIT',
  source: 'memory',
  ttlSeconds: 1,
  ageSeconds: 0,
  edgeLocation: 'LAX',
  responseTimeMs: 1,
  retrievedAtMs: 0,
  isCacheEnabled: true,
} as const

describe('counts whose shared entry does not name every assignee', () => {
  it('say exactly how many are the caller’s, whoever is named in it', async () => {
    const user = fc.constantFrom(...'abcdefgh')
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(user, fc.nat()),
        user,
        fc.nat(9),
        fc.boolean(),
        async (all, me, n, cut) => {
          const named = cut ? Object.fromEntries(Object.entries(all).slice(0, n)) : all
          const { ask } = answering(bodyOf(named, !cut), all)
          const answered = await ask(asCounts(me))
          if (!answered.ok) throw new Error('it answers')
          const parts = contactCounts.present(answered.value.entry.body, {
            ...served,
            userId: userIdSchema.parse(me),
          })
          const { assignedToMe } = JSON.parse(Buffer.concat(parts).toString('utf8'))
          expect(assignedToMe).toBe(Object.hasOwn(all, me) ? all[me] : 0)
        },
      ),
    )
  })

  it('ask once where the entry names the user or names all, and for a warm-up', async () => {
    for (const [shared, changes] of [
      [bodyOf({ me: 1 }, false), {}],
      [bodyOf({}, true), {}],
      [bodyOf({}, false), { isWarmUp: true }],
    ] as const) {
      const { asked, ask } = answering(shared, {})
      await ask(asCounts('me', changes))
      expect(asked).toEqual(['workspace'])
    }
    const { asked, ask } = answering(bodyOf({}, false), {})
    await ask(asCounts('me'))
    expect(asked).toEqual(['workspace', 'user'])
  })

  it('take an entry from before, which named all assignees, for complete', async () => {
    const old = new TextEncoder().encode(JSON.stringify({ counts, assignees: { you: 1 }, computedAt }))
    const { asked, ask } = answering(old, {})
    await ask(asCounts('me'))
    expect(asked).toEqual(['workspace'])
  })

  it('keep one entry a user, apart from the shared one, moved by the same tags and as long fresh', () => {
    const { question } = asCounts('me')
    const me = userIdSchema.parse('me')
    const own = question.ownOf(bodyOf({}, false), me)
    const { params, lifetime, toggle, changes } = question
    expect(own).toMatchObject({ sharing: 'user', params, lifetime, toggle, changes })
    expect(own?.tagsFor(me)).toEqual(question.tagsFor(null))
    expect(own?.ownOf(bodyOf({}, false), me)).toBeNull()
  })

  it('do not look different to a check by which of too many assignees are named', () => {
    const { question } = asCounts('me')
    const compared = (assignees: object, isComplete: boolean) =>
      question.comparable?.(bodyOf(assignees, isComplete))
    expect(compared({ a: 1 }, false)).toBe(compared({ b: 2 }, false))
    expect(compared({ a: 1, b: 2 }, true)).toBe(compared({ b: 2, a: 1 }, true))
    expect(compared({ a: 1 }, true)).not.toBe(compared({ a: 2 }, true))
  })

  it('fail as the shared question fails', async () => {
    const ask = withOwnAnswers(async () => err({ code: 'not_cached' }))
    expect(await ask(asCounts('me'))).toEqual(err({ code: 'not_cached' }))
  })
})
