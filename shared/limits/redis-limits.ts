/** The bounds of Redis and its namespaces (shared/redis). */
export const redisLimits = {
  /** The size of an answer to one request. JSON makes at most six bytes of one, of which entries have few. */
  redisReplyBytesMax: 33_554_432,
  /** From this size on an entry is compressed in Redis. Below it, the request itself has more bytes than that would save. */
  redisPackedBytesMin: 2_048,
  /** The size of a value that the CRM's backend keeps, and of a key without its namespace, in UTF-16 code units. */
  redisValueCharactersMax: 1_048_576,
  redisKeyCharactersMax: 1_024,
  /** The deadline of a request that an operator waits for, and of one of the scheduled walk. */
  redisAdminDeadlineMs: 2_500,
  /** How long a caller waits for a clearing, which may have to move the tags of all workspaces first. */
  redisClearDeadlineMs: 15_000,
  /** How old the knowledge of a generation may be with which a cached entry is written. A later clearing makes the write useless. */
  redisGenerationTrustMs: 10_000,
  /** While a Redis is in use in place of the first one, a switch to it joins the generation that is in use. */
  redisSwitchLeaseMs: 60_000,
  /** How often an isolate that refuses requests looks whether the limits were cleared. */
  rateLimitClearedCheckMs: 1_000,
  /** The walk that counts keys: keys of one step, steps a minute, and the time between the end of a walk and the next. */
  redisWalkKeysMax: 1_000,
  redisWalkStepsPerMinuteMax: 300,
  redisWalkPauseMs: 300_000,
  /** The keys of a step whose sizes are measured. The rest are estimated by them. */
  redisWalkMeasuredMax: 10,
  /** How often the memory of each Redis is read. */
  redisMemoryEveryMs: 30_000,
  /** A page of keys: its keys, the steps of the search for them, and the length of a prefix. */
  redisKeysPerPage: 100,
  redisKeysStepsMax: 10,
  redisPrefixCharactersMax: 200,
  /** How many clearings are remembered. */
  redisClearsKeptMax: 200,
  redisClearBodyBytesMax: 1_024,
} as const
