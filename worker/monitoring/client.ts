import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type {
  AlertReport,
  AlertSettings,
  AlertSettingsChange,
  AlertSummary,
} from '../../shared/contract/alerts.ts'
import type { Fault, WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Now, WindowSums } from './contract.ts'

/** What watches the deployment, asked within a deadline. Never rejects; `figures_unavailable` where it does not answer. */
export interface MonitoringClient {
  /** Null before the first sample. */
  now(): Promise<Result<Now | null, WireError>>
  windowSums(): Promise<Result<WindowSums, WireError>>
  /** For `/health`, whose probes have a deadline of their own. */
  alertSummary(): Promise<Result<AlertSummary, WireError>>
  alertReport(): Promise<Result<AlertReport, WireError>>
  alertSettings(): Promise<Result<AlertSettings, WireError>>
  /** `invalid_body` where the settings make no sense together. */
  changeAlertSettings(change: AlertSettingsChange): Promise<Result<AlertSettings, WireError>>
  /** `overloaded` where there are too many streams. */
  openStream(lastEventId: number | null): Promise<Result<ReadableStream<Uint8Array>, WireError>>
}

/** What the watching object answers to a call; the Durable Object's stub fits it. */
export interface MonitoringStub {
  now(): Promise<Now | null>
  windowSums(): Promise<WindowSums>
  alertSummary(): Promise<AlertSummary>
  alertReport(): Promise<AlertReport>
  alertSettings(): Promise<AlertSettings>
  changeAlertSettings(change: AlertSettingsChange): Promise<Result<AlertSettings, Fault[]>>
  openStream(lastEventId: number | null): Promise<ReadableStream<Uint8Array> | null>
}

/** `stubOf` is asked for each call: a stub that broke once stays broken. */
export function createMonitoringClient(stubOf: () => MonitoringStub, clock: Clock): MonitoringClient {
  function ask<Value>(
    question: (stub: MonitoringStub) => Promise<Value>,
    deadlineMs: number = limits.metricsStoreDeadlineMs,
  ): Promise<Result<Value, WireError>> {
    const away: Result<Value, WireError> = err({ code: 'figures_unavailable' })
    const attempt = async () => ok(await question(stubOf()))
    return withinDeadline(clock, deadlineMs, () => attempt().catch(() => away), away)
  }

  return {
    now: () => ask((stub) => stub.now()),
    windowSums: () => ask((stub) => stub.windowSums()),
    alertSummary: () => ask((stub) => stub.alertSummary(), limits.probeDeadlineMs),
    alertReport: () => ask((stub) => stub.alertReport()),
    alertSettings: () => ask((stub) => stub.alertSettings()),
    async changeAlertSettings(change) {
      const answer = await ask((stub) => stub.changeAlertSettings(change))
      if (!answer.ok) return answer
      return answer.value.ok ? answer.value : err({ code: 'invalid_body', details: answer.value.error })
    },
    async openStream(lastEventId) {
      const answer = await ask((stub) => stub.openStream(lastEventId))
      if (!answer.ok) return answer
      return answer.value === null ? err({ code: 'overloaded' }) : ok(answer.value)
    },
  }
}
