import type { WorkspaceId } from '../../shared/ids.ts'
import type { Entry } from '../entry/entry.ts'
import type { View } from '../ledger/view.ts'

/**
 * What a reader may do with an entry.
 *
 * - fresh: within its lifetime, and nothing it depends on moved past its stamp. It answers.
 * - expired: only its lifetime is over. It answers as `STALE` while one reader refreshes it.
 * - outdated: something it depends on moved. It answers only when everything behind is down, and says so.
 * - unusable: past its last usable instant, or another workspace's.
 */
export type Verdict = 'fresh' | 'expired' | 'outdated' | 'unusable'

export interface Judgement {
  readonly workspaceId: WorkspaceId
  /** What is known of the ledger; null where nothing is: then only time is judged. */
  readonly view: View | null
  readonly nowMs: number
  /** How long an entry is fresh, seconds: the workspace's setting of now, not of when the entry was made. */
  readonly lifetimeSeconds: number
}

/** The one rule of freshness. Order rests on versions; only lifetimes rest on a clock. */
export function judge(entry: Entry, by: Judgement): Verdict {
  if (entry.workspaceId !== by.workspaceId || isOver(entry, by.nowMs)) return 'unusable'
  if (by.view !== null && hasMoved(entry, by.view)) return 'outdated'
  return by.nowMs >= entry.createdAtMs + by.lifetimeSeconds * 1000 ? 'expired' : 'fresh'
}

/** Whether an entry is past its last usable instant: it answers no more, whatever was thought of it before. */
export function isOver({ deleteAtMs }: Pick<Entry, 'deleteAtMs'>, nowMs: number): boolean {
  return nowMs >= deleteAtMs
}

/** Whether something that an entry depends on moved past its stamp. Stamps of another ledger say nothing about this one. */
export function hasMoved({ stamp, tags }: Pick<Entry, 'stamp' | 'tags'>, view: View): boolean {
  return stamp.ledgerId !== view.ledgerId || tags.some((tag) => view.hasMovedPast(tag, stamp.version))
}

/** How far past its lifetime an entry is, seconds; 0 within it. */
export function expiredForSeconds(entry: Entry, { nowMs, lifetimeSeconds }: Omit<Judgement, 'view'>): number {
  return Math.max(0, (nowMs - entry.createdAtMs) / 1000 - lifetimeSeconds)
}

/**
 * Whether a fresh entry is to be refreshed already, by chance that grows towards the end of its life (XFetch:
 * Vattani, Chierichetti, Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015, with beta 1): of many
 * readers one begins about one load's time before the end, so that an entry in demand never expires.
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

/** Of two judged entries the one to keep aside: the better verdict, then the newer stamp. */
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
