import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Ask, Asking } from './ask.ts'
import type { Entry } from './entry.ts'
import { cacheKey } from './key.ts'
import type { ReadAnswer } from './read.ts'
import { plainWish } from './request.ts'
import type { SettingsReader } from './settings.ts'

export interface PrefetchOptions {
  readonly settings: Pick<SettingsReader, 'inForce'>
  readonly clock: Clock
}

/**
 * The same way to ask, which fetches the next page before it is asked for. A reader who asks for what followed their
 * last answer reads on; what follows then is fetched behind the answer, unless the origin has just failed or shed load.
 */
export function withPrefetch(ask: Ask, { settings, clock }: PrefetchOptions): Ask {
  /** What would follow the last answers of each reader. Lost with the isolate, which costs a fetch not made. */
  const expected = new LRUCache<string, true>({ max: limits.isolateExpectedMax })
  let quietUntilMs = 0

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

  function noteFailure({ code }: WireError): void {
    // That nothing is cached, says nothing of the origin.
    if (wireErrors[code].status >= 500 && code !== 'not_cached')
      quietUntilMs = clock.now() + limits.prefetchPauseMs
  }

  async function goOn(asking: Asking, { entry }: ReadAnswer): Promise<void> {
    const question = nextOf(asking, entry)
    if (question === null) return
    const isReadingOn = expected.delete(await nameOf(asking))
    const next: Asking = { ...asking, question, wish: plainWish }
    expected.set(await nameOf(next), true)
    if (!isReadingOn || clock.now() < quietUntilMs) return
    const { features } = await settings.inForce(asking.workspaceId, asking.caller)
    if (!features.prefetch) return
    const fetched = await ask(next)
    if (!fetched.ok) noteFailure(fetched.error)
  }

  return async (asking) => {
    const answered = await ask(asking)
    if (!answered.ok) noteFailure(answered.error)
    else if (mayGoOn(asking, answered.value)) asking.caller.keepAlive(goOn(asking, answered.value))
    return answered
  }
}

function mayGoOn({ question, wish }: Asking, { isCacheEnabled }: ReadAnswer): boolean {
  return question.next !== undefined && isCacheEnabled && !wish.isNoStore && !wish.isOnlyIfCached
}
