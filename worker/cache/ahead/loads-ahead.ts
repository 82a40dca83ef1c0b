import type { Clock } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import { wireErrors } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import type { AheadOutcome, AheadReason, Recorder } from '../../events.ts'
import type { Inquiry } from '../answer.ts'
import type { ReadAnswer } from '../read.ts'
import type { SettingsReader } from '../settings-reader.ts'

/** Decides when an entry may be loaded ahead, before a reader needs it. */
export interface LoadsAhead {
  /** Notes whether an answer succeeded. While the origin fails, only readers' own questions may use it. */
  noteOutcome(answered: Result<unknown, WireError>): void
  /** Notes and counts a load ahead. */
  noteLoad(why: AheadReason, answered: Result<ReadAnswer, WireError>): void
  /** Whether the origin works, as far as this isolate knows, and the workspace has not switched loads ahead off. */
  mayLoadFor(inquiry: Inquiry): Promise<boolean>
}

interface LoadsAheadOptions {
  readonly settings: Pick<SettingsReader, 'inForce'>
  readonly clock: Clock
  readonly recorder: Recorder
}

export function createLoadsAhead({ settings, clock, recorder }: LoadsAheadOptions): LoadsAhead {
  let quietUntilMs = 0
  function noteOutcome(answered: Result<unknown, WireError>): void {
    // The answer `not_cached` does not involve the origin.
    if (answered.ok || answered.error.code === 'not_cached') return
    if (wireErrors[answered.error.code].status >= 500) quietUntilMs = clock.now() + limits.loadsAheadPauseMs
  }
  return {
    noteOutcome,
    noteLoad(why, answered) {
      noteOutcome(answered)
      recorder.record({ kind: 'load-ahead', why, outcome: aheadOutcomeOf(answered) })
    },
    async mayLoadFor({ workspaceId, caller }) {
      if (clock.now() < quietUntilMs) return false
      const { features } = await settings.inForce(workspaceId, caller)
      return features.prefetch
    },
  }
}

/** The outcome of a load ahead, for the figures. */
export function aheadOutcomeOf(answered: Result<ReadAnswer, WireError>): AheadOutcome {
  if (!answered.ok) return 'failed'
  const { status } = answered.value
  if (status === 'BYPASS') return 'refused'
  if (answered.value.entry.isPassing === true) return 'passing'
  return status === 'MISS' ? 'loaded' : 'found'
}

/** Whether loads ahead may follow from a read: not if the cache is off, or if the read must not change the cache. */
export function mayLoadAheadAfter({ wish }: Inquiry, { isCacheEnabled }: ReadAnswer): boolean {
  return isCacheEnabled && !wish.isNoStore && !wish.isOnlyIfCached
}
