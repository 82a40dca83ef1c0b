/** The happenings that a run of live boards counts, so that a test can tell whether the seeds reach them. */
export const liveHappenings = [
  'a hub hibernates with sockets',
  'a hub wakes up',
  'a hub restarts',
  'a deploy closes all sockets',
  'a ledger restarts',
  'a ledger is lost',
  'a ledger goes back',
  'a call to a hub is repeated',
  'a frame is lost',
  'a frame is repeated',
  'a frame overtakes another',
  'a socket breaks',
  'a reader is slow',
  'a tab sleeps',
  'a tab is hidden',
  'a tab is opened',
  'a tab is closed',
  'a token is renewed',
  'a member leaves',
  'a hub closes a socket of a token that expired',
  'a hub closes a socket of a moved membership',
  'a resume is confirmed',
  'a resume gets a difference',
  'a question is confirmed',
  'a difference is sent',
  'a question is told to have moved',
  'a proof is sent',
] as const
export type LiveHappening = (typeof liveHappenings)[number]

/** How often each of them happened. */
export type LiveHappened = Readonly<Partial<Record<LiveHappening, number>>>
