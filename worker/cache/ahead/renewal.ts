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
import { tellsOfDemand, type UnaskedLoads } from './unasked.ts'

interface RenewalOptions {
  /** Answers what moved once more, without taking it for a reader's own demand. */
  readonly again: AnswerQuestion
  readonly unasked: UnaskedLoads
  readonly clock: Clock
}

/** What a reader was given, and when. */
interface Given extends Pick<Entry, 'stamp' | 'tags'> {
  readonly atMs: number
}

/** A workspace as this isolate's readers see it. */
interface Watch {
  /** The newest that was looked through for what moved. */
  view: View
  /** What they look at. Leaves when it is renewed and comes back when it is read: nothing is loaded for nobody. */
  readonly given: LRUCache<Question, Given>
}

/**
 * The same, and what readers of the workspace look at is loaded again as soon as a read shows that it moved, so that of all
 * who look at it only the first may have to wait. Behind the answer and with the token of its reader: so
 * only what all members share. What another isolate has loaded meanwhile is found in the tiers. A copy that was read is
 * renewed once at most, so that there are never more renewals than reads.
 */
export function withRenewal(
  answer: AnswerQuestion,
  { again, unasked, clock }: RenewalOptions,
): AnswerQuestion {
  const watches = new LRUCache<WorkspaceId, Watch>({ max: limits.isolateViewsMax })

  async function renew(inquiry: Inquiry, moved: readonly Question[]): Promise<void> {
    if (!(await unasked.mayLoadFor(inquiry))) return
    const fewAtOnce = pLimit(limits.renewalsAtOnce)
    const one = async (question: Question) =>
      unasked.heard(await again({ ...inquiry, question, wish: plainWish }))
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
    const moved = [...watch.given]
      .filter(([, copy]) => nowMs - copy.atMs < limits.watchedMs && hasMoved(copy, view))
      .map(([each]) => each)
    for (const each of moved) watch.given.delete(each)
    if (moved.length > 0) caller.keepAlive(renew(inquiry, moved))
  }

  return (inquiry) =>
    whenReady(answer(inquiry), (answered) => {
      if (!answered.ok) return answered
      const { view } = answered.value
      if (view !== null && tellsOfDemand(inquiry, answered.value) && isShared(inquiry, answered.value))
        note(inquiry, answered.value, view)
      return answered
    })
}

/** What was proved current, and is the same for all members. */
function isShared({ question }: Inquiry, { doubt, status }: ReadAnswer): boolean {
  return doubt === null && status !== 'BYPASS' && question.sharing === 'workspace'
}
