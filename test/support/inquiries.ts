import { boardIdSchema, userIdSchema } from '../../shared/ids.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { Inquiry } from '../../worker/cache/answer.ts'
import type { ReadAnswer } from '../../worker/cache/read.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import { emptyWorkspace, entryKey, entryOf, workspaceId } from './entries.ts'

export const userId = userIdSchema.parse('user-1')

/** The question of a board's first page, with the test's changes. */
export function questionOf(
  boardId = 'b1',
  { tags, ...changes }: Partial<Question> & { readonly tags?: readonly Tag[] } = {},
): Question {
  const [question] = contactList.warmQuestions({
    ...emptyWorkspace,
    boardIds: [boardIdSchema.parse(boardId)],
  })
  if (question === undefined) throw new Error('the first page of a board has no question')
  return { ...question, ...(tags === undefined ? {} : { tagsFor: () => tags }), ...changes }
}

/** A user's inquiry; `as` is the user. */
export function inquiryOf(
  question: Question,
  keepAlive: (work: Promise<unknown>) => void,
  { as = 'user-1', ...changes }: Partial<Inquiry> & { readonly as?: string } = {},
): Inquiry {
  const caller = { kind: 'member', userId: userIdSchema.parse(as), token: 'a.b.c' } as const
  return {
    question,
    workspaceId,
    caller: { ...caller, requestId: 'request-1', keepAlive },
    wish: plainWish,
    ...changes,
  }
}

/** A hit that was proved current, with the test's changes. */
export function answerOf(changes: Partial<ReadAnswer> = {}): ReadAnswer {
  return {
    entry: entryOf(),
    key: entryKey,
    status: 'HIT',
    source: 'cloudflare_kv',
    lifetimeSeconds: 180,
    doubt: null,
    isCacheEnabled: true,
    rollout: 'on',
    steps: [],
    view: null,
    currentAtMs: entryOf().createdAtMs,
    ...changes,
  }
}
