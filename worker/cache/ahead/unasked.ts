import type { Clock } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import { wireErrors } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import type { Inquiry } from '../answer.ts'
import type { ReadAnswer } from '../read.ts'
import type { SettingsReader } from '../settings-reader.ts'

/** When something may be loaded that nobody has asked for yet. */
export interface UnaskedLoads {
  /** Takes note of how an answer went: an origin that fails is left to those who ask. */
  heard(answered: Result<unknown, WireError>): void
  /** Whether the origin is well, as far as this isolate knows, and the workspace has not switched such loads off. */
  mayLoadFor(inquiry: Inquiry): Promise<boolean>
}

interface UnaskedLoadsOptions {
  readonly settings: Pick<SettingsReader, 'inForce'>
  readonly clock: Clock
}

export function createUnaskedLoads({ settings, clock }: UnaskedLoadsOptions): UnaskedLoads {
  let quietUntilMs = 0
  return {
    heard(answered) {
      // That nothing is cached, says nothing of the origin.
      if (answered.ok || answered.error.code === 'not_cached') return
      if (wireErrors[answered.error.code].status >= 500) quietUntilMs = clock.now() + limits.unaskedPauseMs
    },
    async mayLoadFor({ workspaceId, caller }) {
      if (clock.now() < quietUntilMs) return false
      const { features } = await settings.inForce(workspaceId, caller)
      return features.prefetch
    },
  }
}

/** Whether an answer tells what its reader will want again: not where the cache is off, or to be left as it is. */
export function tellsOfDemand({ wish }: Inquiry, { isCacheEnabled }: ReadAnswer): boolean {
  return isCacheEnabled && !wish.isNoStore && !wish.isOnlyIfCached
}
