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
} as const
