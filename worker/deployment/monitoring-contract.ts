import type { DeploymentActivityPage, DeploymentActivityQuery } from '../../shared/contract/activity.ts'
import type {
  AlertReport,
  AlertSettings,
  AlertSettingsChange,
  AlertSummary,
} from '../../shared/contract/alerts.ts'
import type { Fault } from '../../shared/contract/error-shown.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type {
  BoardReport,
  HistoryReport,
  Hottest,
  Marks,
  WorkspaceStatistics,
} from '../../shared/contract/figures.ts'
import type { OperatorName } from '../../shared/contract/operator-name.ts'
import type { Rollout, RolloutChange, ShadowReport } from '../../shared/contract/rollout.ts'
import type { Deed } from '../../shared/contract/workspaces.ts'
import type { Result } from '../../shared/result.ts'
import type { ToldDemand } from '../cache/ahead/demand.ts'
import type { Violation } from '../cache/violations.ts'
import type { RolloutObject } from '../ledger/rollout-messages.ts'
import type { NotedDeed } from './deeds/deed-log.ts'
import type { MetricsSums } from './metrics/figures.ts'
import type { ClearRequest } from './redis/clear-log.ts'
import type { ClearedAt, RedisFindings } from './redis/keeper.ts'
import type { Now, StreamHolder, StreamRefusal, WindowSums } from './streams/deployment-now.ts'

/** The one object that knows the whole deployment, as the Worker and the shards call it. */
export interface MetricsOverview extends MetricsSums, Monitoring, CauseReports, RolloutObject {
  /** Takes what is in demand, for loads ahead after a deploy and before working hours. */
  takeDemand(told: readonly ToldDemand[]): void
}

/** Figures by hour, and where reads and misses come from (shared/contract/figures.ts). */
export interface CauseReports {
  history(hours: number, resource: string | null): HistoryReport
  marks(): Marks
  /** This and the following ask the locations in use first, so the answers contain the latest reads. */
  hottest(hours: number): Promise<Hottest>
  board(workspaceId: string, boardId: string, hours: number): Promise<BoardReport>
  workspaceStatistics(workspaceId: string, hours: number): Promise<WorkspaceStatistics>
}

/** The rollout, which this object keeps. */
export interface RolloutAnswers {
  rollout(): Rollout
  changeRollout(change: RolloutChange, by: OperatorName): Promise<Result<Rollout, WireError>>
  shadowReport(): ShadowReport
  /** Takes a proved violation. */
  noteViolation(violation: Violation): void
}

/** The answers of this object to the Worker. */
export interface Monitoring extends RolloutAnswers {
  /** Null before the first sample. */
  now(): Now | null
  windowSums(): WindowSums
  alertSummary(): AlertSummary
  alertReport(): AlertReport
  alertSettings(): AlertSettings
  changeAlertSettings(change: AlertSettingsChange, by: ClearRequest['by']): Result<AlertSettings, Fault[]>
  /** Without deeds of operators unless they are asked for: they name other workspaces. */
  activity(query: DeploymentActivityQuery, withDeeds?: boolean): DeploymentActivityPage
  redisFindings(): RedisFindings
  clearRedis(request: ClearRequest): Promise<Result<ClearedAt, WireError>>
  /** Writes down a deed of an operator that is about to be done. */
  noteDeed(deed: NotedDeed): void
  deeds(): Deed[]
  /** Server-Sent Events after the snapshot with this id, or the reason why no stream can be opened. */
  openStream(lastEventId: number | null, holder: StreamHolder): ReadableStream<Uint8Array> | StreamRefusal
}
