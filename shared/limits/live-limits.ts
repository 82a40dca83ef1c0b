/** The bounds of live boards: of a hub, of its sockets, and of what is sent over them (contract/live.ts). */
export const liveLimits = {
  /** The sockets of one hub (32,768 are possible, Cloudflare, Durable Objects: WebSockets), and the hubs of a workspace. */
  liveSocketsMax: 2_000,
  liveHubsMax: 8,
  /** The sockets that one user may have on a hub. Browsers have one for each tab that is shown. */
  liveUserSocketsMax: 32,
  /** The questions of a socket. A hub remembers 16 KiB of a socket through hibernation (Cloudflare: serializeAttachment). */
  liveQuestionsMax: 32,
  /** The different questions of a hub, and how many of them it loads at once. */
  liveHubQuestionsMax: 4_096,
  liveLoadsMax: 8,
  liveQuestionCharactersMax: 2_048,
  liveAttachmentBytesMax: 16_384,
  /** A frame of a client, and the frames of a client in a window. */
  liveClientFrameBytesMax: 16_384,
  liveClientFramesMax: 120,
  liveClientWindowMs: 10_000,
  /** Frames that were sent to a socket and that its client has not acknowledged. Past it the hub only remembers what changed. */
  liveUnseenMax: 64,
  liveSeenEvery: 16,
  /** A difference in a frame; past it the client asks over HTTP. */
  liveDifferenceBytesMax: 65_536,
  /** A body that a hub holds to compute differences, and all that it holds. SQLite in a Durable Object accepts rows of 2 MB. */
  liveBodyBytesMax: 1_048_576,
  liveBodiesBytesMax: 16_777_216,
  /** How often a hub with sockets compares itself with its ledger, and how old the last proof may be before a client stops to rely on it. */
  liveCompareEveryMs: 30_000,
  liveProofLifetimeMs: 45_000,
  /** How long a call from a ledger to a hub may take, and one from the Worker that brings a client. */
  liveTellDeadlineMs: 3_000,
  liveOpenDeadlineMs: 5_000,
  /** The time over which clients spread their returns after a hub closed all sockets. */
  liveReturnSpreadMs: 30_000,
  /** A tab that is hidden for so long closes its socket. */
  liveHiddenMs: 60_000,
} as const
