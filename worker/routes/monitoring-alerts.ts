import {
  type AlertReportAnswer,
  alertReportAnswerSchema,
  alertSettingsChangeSchema,
  alertSettingsSchema,
} from '../../shared/contract/alerts.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'

const settingsPath = '/api/monitoring/alerts/settings'
const settingsBody = { schema: alertSettingsChangeSchema, bytesMax: limits.alertSettingsBodyBytesMax }

const report = defineRoute({
  method: 'GET',
  path: '/api/monitoring/alerts',
  summary: 'The state of every alert, the rules, and the latest changes',
  access: 'operator',
  takes: {},
  gives: enveloped(alertReportAnswerSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const alerts = await call.services.monitoring.alertReport()
    if (!alerts.ok) return alerts
    const answer: AlertReportAnswer = { ...alerts.value, changeable_by: call.caller.alertSetters }
    return ok(respondData(answer))
  },
})

const readSettings = defineRoute({
  method: 'GET',
  path: settingsPath,
  summary: 'The thresholds, windows and times of the alerts',
  access: 'operator',
  takes: {},
  gives: enveloped(alertSettingsSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const settings = await call.services.monitoring.alertSettings()
    return settings.ok ? ok(respondData(settings.value)) : settings
  },
})

const changeSettings = defineRoute({
  method: 'POST',
  path: settingsPath,
  summary: 'Change the settings of the alerts; omitted ones stay unchanged',
  access: 'alert-settings',
  takes: { body: settingsBody },
  gives: enveloped(alertSettingsSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const settings = await call.services.monitoring.changeAlertSettings(call.input.body, call.caller.by)
    return settings.ok ? ok(respondData(settings.value)) : settings
  },
})

export const monitoringAlertRoutes: readonly Route[] = [report, readSettings, changeSettings]
