/** The bounds of what the CRM's backend does with Redis through the package's exports (shared/redis/backend). */
export const backendRedisLimits = {
  /** The time limit of each request to Redis, unless the backend gives another. */
  backendRedisDeadlineMs: 1_000,
  backendRedisDeadlineMaxMs: 30_000,
  /** How long a caller of getCached waits for a load, and how long others wait for the one that loads for them. */
  backendLoadDeadlineMs: 10_000,
  /** The longest lifetime of a value of the cache and of a counter. */
  backendCacheSecondsMax: 86_400,
  /** The changed keys that a process remembers, so that nobody joins a load from before a change. */
  backendChangesMax: 10_000,
  /** A sliding window, and how many requests one may hold: each takes a member of a sorted set. */
  backendWindowMaxMs: 3_600_000,
  backendWindowRequestsMax: 10_000,
  /** A session without a lifetime of its own, and the longest one. Browsers keep a cookie for 400 days at most. */
  sessionSeconds: 604_800,
  sessionSecondsMax: 34_560_000,
} as const
