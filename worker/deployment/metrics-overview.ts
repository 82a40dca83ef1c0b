import { DurableObject } from 'cloudflare:workers'
import { systemClock, withinDeadline } from '../../shared/clock.ts'
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
import { originMetricsSchema } from '../../shared/contract/origin.ts'
import type { Rollout, RolloutChange, ShadowReport } from '../../shared/contract/rollout.ts'
import type { Deed } from '../../shared/contract/workspaces.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { ToldDemand } from '../cache/ahead/demand.ts'
import type { Violation } from '../cache/violations.ts'
import type { Config } from '../config.ts'
import { parseConfig } from '../config.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RolloutTold } from '../ledger/rollout-messages.ts'
import { readAs } from '../outbound/read-as.ts'
import type { Pulse } from '../platform/pulse.ts'
import { createPulse } from '../platform/pulse.ts'
import { createDeploymentAhead, type DeploymentAhead } from './ahead/deployment-ahead.ts'
import { createCauseReports } from './cause-reports.ts'
import { createDeedLog, type DeedLog, type NotedDeed } from './deeds/deed-log.ts'
import { createDeploymentMonitor } from './deployment-monitor.ts'
import type { Figures, MetricsShard, Receipt, ShardReport } from './metrics/figures.ts'
import { createMetricsClient } from './metrics/metrics-client.ts'
import type { OriginReport } from './metrics/origin-figures.ts'
import { originReportOf } from './metrics/origin-figures.ts'
import type { Overview } from './metrics/overview.ts'
import { createOverview } from './metrics/overview.ts'
import type { Monitor } from './monitor.ts'
import type { CauseReports, MetricsOverview as Contract } from './monitoring-contract.ts'
import type { ClearRequest } from './redis/clear-log.ts'
import { createDeploymentKeeper } from './redis/deployment-keeper.ts'
import type { ClearedAt, RedisFindings, RedisKeeper } from './redis/keeper.ts'
import { hasRoom } from './rollout/origin-room.ts'
import type { RolloutDesk } from './rollout/rollout-desk.ts'
import { createRolloutDesk } from './rollout/rollout-desk.ts'
import { shadowReportOf } from './rollout/shadow-report.ts'
import type { Now, StreamHolder, StreamRefusal, WindowSums } from './streams/deployment-now.ts'

interface Bindings {
  readonly BOARD_CACHE: KVNamespace
  readonly LEDGER: DurableObjectNamespace<Ledger>
  readonly METRICS: DurableObjectNamespace<MetricsShard>
  readonly METRICS_OVERVIEW: DurableObjectNamespace<Contract>
}

/**
 * The one overview of the deployment (overview.ts) as a Durable Object. After the first report it takes samples
 * continuously: every second while there is news or somebody watches, otherwise every ten seconds.
 */
export class MetricsOverview extends DurableObject<Bindings> implements Contract {
  private readonly overview: Overview
  private readonly pulse: Pulse
  private readonly redis: RedisKeeper
  private readonly monitor: Monitor
  private readonly deedLog: DeedLog
  private readonly rolloutDesk: RolloutDesk
  private readonly reports: CauseReports
  private readonly ahead: DeploymentAhead

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    const config = parseConfig(env)
    this.redis = createDeploymentKeeper(config, state.storage)
    this.deedLog = createDeedLog(state.storage)
    this.overview = createOverview({
      storage: state.storage,
      clock: systemClock,
      fetchShardReport: async (location) => env.METRICS.get(env.METRICS.idFromName(location)).currentReport(),
      fetchOriginReport: () => fetchOriginReport(config),
      labelledGauges: () => ({
        ...this.redis.gauges(),
        ...this.rolloutDesk.gauges(),
        ...this.ahead.gauges(),
      }),
      wake: (inMs) => this.pulse.within(inMs),
      onSample: (sample) => this.monitor.look(sample),
    })
    this.pulse = createPulse({
      clock: systemClock,
      setAlarm: (atMs) => state.storage.setAlarm(atMs),
      beat: () => {
        this.redis.tick()
        return this.beat()
      },
    })
    this.monitor = createDeploymentMonitor(config, this.overview, state.storage, () =>
      this.redis.memoryShares(),
    )
    this.rolloutDesk = createRolloutDesk({
      ...{ storage: state.storage, clock: systemClock },
      tell: async (scope, news) => env.LEDGER.get(env.LEDGER.idFromName(scope)).takeRollout(news),
      hasOriginRoom: () => hasRoom(this.overview.snapshot().origin, systemClock.now()),
      onChange: (changed) => this.monitor.seeRollout(changed),
      wake: (inMs) => this.pulse.within(inMs),
    })
    this.ahead = createDeploymentAhead({
      ...{ config, storage: state.storage, namespace: env.BOARD_CACHE },
      ledgerOf: (workspaceId) => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)),
      metrics: createMetricsClient(env.METRICS, env.METRICS_OVERVIEW, systemClock, config.version),
      hasOriginRoom: () => hasRoom(this.overview.snapshot().origin, systemClock.now()),
      wake: (inMs) => this.pulse.within(inMs),
    })
    // A deployment of the Worker restarts this object.
    this.monitor.seeVersion(config.version)
    const { overview, monitor } = this
    const happened = { changes: () => monitor.alertReport().changes, runs: () => monitor.versionRuns() }
    this.reports = createCauseReports(overview, happened, systemClock)
  }

  report(report: ShardReport): Receipt {
    this.ahead.near(report.location)
    return this.overview.report(report)
  }

  read(location: string): Promise<Figures> {
    return this.overview.read(location)
  }

  now(): Now | null {
    return this.monitor.now()
  }

  windowSums(): WindowSums {
    return this.monitor.windowSums()
  }

  alertSummary(): AlertSummary {
    return this.monitor.alertSummary()
  }

  alertReport(): AlertReport {
    return this.monitor.alertReport()
  }

  alertSettings(): AlertSettings {
    return this.monitor.alertSettings()
  }

  changeAlertSettings(change: AlertSettingsChange, by: ClearRequest['by']): Result<AlertSettings, Fault[]> {
    return this.monitor.changeAlertSettings(change, by)
  }

  activity(query: DeploymentActivityQuery, withDeeds?: boolean): DeploymentActivityPage {
    return this.monitor.activity(query, withDeeds)
  }

  redisFindings(): RedisFindings {
    this.overview.watch()
    return this.redis.findings()
  }

  async clearRedis(request: ClearRequest): Promise<Result<ClearedAt, WireError>> {
    this.overview.watch()
    const cleared = await this.redis.clear(request)
    if (cleared.ok) this.monitor.seeClearing(request)
    return cleared
  }

  noteDeed(deed: NotedDeed): void {
    // In both lists or in neither: a deed that cannot be written down is refused.
    this.ctx.storage.transactionSync(() => {
      this.deedLog.note(deed, systemClock.now())
      this.monitor.seeDeed(deed)
    })
  }

  deeds(): Deed[] {
    return this.deedLog.latest()
  }

  rollout(): Rollout {
    return this.rolloutDesk.read()
  }

  changeRollout(change: RolloutChange, by: OperatorName): Promise<Result<Rollout, WireError>> {
    return this.rolloutDesk.change(change, by)
  }

  rolloutFor(scope: string): RolloutTold {
    return this.rolloutDesk.rolloutFor(scope)
  }

  shadowReport(): ShadowReport {
    return shadowReportOf(this.overview.snapshot().totals, this.rolloutDesk.findings())
  }

  noteViolation(violation: Violation): void {
    this.rolloutDesk.note(violation)
  }

  takeDemand(told: readonly ToldDemand[]): void {
    this.ahead.take(told)
  }

  history(hours: number, resource: string | null): HistoryReport {
    return this.reports.history(hours, resource)
  }

  marks(): Marks {
    return this.reports.marks()
  }

  hottest(hours: number): Promise<Hottest> {
    return this.reports.hottest(hours)
  }

  board(workspaceId: string, boardId: string, hours: number): Promise<BoardReport> {
    return this.reports.board(workspaceId, boardId, hours)
  }

  workspaceStatistics(workspaceId: string, hours: number): Promise<WorkspaceStatistics> {
    return this.reports.workspaceStatistics(workspaceId, hours)
  }

  openStream(lastEventId: number | null, holder: StreamHolder): ReadableStream<Uint8Array> | StreamRefusal {
    return this.monitor.openStream(lastEventId, holder)
  }

  /** Takes a sample, and tells the ledgers what they have not confirmed. Answers when there is more to do. */
  private async beat(): Promise<number> {
    const sampledInMs = await this.overview.tick()
    const next = [sampledInMs, this.rolloutDesk.tick(), this.ahead.tick()]
    return Math.min(...next.filter((inMs) => inMs !== null))
  }

  override alarm(): Promise<void> {
    return this.pulse.alarm()
  }
}

/** Fetches the origin's `/metrics`; null if it does not answer in time or with anything else. */
function fetchOriginReport({ originUrl, internalAuthKey }: Config): Promise<OriginReport | null> {
  return withinDeadline(
    systemClock,
    limits.originFiguresDeadlineMs,
    async (signal) => {
      try {
        const headers = { Authorization: `Bearer ${internalAuthKey}` }
        const response = await fetch(`${originUrl}/metrics`, { headers, signal })
        const metrics = await readAs(response, originMetricsSchema)
        return metrics === null ? null : originReportOf(metrics)
      } catch {
        return null
      }
    },
    null,
  )
}
