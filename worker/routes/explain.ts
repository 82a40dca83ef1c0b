import type { Explanation } from '../../shared/resources/explanation.ts'
import { nameOf } from '../../shared/tags/tags.ts'
import type { ReadAnswer } from '../cache/read.ts'

/** Explains how an answer was found, for `X-Explain: 1`. */
export function explain({ entry, steps, view, currentAtMs }: ReadAnswer, nowMs: number): Explanation {
  return {
    asked: steps.map(({ name, said, durationMs }) => ({ name, said, duration_ms: durationMs })),
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
