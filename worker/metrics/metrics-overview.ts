import { DurableObject } from 'cloudflare:workers'
import { systemClock, withinDeadline } from '../../shared/clock.ts'
import type {
  AlertReport,
  AlertSettings,
  AlertSettingsChange,
  AlertSummary,
} from '../../shared/contract/alerts.ts'
import type { Fault } from '../../shared/contract/errors.ts'
import { originMetricsSchema } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { Config, Env } from '../config.ts'
import { parseConfig } from '../config.ts'
import type { Now, WindowSums } from '../monitoring/contract.ts'
import { createDeploymentMonitor } from '../monitoring/deployment-monitor.ts'
import type { Monitor } from '../monitoring/monitor.ts'
import type { MetricsOverview as Contract, Figures, Receipt, ShardStanding } from './contract.ts'
import type { OriginReport } from './origin-figures.ts'
import { originReportOf } from './origin-figures.ts'
import type { Overview } from './overview.ts'
import { createOverview } from './overview.ts'

/** Until the next sample after one that failed. */
const retryMs = 5_000

/**
 * The one overview of the deployment (overview.ts) as a Durable Object, with its alarm as the clock of the samples. From
 * the first report on it never ends: every second while there are news or somebody watches, else every ten.
 */
export class MetricsOverview extends DurableObject<Env> implements Contract {
  private readonly overview: Overview
  private readonly monitor: Monitor
  private alarmAtMs = Number.POSITIVE_INFINITY

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const config = parseConfig(env)
    this.overview = createOverview({
      storage: state.storage,
      clock: systemClock,
      askShard: async (location) => env.METRICS.get(env.METRICS.idFromName(location)).standing(),
      askOrigin: () => askOrigin(config),
      wake: (inMs) => void this.alarmWithin(inMs),
      onSample: (sample) => this.monitor.look(sample),
    })
    this.monitor = createDeploymentMonitor(config, this.overview, state.storage)
  }

  report(standing: ShardStanding): Receipt {
    return this.overview.report(standing)
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

  changeAlertSettings(change: AlertSettingsChange): Result<AlertSettings, Fault[]> {
    return this.monitor.changeAlertSettings(change)
  }

  openStream(lastEventId: number | null): ReadableStream<Uint8Array> | null {
    return this.monitor.openStream(lastEventId)
  }

  override async alarm(): Promise<void> {
    this.alarmAtMs = Number.POSITIVE_INFINITY
    let nextMs = retryMs
    try {
      nextMs = await this.overview.tick()
    } finally {
      // Whatever happens, there is a next time: the platform gives up an alarm that fails again and again.
      await this.alarmWithin(nextMs)
    }
  }

  private async alarmWithin(inMs: number): Promise<void> {
    const atMs = Date.now() + inMs
    if (atMs >= this.alarmAtMs) return
    this.alarmAtMs = atMs
    await this.ctx.storage.setAlarm(atMs)
  }
}

/** The origin's `/metrics`. */
function askOrigin({ originUrl, internalAuthKey }: Config): Promise<OriginReport | null> {
  return withinDeadline(
    systemClock,
    limits.originFiguresDeadlineMs,
    async (signal) => {
      try {
        const headers = { Authorization: `Bearer ${internalAuthKey}` }
        const response = await fetch(`${originUrl}/metrics`, { headers, signal })
        const metrics = originMetricsSchema.safeParse(await response.json())
        return metrics.success ? originReportOf(metrics.data) : null
      } catch {
        return null
      }
    },
    null,
  )
}
