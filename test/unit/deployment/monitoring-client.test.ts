import { describe, expect, it, vi } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { defaultAlertSettings } from '../../../worker/deployment/alerts/rules.ts'
import type { MonitoringStub } from '../../../worker/deployment/monitoring-client.ts'
import { createMonitoringClient } from '../../../worker/deployment/monitoring-client.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const holder = { workspaceId: '15213', userId: 'user-1' }
const byKey = { kind: 'internal-key', userId: null, workspaceId: null } as const
const neverCalled = () => Promise.reject(new Error('must not be called'))
const stubOf = (changes: Partial<MonitoringStub>): MonitoringStub => ({
  now: neverCalled,
  windowSums: neverCalled,
  alertSummary: neverCalled,
  alertReport: neverCalled,
  alertSettings: neverCalled,
  changeAlertSettings: neverCalled,
  activity: neverCalled,
  redisFindings: neverCalled,
  clearRedis: neverCalled,
  noteDeed: neverCalled,
  deeds: neverCalled,
  takeDemand: neverCalled,
  history: neverCalled,
  marks: neverCalled,
  hottest: neverCalled,
  board: neverCalled,
  workspaceStatistics: neverCalled,
  rollout: neverCalled,
  changeRollout: neverCalled,
  shadowReport: neverCalled,
  noteViolation: neverCalled,
  openStream: neverCalled,
  ...changes,
})

describe('the monitoring client', () => {
  it('answers figures_unavailable if the object fails, whatever the error says', async () => {
    const client = createMonitoringClient(() => stubOf({}), createFakeClock())
    const away = { ok: false, error: { code: 'figures_unavailable' } }
    expect(await client.now()).toEqual(away)
    expect(await client.openStream(null, holder)).toEqual(away)
    const broken = createMonitoringClient(() => {
      throw new Error('no stub')
    }, createFakeClock())
    expect(await broken.alertReport()).toEqual(away)
  })

  it('claims no clearing that the object did not confirm', async () => {
    const clock = createFakeClock()
    const request = {
      database: 'cache',
      everywhere: false,
      by: { kind: 'internal-key', userId: null, workspaceId: null },
    } as const
    const refused = { ok: false, error: { code: 'redis_unavailable' } }
    const broken = createMonitoringClient(() => stubOf({}), clock)
    expect(await broken.clearRedis(request)).toEqual(refused)
    const silent = createMonitoringClient(
      () => stubOf({ clearRedis: () => new Promise(() => undefined) }),
      clock,
    ).clearRedis(request)
    await clock.advance(limits.redisClearDeadlineMs)
    expect(await silent).toEqual(refused)
  })

  it('answers figures_unavailable if the object does not answer in time', async () => {
    const clock = createFakeClock()
    const client = createMonitoringClient(
      () => stubOf({ alertSettings: () => new Promise(() => undefined) }),
      clock,
    )
    const asked = client.alertSettings()
    await clock.advance(limits.metricsStoreDeadlineMs)
    expect(await asked).toEqual({ ok: false, error: { code: 'figures_unavailable' } })
  })

  it('cancels a stream that is opened too late', async () => {
    const clock = createFakeClock()
    let hasPlace = true
    const late = new ReadableStream<Uint8Array>({
      cancel() {
        hasPlace = false
      },
    })
    const opening = Promise.withResolvers<ReadableStream<Uint8Array>>()
    const client = createMonitoringClient(() => stubOf({ openStream: () => opening.promise }), clock)
    const asked = client.openStream(null, holder)
    await clock.advance(limits.metricsStoreDeadlineMs)
    expect(await asked).toEqual({ ok: false, error: { code: 'figures_unavailable' } })
    opening.resolve(late)
    await vi.waitFor(() => expect(hasPlace).toBe(false), 10_000)
  })

  it('reports faults of settings, and too many streams', async () => {
    const faults = [{ parameter: 'rules.error_rate.fire_at', message: 'a ratio' }]
    const client = createMonitoringClient(
      () =>
        stubOf({
          alertSettings: async () => defaultAlertSettings,
          changeAlertSettings: async () => ({ ok: false, error: faults }),
          openStream: async () => 'all-taken',
        }),
      createFakeClock(),
    )
    expect(await client.alertSettings()).toEqual({ ok: true, value: defaultAlertSettings })
    expect(await client.changeAlertSettings({ rules: {} }, byKey)).toEqual({
      ok: false,
      error: { code: 'invalid_body', details: faults },
    })
    expect(await client.openStream(1, holder)).toEqual({ ok: false, error: { code: 'overloaded' } })
    const enough = createMonitoringClient(
      () => stubOf({ openStream: async () => 'holder-has-enough' }),
      createFakeClock(),
    )
    expect(await enough.openStream(1, holder)).toEqual({ ok: false, error: { code: 'too_many_streams' } })
  })
})
