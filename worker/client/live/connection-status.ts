/** How a client hears of changes. */
export interface ConnectionStatus {
  /**
   *   live         the hub tells every change
   *   connecting   the first connection is not made yet
   *   polling      there is no socket, so queries that are shown are asked again every few seconds
   *   paused       nobody sees the page
   *   offline      the machine has no network
   */
  readonly mode: 'live' | 'connecting' | 'polling' | 'paused' | 'offline'
  /** Everything that the ledger acknowledged up to this many milliseconds ago has been told; null without a hub. */
  readonly asOfAgeMs: number | null
  /** Everything that was committed to the database up to this many milliseconds ago has been told; null if that is not known. */
  readonly provedAgeMs: number | null
  /** The newest version that the hub has named, and its ledger. */
  readonly version: number | null
  readonly ledger: string | null
}
