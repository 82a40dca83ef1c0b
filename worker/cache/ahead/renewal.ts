import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import { whenReady } from '../../../shared/awaitable.ts'
import type { Clock } from '../../../shared/clock.ts'
import { pause } from '../../../shared/clock.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import type { Entry } from '../../entry/entry.ts'
import type { View } from '../../ledger/view.ts'
import type { AnswerQuestion, Inquiry } from '../answer.ts'
import { hasMoved } from '../freshness.ts'
import type { ReadAnswer } from '../read.ts'
import { plainWish } from '../wish.ts'
import type { Demand } from './demand.ts'
import { type LoadsAhead, mayLoadAheadAfter } from './loads-ahead.ts'

interface RenewalOptions {
  /** Answers a moved question again without counting that as a read. */
  readonly again: AnswerQuestion
  readonly loadsAhead: LoadsAhead
  readonly clock: Clock
  /** Uniform in [0, 1). */
  random(): number
  /** Collects what is in demand, for loads ahead after a deploy and before working hours; null if there are none. */
  readonly demand: Demand | null
}

/** The copy that the last reader of a question got, and when the last two readers came. */
interface Given extends Pick<Entry, 'stamp' | 'tags'> {
  readonly atMs: number
  /** Null if there was one reader only. */
  readonly beforeAtMs: number | null
  /** Whether the copy was replaced since it was read. Then there is nothing to renew before the next reader comes. */
  readonly isRenewed: boolean
  /** When its demand was told last; null if it was not. */
  readonly toldAtMs: number | null
}

/** The questions of a workspace that readers of this isolate look at. */
interface Watch {
  /** The newest view in which the questions were checked for moved tags. */
  view: View
  readonly given: LRUCache<Question, Given>
}

/**
 * The same answers, and the questions that readers of the workspace look at are loaded again once a read shows that they moved. So
 * after a write only the first reader may have to wait. The load runs behind the answer with its reader's token, and therefore covers
 * only answers that all members share.
 *
 * - A question is renewed if it was read at least twice within `limits.watchedMs`, and at most once after it was read. So there are
 *   never more renewals than reads, and a page that somebody passed through is not loaded again.
 * - Many isolates see the same write within the staleness bound. Each waits for a random part of `limits.renewalSpreadMs`, and then
 *   looks in the tiers, which it shares with the others, before it loads. So few of them load, and the others find it there.
 */
export function withRenewal(
  answer: AnswerQuestion,
  { again, loadsAhead, clock, random, demand }: RenewalOptions,
): AnswerQuestion {
  const watches = new LRUCache<WorkspaceId, Watch>({ max: limits.isolateViewsMax })

  async function renew(inquiry: Inquiry, moved: readonly Question[]): Promise<void> {
    if (!(await loadsAhead.mayLoadFor(inquiry))) return
    await pause(clock, random() * limits.renewalSpreadMs)
    const fewAtOnce = pLimit(limits.renewalsAtOnce)
    const one = async (question: Question) =>
      loadsAhead.noteLoad('write', await again({ ...inquiry, question, wish: plainWish }))
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
    const known = watch.given.get(question)
    const beforeAtMs = known?.atMs ?? null
    const isTold = demand !== null && isDueToTell(known, nowMs)
    const toldAtMs = isTold ? nowMs : (known?.toldAtMs ?? null)
    watch.given.set(question, { stamp, tags, atMs: nowMs, beforeAtMs, isRenewed: false, toldAtMs })
    if (isTold) demand.note(inquiry)
    if (watch.view.ledgerId === view.ledgerId && watch.view.version >= view.version) return
    watch.view = view
    // The load takes the reader's token or key. A question that it does not open waits for another reader.
    const moved = [...watch.given]
      .filter(([, copy]) => isInDemand(copy, nowMs) && hasMoved(copy, view))
      .filter(([{ resource }]) => resource.callers.includes(caller.kind))
    for (const [each, copy] of moved) watch.given.set(each, { ...copy, isRenewed: true })
    if (moved.length > 0)
      caller.keepAlive(
        renew(
          inquiry,
          moved.map(([each]) => each),
        ),
      )
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

/** Whether a copy was read at least twice lately and not renewed since. */
function isInDemand({ beforeAtMs, isRenewed }: Given, nowMs: number): boolean {
  return !isRenewed && beforeAtMs !== null && nowMs - beforeAtMs < limits.watchedMs
}

/** Whether a question that is read once more is in demand, and that was not told lately. */
function isDueToTell(known: Given | undefined, nowMs: number): boolean {
  if (known === undefined || nowMs - known.atMs >= limits.watchedMs) return false
  return known.toldAtMs === null || nowMs - known.toldAtMs >= limits.aheadTellEveryMs
}

/** Whether an answer was proved current and is the same for all members. */
function isShared({ question }: Inquiry, { doubt, status }: ReadAnswer): boolean {
  return doubt === null && status !== 'BYPASS' && question.sharing === 'workspace'
}
