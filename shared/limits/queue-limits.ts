/** The bounds of work in the background: jobs, their marks, and the processes that run them. */
export const queueLimits = {
  /** The input of a job, as JSON. Jobs of our own carry ids. */
  jobInputBytesMax: 65_536,
  jobsPerCallMax: 500,
  jobIdCharactersMax: 128,
  jobNameCharactersMax: 64,
  /** The result of a run, as JSON, and the reason that a failed run gives. */
  jobResultBytesMax: 4_096,
  jobReasonCharactersMax: 500,
  /** 1 is the most urgent. */
  jobPriorityMax: 10,
  jobAttemptsMax: 20,
  jobDelayMaxMs: 366 * 86_400_000,
  jobsPerPageMax: 100,
  /** The finished jobs that a queue or a single job may ask to keep. */
  jobsKeptMax: 1_000,
  /** How long an effect is remembered after its job is gone, so that a job added again under its id has no second effect. */
  jobMarksKeptSeconds: 172_800,
  /** Runs may finish for this long when their process is told to end. */
  jobsDrainMs: 30_000,
  /** A run whose signal was aborted has this long to heed it. */
  runHeedMs: 1_000,
  /**
   * A process holds the lock of a job that it runs for this long and renews it. After a crash another process finds the job when the
   * lock has run out, at the second look.
   */
  jobLockMs: 15_000,
  stalledLookEveryMs: 10_000,
  /** The runs of a job that may be interrupted by crashes. A job beyond that fails: it may be what crashes the process. */
  jobCrashesMax: 20,
  /** How long an idle process waits for news of new jobs before it looks for itself. */
  idleLookEveryMs: 60_000,
  /** The deadline of a call of the queues, and the connections that calls share. */
  queueDeadlineMs: 5_000,
  queueConnectionsMax: 5,
  /** The tries of a statement or an effect that deadlocks. Postgres takes a second to see a deadlock, so they fit into the deadline. */
  queueTriesMax: 4,
  /** The connections for effects of running jobs, and those for claiming and finishing jobs. */
  effectConnectionsMax: 10,
  bookkeepingConnectionsMax: 6,
} as const
