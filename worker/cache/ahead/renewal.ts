import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import { whenReady } from '../../../shared/awaitable.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import type { Entry } from '../../entry/entry.ts'
import type { View } from '../../ledger/view.ts'
import type { AnswerQuestion, Inquiry } from '../answer.ts'
import { hasMoved } from '../freshness.ts'
import type { ReadAnswer } from '../read.ts'
import { plainWish } from '../wish.ts'
import { type LoadsAhead, mayLoadAheadAfter } from './loads-ahead.ts'

interface RenewalOptions {
  /** Answers a moved question again without counting that as a read. */
  readonly again: AnswerQuestion
  readonly loadsAhead: LoadsAhead
  readonly clock: Clock
}

/** A copy that a reader got, and when. */
interface Given extends Pick<Entry, 'stamp' | 'tags'> {
  readonly atMs: number
}

/** The questions of a workspace that readers of this isolate look at. */
interface Watch {
  /** The newest view in which the questions were checked for moved tags. */
  view: View
  /** A question leaves when it is renewed and returns when it is read again, so nothing is loaded without a reader. */
  readonly given: LRUCache<Question, Given>
}

/**
 * The same answers, and the questions that readers of the workspace look at are loaded again as soon as a read shows that they
 * moved. So after a write only the first reader may have to wait. The load runs behind the answer with its reader's token, and
 * therefore covers only answers that all members share. If another isolate has loaded an entry meanwhile, it is found in the
 * tiers. A copy is renewed at most once after it was read, so there are never more renewals than reads.
 */
export function withRenewal(
  answer: AnswerQuestion,
  { again, loadsAhead, clock }: RenewalOptions,
): AnswerQuestion {
  const watches = new LRUCache<WorkspaceId, Watch>({ max: limits.isolateViewsMax })

  async function renew(inquiry: Inquiry, moved: readonly Question[]): Promise<void> {
    if (!(await loadsAhead.mayLoadFor(inquiry))) return
    const fewAtOnce = pLimit(limits.renewalsAtOnce)
    const one = async (question: Question) =>
      loadsAhead.noteOutcome(await again({ ...inquiry, question, wish: plainWish }))
    await Promise.all(moved.map((each) => fewAtOnce(one, each)))
  }

  function watchOf(workspaceId: WorkspaceId, view: View): Watch {
    const known = watches.get(workspaceId)
    if (known !== undefined) return known
    const watch: Watch = { view, given: new LRUCache({ max: limits.watchedMax }) }
    watches.set(workspaceId, watch)
    return watch
  }

  function note(inquiry: Inquiry, { entry: { stamp, tags } }: ReadAnswer, view: View): void {
    const { question, workspaceId, caller } = inquiry
    const nowMs = clock.now()
    const watch = watchOf(workspaceId, view)
    watch.given.set(question, { stamp, tags, atMs: nowMs })
    if (watch.view.ledgerId === view.ledgerId && watch.view.version >= view.version) return
    watch.view = view
    // The load takes the reader's token or key. A question that it does not open waits for another reader.
    const moved = [...watch.given]
      .filter(([, copy]) => nowMs - copy.atMs < limits.watchedMs && hasMoved(copy, view))
      .map(([each]) => each)
      .filter(({ resource }) => resource.callers.includes(caller.kind))
    for (const each of moved) watch.given.delete(each)
    if (moved.length > 0) caller.keepAlive(renew(inquiry, moved))
  }

  return (inquiry) =>
    whenReady(answer(inquiry), (answered) => {
      if (!answered.ok) return answered
      const { view } = answered.value
      if (view !== null && mayLoadAheadAfter(inquiry, answered.value) && isShared(inquiry, answered.value))
        note(inquiry, answered.value, view)
      return answered
    })
}

/** Whether an answer was proved current and is the same for all members. */
function isShared({ question }: Inquiry, { doubt, status }: ReadAnswer): boolean {
  return doubt === null && status !== 'BYPASS' && question.sharing === 'workspace'
}
