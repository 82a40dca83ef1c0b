import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
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
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { TellDemand, ToldDemand } from '../cache/ahead/demand.ts'
import type { Violation } from '../cache/violations.ts'
import type { NotedDeed } from './deeds/deed-log.ts'
import type { ClearRequest } from './redis/clear-log.ts'
import type { ClearedAt, RedisFindings } from './redis/keeper.ts'
import type { Now, StreamHolder, StreamRefusal, WindowSums } from './streams/deployment-now.ts'

/**
 * Calls the object that watches the deployment, within a deadline. Never rejects: the error is `figures_unavailable` if
 * the object does not answer.
 */
export interface MonitoringClient {
  /** Null before the first sample. */
  now(): Promise<Result<Now | null, WireError>>
  windowSums(): Promise<Result<WindowSums, WireError>>
  /** Used by `/health`, whose probes have a shorter deadline. */
  alertSummary(): Promise<Result<AlertSummary, WireError>>
  alertReport(): Promise<Result<AlertReport, WireError>>
  alertSettings(): Promise<Result<AlertSettings, WireError>>
  /** `invalid_body` if the settings contradict each other. */
  changeAlertSettings(
    change: AlertSettingsChange,
    by: ClearRequest['by'],
  ): Promise<Result<AlertSettings, WireError>>
  /** A page of what happened to the deployment, the newest first. */
  activity(
    query: DeploymentActivityQuery,
    withDeeds?: boolean,
  ): Promise<Result<DeploymentActivityPage, WireError>>
  /** Sizes and memory of the deployment's Redis, and its clearings. */
  redisFindings(): Promise<Result<RedisFindings, WireError>>
  /**
   * Clears a namespace of Redis and writes it down. `redis_unavailable` if it was not confirmed; if the object does not answer in time,
   * nobody can say whether it was cleared, and the error is `redis_unavailable` too.
   */
  clearRedis(request: ClearRequest): Promise<Result<ClearedAt, WireError>>
  /** Writes down a deed of an operator that is about to be done. */
  noteDeed(deed: NotedDeed): Promise<Result<void, WireError>>
  /** The newest deeds of operators. */
  deeds(): Promise<Result<Deed[], WireError>>
  rollout(): Promise<Result<Rollout, WireError>>
  /** `rollout_changed` if the change is based on an older version. */
  changeRollout(change: RolloutChange, by: OperatorName): Promise<Result<Rollout, WireError>>
  shadowReport(): Promise<Result<ShadowReport, WireError>>
  /** Tells of a proved violation. One that cannot be told is forgotten. */
  noteViolation(violation: Violation): Promise<void>
  /** Tells what is in demand. Demand that cannot be told is told again later. */
  readonly tellDemand: TellDemand
  history(hours: number, resource: string | null): Promise<Result<HistoryReport, WireError>>
  marks(): Promise<Result<Marks, WireError>>
  hottest(hours: number): Promise<Result<Hottest, WireError>>
  board(workspaceId: string, boardId: string, hours: number): Promise<Result<BoardReport, WireError>>
  workspaceStatistics(workspaceId: string, hours: number): Promise<Result<WorkspaceStatistics, WireError>>
  /** `overloaded` if there are too many streams, `too_many_streams` if this holder has too many. */
  openStream(
    lastEventId: number | null,
    holder: StreamHolder,
  ): Promise<Result<ReadableStream<Uint8Array>, WireError>>
}

/** The calls to the watching object. The Durable Object's stub has this type. */
export interface MonitoringStub {
  now(): Promise<Now | null>
  windowSums(): Promise<WindowSums>
  alertSummary(): Promise<AlertSummary>
  alertReport(): Promise<AlertReport>
  alertSettings(): Promise<AlertSettings>
  changeAlertSettings(
    change: AlertSettingsChange,
    by: ClearRequest['by'],
  ): Promise<Result<AlertSettings, Fault[]>>
  activity(query: DeploymentActivityQuery, withDeeds?: boolean): Promise<DeploymentActivityPage>
  redisFindings(): Promise<RedisFindings>
  clearRedis(request: ClearRequest): Promise<Result<ClearedAt, WireError>>
  noteDeed(deed: NotedDeed): Promise<void>
  deeds(): Promise<Deed[]>
  rollout(): Promise<Rollout>
  changeRollout(change: RolloutChange, by: OperatorName): Promise<Result<Rollout, WireError>>
  shadowReport(): Promise<ShadowReport>
  noteViolation(violation: Violation): Promise<void>
  takeDemand(told: readonly ToldDemand[]): Promise<void>
  history(hours: number, resource: string | null): Promise<HistoryReport>
  marks(): Promise<Marks>
  hottest(hours: number): Promise<Hottest>
  board(workspaceId: string, boardId: string, hours: number): Promise<BoardReport>
  workspaceStatistics(workspaceId: string, hours: number): Promise<WorkspaceStatistics>
  openStream(
    lastEventId: number | null,
    holder: StreamHolder,
  ): Promise<ReadableStream<Uint8Array> | StreamRefusal>
}

/** Each call gets a new stub from `stubOf`: a broken stub stays broken. */
export function createMonitoringClient(stubOf: () => MonitoringStub, clock: Clock): MonitoringClient {
  function call<Value>(
    use: (stub: MonitoringStub, signal: AbortSignal) => Promise<Value>,
    deadlineMs: number = limits.metricsStoreDeadlineMs,
  ): Promise<Result<Value, WireError>> {
    const away: Result<Value, WireError> = err({ code: 'figures_unavailable' })
    const attempt = async (signal: AbortSignal) => ok(await use(stubOf(), signal))
    return withinDeadline(clock, deadlineMs, (signal) => attempt(signal).catch(() => away), away)
  }

  return {
    now: () => call((stub) => stub.now()),
    windowSums: () => call((stub) => stub.windowSums()),
    alertSummary: () => call((stub) => stub.alertSummary(), limits.probeDeadlineMs),
    alertReport: () => call((stub) => stub.alertReport()),
    alertSettings: () => call((stub) => stub.alertSettings()),
    async changeAlertSettings(change, by) {
      const answer = await call((stub) => stub.changeAlertSettings(change, by))
      if (!answer.ok) return answer
      return answer.value.ok ? answer.value : err({ code: 'invalid_body', details: answer.value.error })
    },
    activity: (query, withDeeds) => call((stub) => stub.activity(query, withDeeds)),
    redisFindings: () => call((stub) => stub.redisFindings()),
    async clearRedis(request) {
      const answer = await call((stub) => stub.clearRedis(request), limits.redisClearDeadlineMs)
      return answer.ok ? answer.value : err({ code: 'redis_unavailable' })
    },
    noteDeed: (deed) => call((stub) => stub.noteDeed(deed)),
    deeds: () => call((stub) => stub.deeds()),
    rollout: () => call((stub) => stub.rollout()),
    async changeRollout(change, by) {
      const answer = await call((stub) => stub.changeRollout(change, by), limits.rolloutChangeDeadlineMs)
      return answer.ok ? answer.value : answer
    },
    shadowReport: () => call((stub) => stub.shadowReport()),
    async noteViolation(violation) {
      await call((stub) => stub.noteViolation(violation))
    },
    async tellDemand(told) {
      await call((stub) => stub.takeDemand(told))
    },
    history: (hours, resource) => call((stub) => stub.history(hours, resource)),
    marks: () => call((stub) => stub.marks()),
    hottest: (hours) => call((stub) => stub.hottest(hours)),
    board: (workspaceId, boardId, hours) => call((stub) => stub.board(workspaceId, boardId, hours)),
    workspaceStatistics: (workspaceId, hours) => call((stub) => stub.workspaceStatistics(workspaceId, hours)),
    async openStream(lastEventId, holder) {
      const answer = await call(async (stub, signal) => {
        const opened = await stub.openStream(lastEventId, holder)
        // The stream was opened too late for its reader, so its place is given back.
        if (signal.aborted && typeof opened !== 'string') await opened.cancel()
        return opened
      })
      if (!answer.ok) return answer
      if (answer.value === 'all-taken') return err({ code: 'overloaded' })
      return answer.value === 'holder-has-enough' ? err({ code: 'too_many_streams' }) : ok(answer.value)
    },
  }
}
