import { LRUCache } from 'lru-cache'
import { limits } from '../../shared/limits.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Ask, Asking } from './ask.ts'
import type { Entry } from './entry.ts'
import { cacheKey } from './key.ts'
import type { ReadAnswer } from './read.ts'
import { plainWish } from './request.ts'
import type { UnaskedLoads } from './unasked.ts'

/**
 * The same way to ask, which fetches the next page before it is asked for. A reader who asks for what followed their
 * last answer reads on; what follows then is fetched behind the answer.
 */
export function withPrefetch(ask: Ask, unasked: UnaskedLoads): Ask {
  /** What would follow the last answers of each reader. Lost with the isolate, which costs a fetch not made. */
  const expected = new LRUCache<string, true>({ max: limits.isolateExpectedMax })

  /** What follows the entries that memory keeps: looked for once, not on every hit. */
  const following = new WeakMap<Entry, { readonly after: Question; readonly next: Question | null }>()

  function nextOf({ question }: Asking, entry: Entry): Question | null {
    const known = following.get(entry)
    if (known?.after === question) return known.next
    const next = entry.found ? (question.next?.(entry.body) ?? null) : null
    following.set(entry, { after: question, next })
    return next
  }

  const nameOf = async ({ resourceName, workspaceId, userId, question }: Asking) =>
    `${userId} ${await cacheKey(resourceName, workspaceId, question.sharing === 'user' ? userId : null, question)}`

  async function goOn(asking: Asking, { entry }: ReadAnswer): Promise<void> {
    const question = nextOf(asking, entry)
    if (question === null) return
    const isReadingOn = expected.delete(await nameOf(asking))
    const next: Asking = { ...asking, question, wish: plainWish }
    expected.set(await nameOf(next), true)
    if (!isReadingOn || !(await unasked.mayLoadFor(asking))) return
    unasked.heard(await ask(next))
  }

  return async (asking) => {
    const answered = await ask(asking)
    unasked.heard(answered)
    if (answered.ok && mayGoOn(asking, answered.value)) asking.caller.keepAlive(goOn(asking, answered.value))
    return answered
  }
}

function mayGoOn({ question, wish }: Asking, { isCacheEnabled }: ReadAnswer): boolean {
  return question.next !== undefined && isCacheEnabled && !wish.isNoStore && !wish.isOnlyIfCached
}
