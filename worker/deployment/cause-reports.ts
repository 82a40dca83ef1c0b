import type { Clock } from '../../shared/clock.ts'
import type { AlertReport } from '../../shared/contract/alerts.ts'
import type { Marks } from '../../shared/contract/figures.ts'
import type { VersionRun } from './activity/activity-log.ts'
import { deploysOf } from './activity/deploy-marks.ts'
import { describeBoard, describeHottest, describeWorkspace } from './metrics/causes/cause-views.ts'
import { historyOf } from './metrics/history-report.ts'
import type { Overview } from './metrics/overview.ts'
import type { CauseReports } from './monitoring-contract.ts'

/** The happenings that are marked in plots. */
interface Happened {
  changes(): AlertReport['changes']
  runs(): readonly VersionRun[]
}

/** Answers from the overview what happened by hour, and where reads and misses come from. */
export function createCauseReports(
  overview: Pick<Overview, 'hours' | 'causes' | 'versions' | 'refresh'>,
  { changes, runs }: Happened,
  clock: Clock,
): CauseReports {
  const { hours: book, causes, versions } = overview
  return {
    history: (hours, resource) => historyOf(book, { hours, resource }, clock.now()),
    marks: () => ({
      deploys: deploysOf(versions.latest(), runs()),
      alerts: changes().flatMap(markOf),
    }),
    async hottest(hours) {
      await overview.refresh()
      const nowMs = clock.now()
      const over = (name: 'keys' | 'boards' | 'missing') => causes.over(name, hours, nowMs)
      return describeHottest({ keys: over('keys'), boards: over('boards'), missing: over('missing') }, nowMs)
    },
    async board(workspaceId, boardId, hours) {
      await overview.refresh()
      const nowMs = clock.now()
      return describeBoard(causes.over('boards', hours, nowMs), `${workspaceId} ${boardId}`, nowMs)
    },
    async workspaceStatistics(workspaceId, hours) {
      await overview.refresh()
      const nowMs = clock.now()
      return describeWorkspace(causes.ofWorkspace(workspaceId, hours, nowMs), nowMs)
    },
  }
}

/** A change that is marked in a plot: an alert that fired, or was resolved. */
function markOf({ at, name, rule, severity, to }: AlertReport['changes'][number]): Marks['alerts'] {
  if (to !== 'firing' && to !== 'resolved') return []
  return [{ at_ms: Date.parse(at), name, rule, severity, to }]
}
