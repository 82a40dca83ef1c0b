import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WorkspaceActivityQuery } from '../../shared/contract/activity.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { LedgerActivity } from './book-activity.ts'

/**
 * Reads a page of what moved in a workspace. Null if its ledger does not answer in time, or still runs a release without activity. Never
 * rejects.
 */
export type ReadActivity = (
  workspaceId: WorkspaceId,
  query: WorkspaceActivityQuery,
) => Promise<LedgerActivity | null>

export function createReadActivity(
  stubOf: (workspaceId: WorkspaceId) => { activity(query: WorkspaceActivityQuery): Promise<LedgerActivity> },
  clock: Clock,
): ReadActivity {
  return (workspaceId, query) =>
    withinDeadline<LedgerActivity | null>(
      clock,
      limits.ledgerDeadlineMs,
      async () =>
        stubOf(workspaceId)
          .activity(query)
          .catch(() => null),
      null,
    )
}
