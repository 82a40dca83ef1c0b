import { z } from 'zod'
import type {
  Alert,
  AlertChange,
  AlertReport,
  AlertSettings,
  AlertSettingsChange,
} from '../../../shared/contract/alerts.ts'
import { alertRuleNames, alertSettingsSchema, alertStateSchema } from '../../../shared/contract/alerts.ts'
import type { Fault } from '../../../shared/contract/error-shown.ts'
import type { Result } from '../../../shared/result.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import { applyAlertSettings } from './alert-settings.ts'
import type { AlertStatus } from './alert-status.ts'
import type { ChangeLog } from './change-log.ts'
import type { Observation } from './observation.ts'
import { alertRules, defaultAlertSettings } from './rules.ts'
import type { Watch } from './watch.ts'
import { alertsOf, look, unwatched } from './watch.ts'

/** The deployment's alerts, kept durably, with their settings. */
interface AlertDesk {
  /** Evaluates every rule. The new statuses and the changes are stored together or not at all. */
  observe(observation: Observation): readonly AlertChange[]
  alerts(): Alert[]
  settings(): AlertSettings
  changeSettings(change: AlertSettingsChange): Result<AlertSettings, Fault[]>
  report(nowMs: number): AlertReport
}

/** How often statuses are stored when only time has passed, so that after a restart the length of the gap is known. */
const noteEveryMs = 10_000

const schema = `
  create table if not exists alert_watch (only integer primary key check (only = 1), looked_at_ms integer not null,
    standings text not null);
  create table if not exists alert_settings (only integer primary key check (only = 1), settings text not null);`

const statusesSchema: z.ZodType<Record<string, AlertStatus>> = z.record(
  z.string(),
  z.object({
    state: alertStateSchema,
    sinceMs: z.int().nullable(),
    calmSinceMs: z.int().nullable(),
    heardAtMs: z.int().nullable(),
  }),
)
const watchRowSchema = z.object({ looked_at_ms: z.int(), standings: z.string() })
const settingsRowSchema = z.object({ settings: z.string() })

interface AlertDeskOptions {
  readonly storage: SqlStorage
  readonly changes: ChangeLog
  readonly newId: () => string
}

export function createAlertDesk({ storage, changes, newId }: AlertDeskOptions): AlertDesk {
  storage.transactionSync(() => storage.sql.exec(schema))
  let watch = readWatch(storage)
  let settings = readSettings(storage)
  let notedAtMs = watch.lookedAtMs

  return {
    observe(observation) {
      const seen = look(watch, observation, settings, newId)
      const isNews = seen.changes.length > 0 || hasMoved(watch, seen.watch)
      const isDue = notedAtMs === null || observation.atMs - notedAtMs >= noteEveryMs
      if (isNews || isDue) {
        storage.transactionSync(() => {
          writeWatch(storage, seen.watch)
          changes.append(seen.changes)
        })
        notedAtMs = observation.atMs
      }
      watch = seen.watch
      return seen.changes
    },
    alerts: () => alertsOf(watch),
    settings: () => settings,
    changeSettings(change) {
      const changed = applyAlertSettings(settings, change)
      if (!changed.ok) return changed
      const text = JSON.stringify(changed.value)
      storage.sql.exec('insert or replace into alert_settings (only, settings) values (1, ?)', text)
      settings = changed.value
      return changed
    },
    report: (nowMs) => ({
      alerts: alertsOf(watch),
      rules: alertRuleNames.map((rule) => {
        const { severity, unit, fires, description, ignores } = alertRules[rule]
        const defaults = defaultAlertSettings.rules[rule]
        return {
          ...settings.rules[rule],
          ...{ rule, severity, unit, fires, description, ignores: [...ignores], defaults },
        }
      }),
      changes: changes.latest(),
      webhook: changes.queue(),
      timestamp: new Date(nowMs).toISOString(),
    }),
  }
}

/** Whether any alert has another status, apart from when its value was last measured. */
function hasMoved(before: Watch, after: Watch): boolean {
  return [...after.statuses].some(([name, status]) => {
    const known = before.statuses.get(name)
    return known?.state !== status.state || known.calmSinceMs !== status.calmSinceMs
  })
}

function readWatch(storage: SqlStorage): Watch {
  const [row] = [...storage.sql.exec('select looked_at_ms, standings from alert_watch')]
  if (row === undefined) return unwatched
  const { looked_at_ms, standings } = watchRowSchema.parse(row)
  const known = statusesSchema.parse(JSON.parse(standings))
  return { statuses: new Map(Object.entries(known)), values: new Map(), lookedAtMs: looked_at_ms }
}

function writeWatch(storage: SqlStorage, { statuses, lookedAtMs }: Watch): void {
  const text = JSON.stringify(Object.fromEntries(statuses))
  storage.sql.exec(
    'insert or replace into alert_watch (only, looked_at_ms, standings) values (1, ?, ?)',
    lookedAtMs ?? 0,
    text,
  )
}

/** Settings stored by a version with other rules or bounds are replaced by the defaults, rule by rule. */
function readSettings(storage: SqlStorage): AlertSettings {
  const [row] = [...storage.sql.exec('select settings from alert_settings')]
  if (row === undefined) return defaultAlertSettings
  const stored = z
    .object({ rules: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(settingsRowSchema.parse(row).settings))
  const rules = { ...defaultAlertSettings.rules }
  for (const rule of alertRuleNames) {
    const kept = alertSettingsSchema.shape.rules.shape[rule].safeParse(stored.rules[rule])
    if (kept.success) rules[rule] = kept.data
  }
  return { rules }
}
