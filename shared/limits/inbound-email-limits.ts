/** The bounds of inbound e-mail: of what is taken in, of what is stored of it, and of how much of it. The database has the same numbers. */
export const inboundEmailLimits = {
  /** A message as JSON, and as MIME, of which the Worker reads the headers only. */
  mailJsonBytesMax: 1_048_576,
  mailMimeBytesMax: 26_214_400,
  mailHeadersBytesMax: 262_144,
  /** The internal form, on its way from the Worker to the origin and to the database. */
  storedMailBytesMax: 4_194_304,
  /** RFC 5322 section 2.1.1: a line has no more. */
  mailIdCharactersMax: 998,
  /** The ids of the messages that a message answers, the nearest ones if it names more. */
  mailReferencesMax: 20,
  /** The addresses among which one of a workspace is looked for, and those that a communication shows (`recipientsMax`). */
  mailRecipientsMax: 10_000,
  mailNameCharactersMax: 200,
  companyNameCharactersMax: 200,
  /** The whole text. A communication shows its beginning. */
  mailTextCharactersMax: 524_288,
  communicationBodyCharactersMax: 4_000,
  attachmentNameCharactersMax: 255,
  attachmentTypeCharactersMax: 127,
  meetingTextCharactersMax: 500,
  meetingAttendeesMax: 50,
  mailThreadIdCharactersMax: 512,

  /** A sender's and a domain's messages in any hour, and the bounds of what a workspace may set instead. */
  mailLimitWindowMs: 3_600_000,
  mailsOfSenderDefault: 100,
  mailsOfDomainDefault: 500,
  mailsOfOneMax: 10_000,
  mailExemptionsMax: 200,
  mailSettingsBodyBytesMax: 262_144,
  /** Replies between the same two addresses in an hour, beyond which they are a loop. */
  mailRepliesOfTwoMax: 20,

  /** More messages of a workspace in a minute than this, or transactions of this median, turn the others to the queue. */
  mailsPerMinuteMax: 50,
  mailSlowMs: 200,
  mailSlowTransactions: 10,

  /** The messages that wait for a place in one process. The Worker alone brings them, and it limits their number too. */
  mailsWaitingMax: 2_000,
  /** The messages that wait at the same time before it pays to take them together, how many one call takes, and the text of each. */
  mailsTogetherMin: 16,
  mailsTogetherMax: 100,
  mailTogetherCharactersMax: 32_768,
  /** The messages as MIME that one process holds in memory at the same time. */
  mailMimeAtOnceMax: 8,
  /** A larger message is parsed on a thread of its own, within this time and this memory. */
  mailParsedAtOnceBytesMax: 65_536,
  mailParseDeadlineMs: 20_000,
  mailParseMemoryMb: 512,
  /** A transaction that lost to another one is tried again, this often in all. */
  mailAttemptsMax: 6,

  /** For how long Redis knows a message as completed. */
  mailCompletedSeconds: 86_400,
  mailFiguresDaysMax: 30,
  mailFiguresHours: 24,
  mailDomainsShownMax: 50,
  mailsShownMax: 50,
  /** The highest number of waiting messages that is counted exactly. */
  mailsWaitingCountedMax: 10_000,
  /** The counts of one report of the Worker. */
  mailEdgeCountsMax: 500,
  mailEdgeCountsBodyBytesMax: 262_144,
} as const
