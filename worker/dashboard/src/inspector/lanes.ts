import { type SourceName, wireNamesOfTiers } from '../../../../shared/contract/tier-names.ts'
import type { Explanation } from '../../../../shared/resources/explanation.ts'

type Held = NonNullable<Explanation['tiers'][number]['held']>

/** The origin, as steps of a read name it. */
const originName = 'origin'

/** A tier, or the database behind all of them, as one line of the waterfall. */
export interface Lane {
  readonly name: string
  /** The name of its colour. */
  readonly source: SourceName
  readonly word: string
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
  /** Whether the answer did without it. Its time is then no part of the answer's, and begins at the left. */
  readonly isAside: boolean
  readonly startMs: number
  readonly durationMs: number
  readonly held: Held | null
}

interface Lanes {
  readonly lanes: readonly Lane[]
  /** The end of the one axis that all bars share. */
  readonly axisMs: number
}

/** The words for the outcomes, as people say them. Others are shown as they are. */
const words: Readonly<Record<string, string>> = {
  unusable: 'too old',
  'too-large': 'too large',
  'breaker-open': 'paused',
}

/**
 * Every tier in the order of the read path, then the database. The tiers that the answer waited for were read one after the other, so each bar begins
 * where the one before ended.
 */
export function lanesOf({ asked, tiers }: Pick<Explanation, 'asked' | 'tiers'>): Lanes {
  const starts = new Map<string, number>()
  let endMs = 0
  for (const { name, duration_ms } of asked) {
    starts.set(name, endMs)
    endMs += duration_ms
  }
  const lanes = tiers.map(
    ({ name, said, duration_ms, is_aside, held }): Lane => ({
      ...{ name, word: words[said] ?? said, tone: toneOf(said), isAside: is_aside },
      source: sourceOf(name),
      startMs: is_aside ? 0 : (starts.get(name) ?? 0),
      durationMs: duration_ms,
      held: held ?? null,
    }),
  )
  const loaded = asked.find(({ name }) => name === originName)
  lanes.push({
    ...{ name: 'database', source: 'database', held: null, isAside: loaded === undefined },
    word: loaded?.said ?? 'not asked',
    tone: loaded === undefined ? 'quiet' : toneOf(loaded.said),
    startMs: starts.get(originName) ?? 0,
    durationMs: loaded?.duration_ms ?? 0,
  })
  return { lanes, axisMs: Math.max(1, endMs, ...lanes.map(({ durationMs }) => durationMs)) }
}

/** The source of answers that come from a tier, by the tier's name. */
export function sourceOf(name: string): SourceName {
  const known = Object.entries(wireNamesOfTiers).find(([tier]) => tier === name)
  return known?.[1].source ?? 'database'
}

function toneOf(said: string): Lane['tone'] {
  if (said === 'fresh' || said === 'loaded') return 'good'
  if (said === 'outdated') return 'bad'
  if (said === 'expired' || said === 'unusable') return 'warn'
  return said === 'miss' ? 'quiet' : 'bad'
}
