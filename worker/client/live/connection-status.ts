/** How the last change of an answer came to this page. The servers' instants are by their clocks, in milliseconds since 1970. */
export interface ToldChange {
  /** The path of the query. */
  readonly path: string
  /** The version that the change took in the workspace's ledger. */
  readonly version: number
  /** When the database's outbox told it; null if it was told in another way. */
  readonly toldAtMs: number | null
  /** When the ledger wrote it down. */
  readonly writtenAtMs: number
  /** When the hub sent it, and when it arrived by this machine's clock. Their difference says how far the clocks are apart. */
  readonly sentAtMs: number
  readonly heardAtMs: number
}

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
  /** The last change of each query that is told now, as far as the hub knows it. Absent without a hub. */
  readonly changes?: readonly ToldChange[]
}
