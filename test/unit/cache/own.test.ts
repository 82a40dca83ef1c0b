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
  const parsed = contactCounts.parse({ workspaceId }, {})
  if (!parsed.ok) throw new Error('the question is valid')
  return inquiryOf(parsed.value, () => undefined, { as: user, ...changes })
}

/** Answers the shared question with `shared` and a user's own question with their own count, and returns the questions. */
function answering(shared: Uint8Array, own: Readonly<Record<string, number>>) {
  const questions: string[] = []
  const answerQuestion = withOwnAnswers(async ({ question, caller }) => {
    const userId = caller.userId ?? ''
    questions.push(question.sharing)
    const body = question.sharing === 'workspace' ? shared : bodyOf({ [userId]: own[userId] ?? 0 }, false)
    return ok(answerOf({ entry: { ...entryOf(), body } }))
  })
  return { questions, answerQuestion }
}

const served = {
  status: 'HIT',
  source: 'memory',
  ttlSeconds: 1,
  ageSeconds: 0,
  provedAgeSeconds: 0,
  edgeLocation: 'LAX',
  responseTimeMs: 1,
  retrievedAtMs: 0,
  isCacheEnabled: true,
} as const

describe('counts whose shared entry does not name every assignee', () => {
  it("count the caller's contacts exactly, whether or not the entry names the caller", async () => {
    const user = fc.constantFrom(...'abcdefgh')
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(user, fc.nat()),
        user,
        fc.nat(9),
        fc.boolean(),
        async (all, me, n, cut) => {
          const named = cut ? Object.fromEntries(Object.entries(all).slice(0, n)) : all
          const { answerQuestion } = answering(bodyOf(named, !cut), all)
          const answered = await answerQuestion(asCounts(me))
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

  it('need one answer if the entry names the user or all assignees, and for a warm-up', async () => {
    for (const [shared, changes] of [
      [bodyOf({ me: 1 }, false), {}],
      [bodyOf({}, true), {}],
      [bodyOf({}, false), { isWarmUp: true }],
    ] as const) {
      const { questions, answerQuestion } = answering(shared, {})
      await answerQuestion(asCounts('me', changes))
      expect(questions).toEqual(['workspace'])
    }
    const { questions, answerQuestion } = answering(bodyOf({}, false), {})
    await answerQuestion(asCounts('me'))
    expect(questions).toEqual(['workspace', 'user'])
  })

  it('count an older entry, which named all assignees, as complete', async () => {
    const old = new TextEncoder().encode(JSON.stringify({ counts, assignees: { you: 1 }, computedAt }))
    const { questions, answerQuestion } = answering(old, {})
    await answerQuestion(asCounts('me'))
    expect(questions).toEqual(['workspace'])
  })

  it('have one entry for each user beside the shared one, with the same tags and lifetime', () => {
    const { question } = asCounts('me')
    const me = userIdSchema.parse('me')
    const own = question.ownOf(bodyOf({}, false), me)
    const { params, lifetime, toggle, changes } = question
    expect(own).toMatchObject({ sharing: 'user', params, lifetime, toggle, changes })
    expect(own?.tagsFor(me)).toEqual(question.tagsFor(null))
    expect(own?.ownOf(bodyOf({}, false), me)).toBeNull()
  })

  it('are equal in a check, whichever of too many assignees are named', () => {
    const { question } = asCounts('me')
    const compared = (assignees: object, isComplete: boolean) =>
      question.comparable?.(bodyOf(assignees, isComplete))
    expect(compared({ a: 1 }, false)).toBe(compared({ b: 2 }, false))
    expect(compared({ a: 1, b: 2 }, true)).toBe(compared({ b: 2, a: 1 }, true))
    expect(compared({ a: 1 }, true)).not.toBe(compared({ a: 2 }, true))
  })

  it('fail as the shared question fails', async () => {
    const answerQuestion = withOwnAnswers(async () => err({ code: 'not_cached' }))
    expect(await answerQuestion(asCounts('me'))).toEqual(err({ code: 'not_cached' }))
  })
})
