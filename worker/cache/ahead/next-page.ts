import { LRUCache } from 'lru-cache'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/resource.ts'
import type { Entry } from '../../entry/entry.ts'
import type { Ask, Asking } from '../ask.ts'
import type { ReadAnswer } from '../read.ts'
import { plainWish } from '../request.ts'
import { tellsOfDemand, type UnaskedLoads } from './unasked.ts'

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

  /** What is to be fetched now. It waits for nothing, for it runs on every hit. */
  function nextFor(asking: Asking, { entry }: ReadAnswer): Asking | null {
    const question = nextOf(asking, entry)
    if (question === null) return null
    const isReadingOn = expected.delete(nameOf(asking, asking.question))
    expected.set(nameOf(asking, question), true)
    return isReadingOn ? { ...asking, question, wish: plainWish } : null
  }

  async function fetchNext(next: Asking): Promise<void> {
    if (await unasked.mayLoadFor(next)) unasked.heard(await ask(next))
  }

  return async (asking) => {
    const answered = await ask(asking)
    unasked.heard(answered)
    const mayGoOn = answered.ok && asking.question.next !== undefined && tellsOfDemand(asking, answered.value)
    const next = mayGoOn ? nextFor(asking, answered.value) : null
    if (next !== null) asking.caller.keepAlive(fetchNext(next))
    return answered
  }
}

/** A reader's question: the same name, the same answer. It never leaves the isolate, so private parts stand in it. */
function nameOf({ userId, workspaceId, resourceName }: Asking, question: Question): string {
  return `${userId} ${workspaceId} ${resourceName} ${partsOf(question)}`
}

/** Questions are asked many times: what tells them apart is written once. */
const written = new WeakMap<Question, string>()

function partsOf(question: Question): string {
  const known = written.get(question)
  if (known !== undefined) return known
  const parts = JSON.stringify([question.keyParts, question.privateKeyParts])
  written.set(question, parts)
  return parts
}
