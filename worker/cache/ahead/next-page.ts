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
 * The same answers, and the next page is loaded before its reader needs it. A reader whose question is the one that followed their last
 * answer has gone on to the next page. One who has done so twice in a row is reading page after page, so the page after this one is
 * loaded behind the answer, unless a tier has it already.
 */
export function withPrefetch(answer: AnswerQuestion, loadsAhead: LoadsAhead): AnswerQuestion {
  /**
   * The question that would follow the last answers of each reader, and the number of pages up to there that the reader has read in a
   * row. If the isolate ends, only a load ahead is lost.
   */
  const expected = new LRUCache<string, number>({ max: limits.isolateExpectedMax })

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
    const name = nameOf(inquiry, inquiry.question)
    const nextName = nameOf(inquiry, question)
    const pagesBefore = expected.get(name) ?? 0
    expected.delete(name)
    // A page that is read again, as dashboards do, is no step back.
    expected.set(nextName, Math.max(expected.get(nextName) ?? 0, pagesBefore + 1))
    return pagesBefore >= limits.pagesInARowMin ? { ...inquiry, question, wish: plainWish } : null
  }

  async function loadNext(next: Inquiry): Promise<void> {
    if (await loadsAhead.mayLoadFor(next)) loadsAhead.noteLoad('page', await answer(next))
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
