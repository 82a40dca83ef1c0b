/** The bounds of the rollout (contract/rollout.ts): its setting, how a change reaches the ledgers, and what shadow may cost. */
export const rolloutLimits = {
  /** The workspaces of each list of the setting, and the bytes of a change with all lists full: each id has 64 characters at most. */
  rolloutWorkspacesMax: 500,
  rolloutBodyBytesMax: 131_072,
  /** The buckets over which workspaces are spread: a percentage has two decimals. */
  rolloutBuckets: 10_000,
} as const
