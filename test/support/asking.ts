import { userIdSchema } from '../../shared/ids.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Asking } from '../../worker/cache/ask.ts'
import type { ReadAnswer } from '../../worker/cache/read.ts'
import { plainWish } from '../../worker/cache/request.ts'
import { entryOf, workspaceId } from './entries.ts'
import { pageTags } from './tags.ts'

export const userId = userIdSchema.parse('user-1')

/** A question of a list, with everything set, except where the test says otherwise. */
export function questionOf(changes: Partial<Question> = {}): Question {
  return {
    params: {},
    sharing: 'workspace',
    tags: pageTags,
    lifetime: 'contactList',
    feature: 'contactLists',
    keyParts: ['b1'],
    comparable: (body) => new TextDecoder().decode(body),
    ...changes,
  }
}

export function askingOf(
  question: Question,
  keepAlive: (work: Promise<unknown>) => void,
  changes: Partial<Asking> = {},
): Asking {
  return {
    resourceName: 'contact-list',
    question,
    workspaceId,
    userId,
    caller: { token: 'a.b.c', requestId: 'request-1', keepAlive },
    wish: plainWish,
    ...changes,
  }
}

/** A hit that was proved current, except where the test says otherwise. */
export function answerOf(changes: Partial<ReadAnswer> = {}): ReadAnswer {
  return {
    entry: entryOf(),
    status: 'HIT',
    source: 'cloudflare_kv',
    lifetimeSeconds: 180,
    doubt: null,
    isCacheEnabled: true,
    steps: [],
    view: null,
    ...changes,
  }
}
