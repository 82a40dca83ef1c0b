import {
  type AlertReportAnswer,
  alertReportAnswerSchema,
  alertSettingsChangeSchema,
  alertSettingsSchema,
} from '../../shared/contract/alerts.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { admitOperator, admitSettingAlerts } from '../auth/admit.ts'
import { enveloped, respondData } from '../http/answers.ts'
import type { Route } from '../http/route.ts'

const settingsPath = '/api/monitoring/alerts/settings'
const settingsBody = { schema: alertSettingsChangeSchema, bytesMax: limits.alertSettingsBodyBytesMax }

const report: Route = {
  method: 'GET',
  path: '/api/monitoring/alerts',
  summary: 'Every alert as it stands, the rules, and what changed lately',
  access: 'operator',
  takes: {},
  gives: enveloped(alertReportAnswerSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const admitted = await admitOperator(call)
    if (!admitted.ok) return admitted
    const alerts = await call.services.monitoring.alertReport()
    if (!alerts.ok) return alerts
    const answer: AlertReportAnswer = { ...alerts.value, changeable_by: admitted.value.alertSetters }
    return ok(respondData(answer))
  },
}

const readSettings: Route = {
  method: 'GET',
  path: settingsPath,
  summary: "The alerts' thresholds, windows and times",
  access: 'operator',
  takes: {},
  gives: enveloped(alertSettingsSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const admitted = await admitOperator(call)
    if (!admitted.ok) return admitted
    const settings = await call.services.monitoring.alertSettings()
    return settings.ok ? ok(respondData(settings.value)) : settings
  },
}

const changeSettings: Route = {
  method: 'POST',
  path: settingsPath,
  summary: "Change the alerts' settings; what is left out stays",
  access: 'alert-settings',
  takes: { body: settingsBody },
  gives: enveloped(alertSettingsSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const admitted = await admitSettingAlerts(call)
    if (!admitted.ok) return admitted
    const change = await admitted.value.readBody(settingsBody)
    if (!change.ok) return change
    const settings = await call.services.monitoring.changeAlertSettings(change.value)
    return settings.ok ? ok(respondData(settings.value)) : settings
  },
}

export const monitoringAlertRoutes: readonly Route[] = [report, readSettings, changeSettings]
