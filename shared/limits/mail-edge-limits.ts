/** The bounds of the Worker's part of inbound e-mail: signatures, what Redis knows, and the way to the origin. */
export const mailEdgeLimits = {
  /** How far the time of a signature may be from now, as the libraries of Standard Webhooks have it, and how many one header may have. */
  emailSignatureAgeMaxSeconds: 300,
  emailSignaturesMax: 8,
  /** How long a message waits for what Redis knows of it, and how long a note may take behind the answer. */
  mailLookupDeadlineMs: 250,
  mailNoteDeadlineMs: 1_000,
  /**
   * For how long a refusal is remembered at most: SQL decides again after that, so that a limit which a workspace has raised meanwhile
   * is in force.
   */
  mailRefusalMemoryMs: 60_000,
  /** The refusals that an isolate remembers by itself, for the time when Redis is away. */
  isolateMailRefusalsMax: 10_000,
  /** How long a message as MIME may take to arrive and to be decided. A part of it is the deadline of every call to the origin. */
  mailMessageDeadlineMs: 60_000,
  /** How often an isolate reports what Redis recognized, and the reports that wait while the origin is away. */
  mailReportPauseMs: 1_000,
  mailReportTriesMax: 5,
} as const
