/** The bounds of the activity feeds (contract/activity.ts). */
export const activityLimits = {
  /** The items of a page, and the rows of a ledger's log that a page looks through for them. */
  activityItemsDefault: 50,
  activityItemsMax: 100,
  activityRowsScannedMax: 1_000,
  /** Older items are not shown. A workspace's feed also ends with its ledger's ring of `ledgerLogRowsMax` batches. */
  activityAgeMaxMs: 2_592_000_000,
  /** The text of a note in a row of the log, in bytes of UTF-8. A longer one is left out, and the item has its tags alone. */
  activityNoteBytesMax: 1_200,
  /** The moved tags that an item names, and the settings of one change. The numbers of the rest are told. */
  activityTagsMax: 40,
  activityChangesMax: 20,
  /**
   * The deployment's feed: its rows, those of operators' deeds, and the bytes of one. Deeds have a bound of their own, because one run over
   * many workspaces would otherwise push every alert and deploy out of the feed.
   */
  activityDeploymentRowsMax: 1_000,
  activityDeedRowsMax: 2_000,
  activityDeploymentRowBytesMax: 4_096,
  activityCursorCharactersMax: 32,
  /** An instant in a query, with more digits than anybody needs. */
  activityInstantCharactersMax: 32,
} as const
