import type { WorkspaceId } from '../../shared/ids.ts'
import type { Entry } from '../entry/entry.ts'
import type { View } from '../ledger/view.ts'

/**
 * A reader's judgement of an entry.
 *
 * - fresh: the entry is within its lifetime, and none of its tags moved past its stamp. It answers.
 * - expired: only its lifetime is over. It answers as `STALE` while one reader refreshes it.
 * - outdated: one of its tags moved past its stamp. It answers only if the origin fails, and the answer says so.
 * - unusable: the entry is past its last usable instant, or belongs to another workspace.
 */
export type Verdict = 'fresh' | 'expired' | 'outdated' | 'unusable'

export interface Judgement {
  readonly workspaceId: WorkspaceId
  /** The view of the ledger. Null if there is none; then only the lifetime counts. */
  readonly view: View | null
  readonly nowMs: number
  /** How long an entry is fresh, in seconds, by the workspace's current setting and not by that of the time of the load. */
  readonly lifetimeSeconds: number
}

/** The only rule of freshness. Order follows from versions alone; a clock only decides lifetimes. */
export function judge(entry: Entry, by: Judgement): Verdict {
  if (entry.workspaceId !== by.workspaceId || isOver(entry, by.nowMs)) return 'unusable'
  if (by.view !== null && hasMoved(entry, by.view)) return 'outdated'
  return by.nowMs >= entry.createdAtMs + by.lifetimeSeconds * 1000 ? 'expired' : 'fresh'
}

/** Whether an entry is past its last usable instant. Then it must not answer, whatever its earlier verdict was. */
export function isOver({ deleteAtMs }: Pick<Entry, 'deleteAtMs'>, nowMs: number): boolean {
  return nowMs >= deleteAtMs
}

/** Whether a tag of an entry moved past its stamp. A stamp of another ledger cannot be compared and counts as moved past. */
export function hasMoved(
  { stamp, tags }: Pick<Entry, 'stamp' | 'tags'>,
  view: Pick<View, 'ledgerId' | 'hasMovedPast'>,
): boolean {
  return stamp.ledgerId !== view.ledgerId || tags.some((tag) => view.hasMovedPast(tag, stamp.version))
}

/** The time since an entry's lifetime ended, in seconds; 0 within its lifetime. */
export function expiredForSeconds(entry: Entry, { nowMs, lifetimeSeconds }: Omit<Judgement, 'view'>): number {
  return Math.max(0, (nowMs - entry.createdAtMs) / 1000 - lifetimeSeconds)
}

/**
 * Whether this reader refreshes a fresh entry early. The probability grows towards the end of the lifetime (XFetch: Vattani,
 * Chierichetti, Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015, with beta 1). Of many readers, one
 * starts about the duration of a load before the end, so that an entry in demand never expires.
 * `chance` is uniform in [0, 1).
 */
export function isDueEarly(
  { createdAtMs, loadMs }: Entry,
  { nowMs, lifetimeSeconds }: Omit<Judgement, 'view'>,
  chance: number,
): boolean {
  return nowMs - loadMs * Math.log(1 - chance) >= createdAtMs + lifetimeSeconds * 1000
}

const worth: Record<Verdict, number> = { fresh: 3, expired: 2, outdated: 1, unusable: 0 }

/** Whether an entry is a better fallback than another: first by its verdict, then by the later load. */
export function isBetter(
  entry: Entry,
  verdict: Verdict,
  than: { entry: Entry; verdict: Verdict } | null,
): boolean {
  if (verdict === 'unusable') return false
  if (than === null || worth[verdict] !== worth[than.verdict])
    return than === null || worth[verdict] > worth[than.verdict]
  return entry.createdAtMs > than.entry.createdAtMs
}
