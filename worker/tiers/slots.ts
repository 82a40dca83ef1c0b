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
   * The entries it stores.
   *
   * - `every-fill`: every loaded entry.
   * - `shared-fill`: every loaded entry that the whole workspace shares. A user's own entry is read where the user is, so it stays in
   *   the near tiers.
   * - `settled`: entries that are found in a farther tier a while after their load (`limits.settledMs`). A write to this tier is dear,
   *   and seen late elsewhere, so it is not worth making for an entry that the next write replaces.
   */
  readonly admits: 'every-fill' | 'shared-fill' | 'settled'
}
