/** The bounds of what the API takes and answers about jobs. The jobs' own bounds are those of the queues. */
export const jobLimits = {
  /** The body of a call that adds jobs. The Worker holds it as text and as JSON at the same time. */
  jobsBodyBytesMax: 4_194_304,
  jobsPerPageDefault: 50,
  /** A job's id with that of its workspace. */
  fullJobIdCharactersMax: 256,
  /** The jobs that one call of `clean` removes. */
  jobsCleanedMax: 1_000,
  cleanBodyBytesMax: 1_024,
  /** The login of the board: its password, the attempts in a period, and how long a session lasts. */
  boardPasswordCharactersMin: 12,
  boardLoginBodyBytesMax: 4_096,
  boardAttemptsMax: 10,
  boardAttemptsWindowMs: 600_000,
  boardSessionSeconds: 28_800,
} as const
