import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { Tier } from './tier.ts'

/** A tier at its position in the read path, which goes from near the reader to far. */
export interface TierSlot {
  readonly tier: Tier
  /** The tier's name in answers. */
  readonly source: SourceName
  /** In the isolate or its location. Near tiers are read while the view of the ledger is still being fetched. */
  readonly isNear: boolean
  /**
   * The entries it stores. `every-fill`: every loaded entry. `second-use`: only entries that are read again, if a
   * farther tier holds the first copy: a page that is viewed once is not worth a write.
   */
  readonly admits: 'every-fill' | 'second-use'
}
