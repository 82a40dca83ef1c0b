/** The bounds of jobs that come from outside, and of what is answered about jobs. */
export const jobLimits = {
  /** A job's data, in bytes of JSON; the jobs of one call; and the bytes of that call's body. */
  jobDataBytesMax: 65_536,
  jobsPerCallMax: 500,
  jobsBodyBytesMax: 4_194_304,
  jobIdCharactersMax: 128,
  jobNameCharactersMax: 100,
  /** The best priority is 1. */
  jobPriorityMax: 10,
  jobAttemptsMax: 10,
  jobDelayMaxMs: 366 * 86_400_000,
  jobsPerPageDefault: 50,
  jobsPerPageMax: 100,
  /** The jobs that one call of `clean` removes. */
  jobsCleanedMax: 1_000,
  cleanBodyBytesMax: 1_024,
  /** What a run returned, in bytes of JSON, and the reason for which it failed. */
  jobResultBytesMax: 4_096,
  jobReasonCharactersMax: 500,
} as const
