import type { Clock } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import { wireErrors } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import type { Inquiry } from '../answer.ts'
import type { ReadAnswer } from '../read.ts'
import type { SettingsReader } from '../settings-reader.ts'

/** Decides when an entry may be loaded ahead, before a reader needs it. */
export interface LoadsAhead {
  /** Notes whether an answer succeeded. While the origin fails, only readers' own questions may use it. */
  noteOutcome(answered: Result<unknown, WireError>): void
  /** Whether the origin works, as far as this isolate knows, and the workspace has not switched loads ahead off. */
  mayLoadFor(inquiry: Inquiry): Promise<boolean>
}

interface LoadsAheadOptions {
  readonly settings: Pick<SettingsReader, 'inForce'>
  readonly clock: Clock
}

export function createLoadsAhead({ settings, clock }: LoadsAheadOptions): LoadsAhead {
  let quietUntilMs = 0
  return {
    noteOutcome(answered) {
      // The answer `not_cached` does not involve the origin.
      if (answered.ok || answered.error.code === 'not_cached') return
      if (wireErrors[answered.error.code].status >= 500) quietUntilMs = clock.now() + limits.loadsAheadPauseMs
    },
    async mayLoadFor({ workspaceId, caller }) {
      if (clock.now() < quietUntilMs) return false
      const { features } = await settings.inForce(workspaceId, caller)
      return features.prefetch
    },
  }
}

/** Whether loads ahead may follow from a read: not if the cache is off, or if the read must not change the cache. */
export function mayLoadAheadAfter({ wish }: Inquiry, { isCacheEnabled }: ReadAnswer): boolean {
  return isCacheEnabled && !wish.isNoStore && !wish.isOnlyIfCached
}
