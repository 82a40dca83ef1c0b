import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { Tier } from './tier.ts'

/** A tier at its depth in the read path: shallow and near the reader first. */
export interface TierSlot {
  readonly tier: Tier
  /** How answers name it. */
  readonly source: SourceName
  /** In the isolate or its location: asked while the view of the ledger is still on its way. */
  readonly isNear: boolean
  /**
   * Which entries it takes. `every-fill`: each that was loaded. `second-use`: only those that are read again, where a
   * deeper tier holds the first copy: a page that is looked at once is not worth a write there.
   */
  readonly admits: 'every-fill' | 'second-use'
}
