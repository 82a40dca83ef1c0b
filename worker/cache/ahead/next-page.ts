import { LRUCache } from 'lru-cache'
import { whenReady } from '../../../shared/awaitable.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import type { Entry } from '../../entry/entry.ts'
import type { AnswerQuestion, Inquiry } from '../answer.ts'
import type { ReadAnswer } from '../read.ts'
import { plainWish } from '../wish.ts'
import { type LoadsAhead, mayLoadAheadAfter } from './loads-ahead.ts'

/**
 * The same answers, and the next page is loaded before its reader needs it. A reader whose question is the one that followed
 * their last answer is reading page after page, so the page after this one is loaded behind the answer.
 */
export function withPrefetch(answer: AnswerQuestion, loadsAhead: LoadsAhead): AnswerQuestion {
  /** The question that would follow the last answers of each reader. If the isolate ends, only a load ahead is lost. */
  const expected = new LRUCache<string, true>({ max: limits.isolateExpectedMax })

  /** The question that followed the last answer to each question. It is looked up again only if the body is another one. */
  const following = new WeakMap<Question, { readonly etag: string; readonly next: Question | null }>()

  function nextOf({ question }: Inquiry, { found, etag, body }: Entry): Question | null {
    if (!found) return null
    const known = following.get(question)
    if (known?.etag === etag) return known.next
    const next = question.next?.(body) ?? null
    following.set(question, { etag, next })
    return next
  }

  /** The page to load ahead, or null. This runs on every hit, so it awaits nothing. */
  function nextFor(inquiry: Inquiry, { entry }: ReadAnswer): Inquiry | null {
    const question = nextOf(inquiry, entry)
    if (question === null) return null
    const isReadingOn = expected.delete(nameOf(inquiry, inquiry.question))
    expected.set(nameOf(inquiry, question), true)
    return isReadingOn ? { ...inquiry, question, wish: plainWish } : null
  }

  async function loadNext(next: Inquiry): Promise<void> {
    if (await loadsAhead.mayLoadFor(next)) loadsAhead.noteOutcome(await answer(next))
  }

  return (inquiry) =>
    whenReady(answer(inquiry), (answered) => {
      loadsAhead.noteOutcome(answered)
      const mayGoOn =
        answered.ok && inquiry.question.next !== null && mayLoadAheadAfter(inquiry, answered.value)
      const next = mayGoOn ? nextFor(inquiry, answered.value) : null
      if (next !== null) inquiry.caller.keepAlive(loadNext(next))
      return answered
    })
}

/** Identifies a reader's question. The text contains private parameters and must never leave the isolate. */
function nameOf({ caller, workspaceId }: Inquiry, question: Question): string {
  return `${caller.userId ?? ''} ${workspaceId} ${question.resource.name} ${textOf(question)}`
}

/** The parameters of each question as text. Questions are remembered and come again, so each is written once. */
const written = new WeakMap<Question, string>()

function textOf(question: Question): string {
  const known = written.get(question)
  if (known !== undefined) return known
  const text = JSON.stringify(question.params)
  written.set(question, text)
  return text
}
