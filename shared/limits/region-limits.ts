/** The bounds of a deployment in several regions (worker/regions.md). */
export const regionLimits = {
  /** The regions of a deployment, and the characters of the name of one and of the variables that describe them. */
  regionsMax: 8,
  regionNameCharactersMax: 16,
  regionsCharactersMax: 8_192,
  /** The callers by whose places an isolate judges where it is. */
  regionCallersMax: 15,
  /** How long a read waits for the origin of a region before it finds out whether that origin answers at all. */
  regionPatienceMs: 1_000,
} as const
