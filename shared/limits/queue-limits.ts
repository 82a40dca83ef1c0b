/** The bounds of work in the background: jobs, their marks, and the processes that run them. */
export const queueLimits = {
  /** What a job carries, as JSON. Jobs of our own carry ids. */
  jobInputBytesMax: 65_536,
  jobsPerCallMax: 500,
  jobIdCharactersMax: 128,
  jobNameCharactersMax: 64,
  /** What a run returns, as JSON, and the reason that a failed run gives. */
  jobResultBytesMax: 4_096,
  jobReasonCharactersMax: 500,
  /** 1 is the most urgent. */
  jobPriorityMax: 10,
  jobAttemptsMax: 20,
  jobDelayMaxMs: 366 * 86_400_000,
  jobsPerPageMax: 100,
  /** The finished jobs that a queue or a single job may ask to keep. */
  jobsKeptMax: 10_000,
  /** How long an effect is remembered after its job is gone, so that a job added again under its id has no second effect. */
  jobMarksKeptSeconds: 172_800,
  /** What runs when the process is told to end may finish for this long. */
  jobsDrainMs: 30_000,
} as const
