import { describe, expect, it } from 'vitest'
import {
  deploymentActivityPageSchema,
  deploymentActivityQuerySchema,
} from '../../../../shared/contract/activity.ts'
import type { AlertChange } from '../../../../shared/contract/alerts.ts'
import { limits } from '../../../../shared/limits.ts'
import { createActivityLog } from '../../../../worker/deployment/activity/activity-log.ts'
import { alertSettingsChanges } from '../../../../worker/deployment/activity/alert-settings-changes.ts'
import { defaultAlertSettings } from '../../../../worker/deployment/alerts/rules.ts'
import { createSqlStorage } from '../../../support/book-storage.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const asked = (query: object = {}) => deploymentActivityQuerySchema.parse(query)

function createRoom() {
  const clock = createFakeClock()
  const storage = createSqlStorage()
  return { clock, storage, log: createActivityLog(storage, clock) }
}

const change: AlertChange = {
  ...{ id: 'change-1', name: 'tier_away:redis', rule: 'tier_away', subject: 'redis', severity: 'critical' },
  ...{ from: 'pending', to: 'firing', reason: 'held', at: '2026-11-27T06:00:00.000Z' },
  ...{ value: 12, threshold: 10, unit: 'seconds' },
}

describe("the deployment's activity", () => {
  it('has alerts, changed settings, clearings and deploys, the newest first and page by page', () => {
    const { log } = createRoom()
    log.seeVersion('v1')
    log.appendAlerts([change])
    log.append({ kind: 'redis_clear', by: { kind: 'internal_key' }, database: 'cache', everywhere: true })
    const first = deploymentActivityPageSchema.parse(log.page(asked({ limit: '2' })))
    expect(first.items.map(({ kind }) => kind)).toEqual(['redis_clear', 'alert'])
    expect(first.items[1]).toMatchObject({ name: 'tier_away:redis', to: 'firing', at: change.at })
    const rest = log.page(asked({ before: first.next ?? '' }))
    expect(rest.items).toMatchObject([{ kind: 'deploy', version: 'v1', previous: null }])
    expect(rest.next).toBeNull()
    expect(log.page(asked({ kind: 'alert' })).items).toHaveLength(1)
    expect(log.page(asked({ after: first.newest ?? '' })).items).toEqual([])
  })

  it('begins with what had happened by an instant', async () => {
    const { clock, log } = createRoom()
    log.seeVersion('v1')
    const until = new Date(clock.now()).toISOString()
    await clock.advance(1_000)
    log.seeVersion('v2')
    expect(log.page(asked({ until })).items).toMatchObject([{ version: 'v1' }])
  })

  it('sees a version once, however often the object restarts, and says which one was there before', () => {
    const { clock, storage, log } = createRoom()
    log.seeVersion('v1')
    createActivityLog(storage, clock).seeVersion('v1')
    createActivityLog(storage, clock).seeVersion('v2')
    expect(log.page(asked()).items).toMatchObject([
      { version: 'v2', previous: 'v1' },
      { version: 'v1', previous: null },
    ])
    log.seeVersion('v1')
    expect(log.runs().map(({ version }) => version)).toEqual(['v1', 'v2', 'v1'])
  })

  it('is bounded in rows and in their age', async () => {
    const { clock, storage, log } = createRoom()
    for (let number = 0; number < limits.activityDeploymentRowsMax + 5; number += 1)
      log.seeVersion(`v${number}`)
    const rows = () => Number([...storage.sql.exec('select count(*) as n from activity')][0]?.['n'])
    expect(rows()).toBe(limits.activityDeploymentRowsMax)
    await clock.advance(limits.activityAgeMaxMs + 1)
    expect(log.page(asked()).items).toEqual([])
    log.seeVersion('later')
    expect(rows()).toBe(1)
  })

  it('has each deed of operators once, by whom and on which workspace, and finds deeds by their kind', () => {
    const { log } = createRoom()
    const by = { kind: 'user', userId: 'user-1', workspaceId: '15213' } as const
    log.appendDeed({ deed: 'invalidate', workspaceId: '15214', by })
    log.appendAlerts([change])
    log.appendDeed({
      deed: 'warm-cache',
      workspaceId: '15213',
      by: { ...by, kind: 'internal-key', userId: null },
    })
    const { items } = deploymentActivityPageSchema.parse(log.page(asked({ kind: 'deed' }), true))
    expect(items).toMatchObject([
      { kind: 'deed', deed: 'warm-cache', workspaceId: '15213', by: { kind: 'internal_key' } },
      { kind: 'deed', deed: 'invalidate', workspaceId: '15214', by: { kind: 'user', userId: 'user-1' } },
    ])
    expect(log.page(asked(), true).items.map(({ kind }) => kind)).toEqual(['deed', 'alert', 'deed'])
    // Deeds name workspaces, so a reader who may not see those gets none, whatever is asked for.
    expect(log.page(asked()).items.map(({ kind }) => kind)).toEqual(['alert'])
    expect(log.page(asked({ kind: 'deed' })).items).toEqual([])
  })

  it('keeps alerts and deploys through a run over thousands of workspaces, whose deeds are bounded too', () => {
    const { storage, log } = createRoom()
    const by = { kind: 'internal-key', userId: null, workspaceId: null } as const
    log.seeVersion('v1')
    log.appendAlerts([change])
    for (let number = 0; number < limits.activityDeedRowsMax + 5; number += 1)
      log.appendDeed({ deed: 'test-performance', workspaceId: String(number), by })
    log.seeVersion('v1')
    const rows = (kind: string) =>
      Number([...storage.sql.exec('select count(*) as n from activity where kind = ?', kind)][0]?.['n'])
    expect(['deploy', 'alert', 'deed'].map(rows)).toEqual([1, 1, limits.activityDeedRowsMax])
  })

  it('lists the alert settings that differ, with both values', () => {
    const { error_rate: rule } = defaultAlertSettings.rules
    const rules = {
      ...defaultAlertSettings.rules,
      error_rate: { ...rule, fire_at: 0.5, enabled: !rule.enabled },
    }
    expect(alertSettingsChanges(defaultAlertSettings, { rules })).toEqual({
      changes: [
        { name: 'error_rate.enabled', from: rule.enabled, to: !rule.enabled },
        { name: 'error_rate.fire_at', from: rule.fire_at, to: 0.5 },
      ],
      changesMore: 0,
    })
  })
})
