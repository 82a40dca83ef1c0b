import type { Judgement } from './freshness.ts'
import { currentAtMs, judge, leftMs } from './freshness.ts'
import type { Read } from './read-terms.ts'
import type { SearchOptions, Step } from './search.ts'
import { lookInto } from './search.ts'

/** One tier and its entry of a key, as an explanation shows it beside the other tiers. */
export interface TierLook extends Step {
  /** Whether the read did without this tier, so that it was read for the explanation alone. */
  readonly isAside: boolean
  /** The time until the entry's lifetime ends; negative after its end. Absent without an entry. */
  readonly leftMs?: number
  /** The last instant at which the entry is known to have equalled the database. Absent without an entry. */
  readonly currentAtMs?: number
}

interface Asked {
  readonly options: SearchOptions
  readonly read: Read
  /** The tiers that the read tried, and what each had. */
  readonly steps: readonly Step[]
  readonly judgement: Judgement
}

/**
 * Every tier from near to far. The ones that the read tried say what they said then; the others are read now, at the same time, and judged by
 * the same view of the ledger. Only an explained read pays for this.
 */
export function lookIntoAll({ options, read, steps, judgement }: Asked): Promise<TierLook[]> {
  const by = { ...judgement, nowMs: options.clock.now() }
  return Promise.all(
    options.slots.map(async (slot): Promise<TierLook> => {
      const { name } = slot.tier
      const tried = steps.findLast((step) => step.name === name)
      if (tried !== undefined) return { ...tried, ...timesOf(tried, by), isAside: false }
      const { entry, failure, durationMs } = await lookInto(slot, read, options)
      if (entry === null) return { name, said: failure ?? 'miss', durationMs, isAside: true }
      const look = { name, said: judge(entry, by), durationMs, entry }
      return { ...look, ...timesOf(look, by), isAside: true }
    }),
  )
}

function timesOf({ entry }: Step, by: Judgement): Pick<TierLook, 'leftMs' | 'currentAtMs'> {
  if (entry === undefined) return {}
  return { leftMs: leftMs(entry, by), currentAtMs: currentAtMs(entry, by) }
}
