/** The bounds of loads ahead after a deploy and before working hours (worker/deployment/ahead/). */
export const aheadLimits = {
  /** The questions of a workspace that the deployment remembers, those of them that it loads unless configured otherwise, and the workspaces. */
  aheadQuestionsMax: 48,
  aheadQuestionsDefault: 24,
  aheadWorkspacesMax: 1_000,
  /** The characters of a question's parameters as JSON. A longer question is not remembered. */
  aheadParamsCharactersMax: 512,
  /**
   * An isolate tells of a question in demand again after this time. It waits a little, and another random while, so that one call tells
   * what many reads had to say. A call names at most this many workspaces.
   */
  aheadTellEveryMs: 300_000,
  aheadTellWaitMs: 1_000,
  aheadTellSpreadMs: 2_000,
  aheadTellLostMs: 30_000,
  aheadToldWorkspacesMax: 64,
  /** A question's demand counts half after this time, and is forgotten after eight days, which cover a week with holidays. */
  aheadHalfLifeMs: 14_400_000,
  aheadKeptMs: 691_200_000,
  /** A row of a workspace whose questions stay the same is written this often, and this many rows at once: rows are billed. */
  aheadWriteEveryMs: 300_000,
  aheadRowsAtOnceMax: 200,
  /** After a deploy, what was in demand within this time before it is loaded. Isolates tell of it again in a third of that time. */
  aheadDeployDemandMs: 900_000,
  /** The loads at once of the whole deployment. No workspace has more than one of them. */
  aheadAtOnce: 4,
  /** A load whose turn does not come within this time is given up, because readers have loaded by then what they need. */
  aheadWaitsMaxMs: 600_000,
  /** After a load that the origin failed, none begins for this long. */
  aheadPauseMs: 5_000,
  /** While the origin is of the release before, nothing can be loaded: for how long it is waited for, and how often it is tried. */
  aheadOriginWaitsMs: 3_600_000,
  aheadOriginLookEveryMs: 30_000,
  /** A workspace is loaded this long before its working hours begin, and up to the spread earlier. The spread differs by workspace. */
  aheadLeadMinMs: 300_000,
  aheadLeadSpreadMs: 900_000,
  /** Hours that begin again within this time after they began, such as those after a midday break, are the same working day. */
  aheadDayMs: 21_600_000,
  /** How often it is looked whose hours begin, for how long hours that were read count, and how many are read at once. */
  aheadLookEveryMs: 20_000,
  aheadHoursKeptMs: 1_800_000,
  aheadHoursReadsMax: 8,
} as const
