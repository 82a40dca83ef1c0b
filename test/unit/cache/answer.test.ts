import { expect, it } from 'vitest'
import { defaultCacheSettings } from '../../../shared/contract/settings.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { ok } from '../../../shared/result.ts'
import { createAnswer, withOwnAnswers } from '../../../worker/cache/answer.ts'
import type { Read } from '../../../worker/cache/read-terms.ts'
import type { Caller } from '../../../worker/outbound/origin-client.ts'
import { answerOf, inquiryOf, questionOf } from '../../support/inquiries.ts'

const settings = {
  inForce: async () => ({
    ...defaultCacheSettings,
    cacheConfig: { ...defaultCacheSettings.cacheConfig, contactsTTL: 77 },
  }),
  read: async () => ok(defaultCacheSettings),
}
const service = { kind: 'service', userId: null, requestId: 'request-1' } as const
const own = contactList.parse({ boardId: 'b1' }, { filter: 'assigned_to_me' })

/** Answers one question, and returns the reads and the callers of the origin. */
async function answerOne(question = questionOf(), caller: Caller = service) {
  const reads: Read[] = []
  const callers: Caller[] = []
  const answer = createAnswer(
    async (read) => {
      reads.push(read)
      await read.fetchBody('l:1')
      return ok(answerOf())
    },
    settings,
    {
      async load(_question, _target, by) {
        callers.push(by)
        return ok(null)
      },
    },
  )
  const keepAlive = () => undefined
  const answered = await answer({ ...inquiryOf(question, keepAlive), caller: { ...caller, keepAlive } })
  return { answered, reads, callers }
}

it('a question is answered under the lifetime and the toggle of its workspace', async () => {
  const { reads } = await answerOne()
  expect(await reads[0]?.policy).toEqual({ isEnabled: true, lifetimeSeconds: 77 })
  const always = await answerOne(questionOf('b1', { toggle: null, lifetime: 600 }))
  expect(await always.reads[0]?.policy).toEqual({ isEnabled: true, lifetimeSeconds: 600 })
  const off = await answerOne(questionOf('b1', { toggle: 'search' }))
  expect(await off.reads[0]?.policy).toMatchObject({ isEnabled: false })
})

it('the backend gets shared answers, from the same entries as members, in its own name', async () => {
  const [backend, member] = [
    await answerOne(),
    await answerOne(questionOf(), inquiryOf(questionOf(), () => undefined).caller),
  ]
  expect(backend.reads[0]?.key).toBe(member.reads[0]?.key)
  expect(backend.callers).toMatchObject([{ kind: 'service' }])
  expect(member.callers).toMatchObject([{ kind: 'member', token: 'a.b.c' }])
})

it("the backend never gets a user's entry without naming the user", async () => {
  if (!own.ok) throw new Error('the question is valid')
  const unnamed = await answerOne(own.value)
  expect(unnamed.answered).toEqual({ ok: false, error: { code: 'user_needed' } })
  expect(unnamed.reads).toEqual([])
  const named = await answerOne(own.value, { ...service, userId: userIdSchema.parse('user-1') })
  const users = await answerOne(own.value, inquiryOf(own.value, () => undefined).caller)
  expect(named.reads[0]?.key).toBe(users.reads[0]?.key)
})

it("a user's own entry stays where its user reads it, unless the backend loads it or its namespace is its own", async () => {
  if (!own.ok) throw new Error('the question is valid')
  const userId = userIdSchema.parse('user-1')
  const member = inquiryOf(own.value, () => undefined).caller
  const inItsNamespace = {
    ...own.value,
    resource: { ...own.value.resource, namespace: 'emailCache' as const },
  }
  const reachOf = async (...asked: Parameters<typeof answerOne>) =>
    (await answerOne(...asked)).reads[0]?.reach
  expect(await reachOf(own.value, member)).toBe('own')
  expect(await reachOf(own.value, { ...service, userId })).toBe('shared')
  expect(await reachOf(inItsNamespace, member)).toBe('shared')
  expect(await reachOf(questionOf(), member)).toBe('shared')
})

it('the backend gets the shared entry, even if users are missing in it', async () => {
  const questions: string[] = []
  const question = questionOf('b1', { ownOf: () => questionOf('b2') })
  const answer = withOwnAnswers(async (inquiry) => {
    questions.push(String(inquiry.question.params['boardId']))
    return ok(answerOf())
  })
  const keepAlive = () => undefined
  await answer({ ...inquiryOf(question, keepAlive), caller: { ...service, keepAlive } })
  await answer(inquiryOf(question, keepAlive))
  expect(questions).toEqual(['b1', 'b1', 'b2'])
})
