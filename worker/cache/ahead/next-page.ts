import { LRUCache } from 'lru-cache'
import { whenReady } from '../../../shared/awaitable.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import type { Entry } from '../../entry/entry.ts'
import type { AnswerQuestion, Inquiry } from '../answer.ts'
import type { ReadAnswer } from '../read.ts'
import { plainWish } from '../wish.ts'
import { tellsOfDemand, type UnaskedLoads } from './unasked.ts'

/**
 * The same, and the next page is loaded before anybody wants it. A reader whose question followed their last answer reads
 * on; what follows then is loaded behind the answer.
 */
export function withPrefetch(answer: AnswerQuestion, unasked: UnaskedLoads): AnswerQuestion {
  /** What would follow the last answers of each reader. Lost with the isolate, which costs a load not made. */
  const expected = new LRUCache<string, true>({ max: limits.isolateExpectedMax })

  /** What follows the entries that memory keeps: looked for once, not on every hit. */
  const following = new WeakMap<Entry, { readonly after: Question; readonly next: Question | null }>()

  function nextOf({ question }: Inquiry, entry: Entry): Question | null {
    const known = following.get(entry)
    if (known?.after === question) return known.next
    const next = entry.found ? (question.next?.(entry.body) ?? null) : null
    following.set(entry, { after: question, next })
    return next
  }

  /** What is to be loaded now. It waits for nothing, for it runs on every hit. */
  function nextFor(inquiry: Inquiry, { entry }: ReadAnswer): Inquiry | null {
    const question = nextOf(inquiry, entry)
    if (question === null) return null
    const isReadingOn = expected.delete(nameOf(inquiry, inquiry.question))
    expected.set(nameOf(inquiry, question), true)
    return isReadingOn ? { ...inquiry, question, wish: plainWish } : null
  }

  async function loadNext(next: Inquiry): Promise<void> {
    if (await unasked.mayLoadFor(next)) unasked.heard(await answer(next))
  }

  return (inquiry) =>
    whenReady(answer(inquiry), (answered) => {
      unasked.heard(answered)
      const mayGoOn = answered.ok && inquiry.question.next !== null && tellsOfDemand(inquiry, answered.value)
      const next = mayGoOn ? nextFor(inquiry, answered.value) : null
      if (next !== null) inquiry.caller.keepAlive(loadNext(next))
      return answered
    })
}

/** A reader's question: the same name, the same answer. It never leaves the isolate, so private parameters stand in it. */
function nameOf({ caller, workspaceId }: Inquiry, question: Question): string {
  return `${caller.userId ?? ''} ${workspaceId} ${question.resource.name} ${textOf(question)}`
}

/** Questions are asked many times: what tells them apart is written once. */
const written = new WeakMap<Question, string>()

function textOf(question: Question): string {
  const known = written.get(question)
  if (known !== undefined) return known
  const text = JSON.stringify(question.params)
  written.set(question, text)
  return text
}
