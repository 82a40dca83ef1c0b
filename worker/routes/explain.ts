import { versionZero } from '../../shared/ids.ts'
import type { Explanation } from '../../shared/resources/explanation.ts'
import { nameOf } from '../../shared/tags/tags.ts'
import type { ReadAnswer } from '../cache/read.ts'
import type { TierLook } from '../cache/side-by-side.ts'
import type { Entry } from '../entry/entry.ts'
import type { View } from '../ledger/view.ts'

type Held = NonNullable<Explanation['asked'][number]['held']>
type Tier = Explanation['tiers'][number]

/** Explains how an answer was found, for `X-Explain: 1`. */
export function explain(
  { entry, steps, view, currentAtMs, tiers = [] }: Omit<ReadAnswer, 'key' | 'rollout'>,
  nowMs: number,
): Explanation {
  return {
    asked: steps.map(({ name, said, durationMs, entry: held }) => ({
      name,
      said,
      duration_ms: durationMs,
      ...(held === undefined ? {} : { held: describeHeld(held, view, nowMs) }),
    })),
    tiers: tiers.map((look) => describeTier(look, view, nowMs)),
    entry: {
      stamp: { ledger: entry.stamp.ledgerId, version: entry.stamp.version },
      age_ms: nowMs - entry.createdAtMs,
      proved_age_ms: Math.max(0, nowMs - currentAtMs),
      load_ms: entry.loadMs,
    },
    view:
      view === null ? null : { version: view.version, floor: view.birth, age_ms: nowMs - view.calledAtMs },
    tags: entry.tags.map((tag) => ({ tag: nameOf(tag), version: view === null ? null : view.movedAt(tag) })),
  }
}

function describeTier(look: TierLook, view: View | null, nowMs: number): Tier {
  const { name, said, durationMs, isAside, entry, leftMs = 0, currentAtMs = nowMs } = look
  const told = { name, said, duration_ms: durationMs, is_aside: isAside }
  if (entry === undefined) return told
  const proved_age_ms = Math.max(0, nowMs - currentAtMs)
  return { ...told, held: { ...describeHeld(entry, view, nowMs), proved_age_ms, left_ms: leftMs } }
}

/** The entry of a tier, with the tags that moved past its stamp: by family and bucket, as they are everywhere. */
function describeHeld({ stamp, tags, createdAtMs }: Entry, view: View | null, nowMs: number): Held {
  const isOfLedger = view !== null && stamp.ledgerId === view.ledgerId
  const moved = isOfLedger ? tags.filter((tag) => view.hasMovedPast(tag, stamp.version)) : []
  return {
    stamp: { version: stamp.version },
    age_ms: nowMs - createdAtMs,
    is_of_ledger: isOfLedger,
    outdated_by: moved
      .map((tag) => ({ tag: nameOf(tag), version: view?.movedAt(tag) ?? versionZero }))
      .sort((left, right) => right.version - left.version),
  }
}
