import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertReportSchema } from '../../../../shared/contract/alerts.ts'
import { createChangeLog } from '../../../../worker/deployment/alerts/change-log.ts'
import { createAlertDesk } from '../../../../worker/deployment/alerts/desk.ts'
import { defaultAlertSettings } from '../../../../worker/deployment/alerts/rules.ts'
import { createSqlStorage } from '../../../support/book-storage.ts'
import { observationOf } from '../../../support/observations.ts'

const startMs = 1_750_000_000_000
const erring = { sums: { errors: 500 } }

function createRoom(database = new DatabaseSync(':memory:')) {
  const storage = createSqlStorage(database)
  const changes = createChangeLog(storage, true)
  let ids = 0
  const desk = createAlertDesk({ storage, changes, newId: () => `${ids++}-${Math.random()}` })
  return { database, storage, changes, desk }
}

const stateOf = ({ desk }: ReturnType<typeof createRoom>, name: string) =>
  desk.alerts().find((alert) => alert.name === name)

describe('the desk', () => {
  it('records each change once, and queues those for the webhook', () => {
    const room = createRoom()
    for (let second = 0; second <= 40; second += 1)
      room.desk.observe(observationOf(startMs + second * 1_000, erring))
    const { changes, webhook } = alertReportSchema.parse(room.desk.report(startMs))
    expect(changes.map(({ to, delivery }) => [to, delivery.status])).toEqual([
      ['firing', 'waiting'],
      ['pending', 'none'],
    ])
    expect(webhook).toEqual({ enabled: true, waiting: 1 })
  })

  it('continues after a restart without sending anything twice', () => {
    const room = createRoom()
    for (let second = 0; second <= 20; second += 1)
      room.desk.observe(observationOf(startMs + second * 1_000, erring))
    const restarted = createRoom(room.database)
    for (let second = 21; second <= 60; second += 1) {
      restarted.desk.observe(observationOf(startMs + second * 1_000, erring))
    }
    expect(stateOf(restarted, 'error_rate')).toMatchObject({
      state: 'firing',
      since: new Date(startMs + 30_000).toISOString(),
    })
    const again = createRoom(room.database)
    again.desk.observe(observationOf(startMs + 61_000, erring))
    expect(again.changes.latest().map(({ to }) => to)).toEqual(['firing', 'pending'])
  })

  it('reports the same changes however often it restarts in between', () => {
    const stretch = fc.record({
      errors: fc.constantFrom(0, 40, 500),
      seconds: fc.integer({ min: 1, max: 70 }),
      isRestarted: fc.boolean(),
    })
    const told = (stretches: readonly { errors: number; seconds: number; isRestarted: boolean }[]) => {
      let room = createRoom()
      let atMs = startMs
      for (const { errors, seconds, isRestarted } of stretches) {
        if (isRestarted) room = createRoom(room.database)
        for (let second = 0; second < seconds; second += 1) {
          atMs += 1_000
          room.desk.observe(observationOf(atMs, { sums: { errors } }))
        }
      }
      return room.changes.latest().map(({ name, to, at, reason }) => ({ name, to, at, reason }))
    }
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 12 }), (stretches) => {
        const undisturbed = stretches.map((each) => ({ ...each, isRestarted: false }))
        expect(told(stretches)).toEqual(told(undisturbed))
      }),
      { numRuns: 60 },
    )
  })

  it('keeps neither a status nor a change when one of them cannot be written', () => {
    const room = createRoom()
    const broken = createAlertDesk({
      storage: room.storage,
      newId: () => 'id',
      changes: {
        ...room.changes,
        append: () => {
          throw new Error('disk full')
        },
      },
    })
    expect(() => broken.observe(observationOf(startMs, erring))).toThrow('disk full')
    expect(stateOf(createRoom(room.database), 'error_rate')?.state).toBe('inactive')
    expect(broken.alerts().find(({ name }) => name === 'error_rate')?.state).toBe('inactive')
  })

  it('keeps its settings, and puts its defaults where what is kept is no longer such as may be set', () => {
    const room = createRoom()
    room.desk.changeSettings({ rules: { error_rate: { fire_at: 0.2 }, response_time: { enabled: false } } })
    expect(createRoom(room.database).desk.settings().rules).toEqual({
      ...defaultAlertSettings.rules,
      error_rate: { ...defaultAlertSettings.rules.error_rate, fire_at: 0.2 },
      response_time: { ...defaultAlertSettings.rules.response_time, enabled: false },
    })
    room.database.exec(
      `update alert_settings set settings = json_set(settings, '$.rules.error_rate.fire_at', 'often')`,
    )
    expect(createRoom(room.database).desk.settings().rules.error_rate).toEqual(
      defaultAlertSettings.rules.error_rate,
    )
  })

  it('refuses settings that make no sense together, and keeps what it has', () => {
    const { desk } = createRoom()
    expect(desk.changeSettings({ rules: { error_rate: { resolve_at: 0.9 } } }).ok).toBe(false)
    expect(desk.settings()).toEqual(defaultAlertSettings)
  })
})
