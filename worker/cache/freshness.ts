import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
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
  /** The key of the entry, by which entries that were proved last at the same instant expire one after the other. */
  readonly key: CacheKey
  /** The view of the ledger. Null if there is none; then only the lifetime counts. */
  readonly view: View | null
  readonly nowMs: number
  /** Whether time changes the answer too. A proof about writes says nothing about such an answer. */
  readonly changes: Question['changes']
  /** How long an entry is fresh, in seconds, by the workspace's current setting and not by that of the time of the load. */
  readonly lifetimeSeconds: number
  /** How long an entry may be used after its load or its last proof, in seconds: its lifetime, and the time that follows it. */
  readonly usableSeconds: number
}

/**
 * The only rule of freshness. Order follows from versions alone; a clock only decides lifetimes. The lifetime of an entry that did not
 * move counts from its load, and again from each proof, since it equalled the database at that instant.
 */
export function judge(entry: Entry, by: Judgement): Verdict {
  if (entry.workspaceId !== by.workspaceId) return 'unusable'
  const isMoved = by.view !== null && hasMoved(entry, by.view)
  const knownAtMs = isMoved ? entry.createdAtMs : provedAtMs(entry, by)
  if (by.nowMs >= usableUntilMs(entry, knownAtMs, by)) return 'unusable'
  if (isMoved) return 'outdated'
  return endsBy(by.nowMs, entry, knownAtMs, by) ? 'expired' : 'fresh'
}

/** Whether an entry is past its last usable instant. Then it must not answer, whatever its earlier verdict was. */
export function isOver(entry: Entry, by: Judgement): boolean {
  return by.nowMs >= usableUntilMs(entry, currentAtMs(entry, by), by)
}

/** Whether a tag of an entry moved past its stamp. A stamp of another ledger cannot be compared and counts as moved past. */
export function hasMoved(
  { stamp, tags }: Pick<Entry, 'stamp' | 'tags'>,
  view: Pick<View, 'ledgerId' | 'hasMovedPast'>,
): boolean {
  return stamp.ledgerId !== view.ledgerId || tags.some((tag) => view.hasMovedPast(tag, stamp.version))
}

/**
 * The last instant at which an entry is known to have equalled the database: its load, or a later proof if none of its tags moved. A
 * proof from a machine whose clock is ahead counts as one of this moment.
 */
export function currentAtMs(
  entry: Pick<Entry, 'createdAtMs' | 'stamp' | 'tags'>,
  by: Pick<Judgement, 'view' | 'nowMs' | 'changes'>,
): number {
  const provedMs = provedAtMs(entry, by)
  if (provedMs === entry.createdAtMs || by.view === null) return entry.createdAtMs
  return hasMoved(entry, by.view) ? entry.createdAtMs : provedMs
}

/** The time until an entry's lifetime ends, in milliseconds; negative after its end. */
export function leftMs(entry: Entry, by: Judgement): number {
  return freshUntilMs(entry, currentAtMs(entry, by), by) - by.nowMs
}

/** The time since an entry's lifetime ended, in seconds; 0 within its lifetime. */
export function expiredForSeconds(entry: Entry, by: Judgement): number {
  return Math.max(0, -leftMs(entry, by) / 1000)
}

/**
 * Whether this reader refreshes a fresh entry early. The probability grows towards the end of the lifetime (XFetch: Vattani,
 * Chierichetti, Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015, with beta 1). Of many readers, one
 * starts about the duration of a load before the end, so that an entry in demand never expires.
 * `chance` is uniform in [0, 1).
 */
export function isDueEarly(entry: Entry, by: Judgement, chance: number): boolean {
  const aheadMs = -entry.loadMs * Math.log(1 - chance)
  return endsBy(by.nowMs + aheadMs, entry, currentAtMs(entry, by), by)
}

function provedAtMs(
  { createdAtMs }: Pick<Entry, 'createdAtMs'>,
  { view, nowMs, changes }: Pick<Judgement, 'view' | 'nowMs' | 'changes'>,
): number {
  if (view === null || changes === 'time') return createdAtMs
  return Math.max(createdAtMs, Math.min(view.provedAtMs, nowMs))
}

/** Whether an entry's lifetime has ended at an instant. For most reads its load is enough to know, and no digest of the key is needed. */
function endsBy(atMs: number, entry: Entry, knownAtMs: number, by: Judgement): boolean {
  return atMs >= entry.createdAtMs + by.lifetimeSeconds * 1000 && atMs >= freshUntilMs(entry, knownAtMs, by)
}

/**
 * The end of an entry's lifetime. The part that a proof adds differs by the key: when the relay stops, the entries that were all proved
 * last at the same instant expire one after the other, over the last quarter of their lifetimes.
 */
function freshUntilMs(entry: Entry, knownAtMs: number, { key, lifetimeSeconds }: Judgement): number {
  const lifetimeMs = lifetimeSeconds * 1000
  const byLoadMs = entry.createdAtMs + lifetimeMs
  if (knownAtMs === entry.createdAtMs) return byLoadMs
  const byProofMs = knownAtMs + lifetimeMs * shareOf(key)
  return Math.max(byLoadMs, Math.min(byProofMs, entry.createdAtMs + limits.provedSecondsMax * 1000))
}

function usableUntilMs({ deleteAtMs }: Entry, knownAtMs: number, { usableSeconds }: Judgement): number {
  return Math.min(deleteAtMs, knownAtMs + usableSeconds * 1000)
}

const shareMin = 0.75

/** The share of its lifetime that a proof adds to an entry, from 0.75 to 1: a digest of its key (FNV-1a), the same in every isolate. */
function shareOf(key: CacheKey): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0
  return shareMin + (1 - shareMin) * (hash / 0x1_0000_0000)
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
