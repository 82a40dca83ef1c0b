import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertSettings } from '../../../../shared/contract/alerts.ts'
import {
  alertChangeSchema,
  alertRuleNameSchema,
  alertSchema,
  alertSettingsSchema,
} from '../../../../shared/contract/alerts.ts'
import { applyAlertSettings } from '../../../../worker/deployment/alerts/alert-settings.ts'
import {
  type JobsSeen,
  type SpanSums,
  watchedParts,
} from '../../../../worker/deployment/alerts/observation.ts'
import {
  alertIdentities,
  alertRules,
  defaultAlertSettings,
} from '../../../../worker/deployment/alerts/rules.ts'
import { alertsOf, gapMs, look, unwatched, type Watch } from '../../../../worker/deployment/alerts/watch.ts'
import { busy, observationOf } from '../../../support/observations.ts'

let ids = 0
const newId = () => `change-${++ids}`
const startMs = 1_750_000_000_000

/** The state of an alert after so many seconds of the same observation. */
function stateAfter(
  seconds: number,
  changes: Parameters<typeof observationOf>[1],
  name: string,
  settings: AlertSettings = defaultAlertSettings,
) {
  let watch: Watch = unwatched
  for (let second = 0; second <= seconds; second += 1) {
    watch = look(watch, observationOf(startMs + second * 1_000, changes), settings, newId).watch
  }
  return alertsOf(watch).find((alert) => alert.name === name)?.state
}

const sums = (changes: Partial<SpanSums>) => ({ sums: changes })
const mail = (changes: Partial<SpanSums['mail']>) => sums({ mail: { ...busy.mail, ...changes } })
const mailJobs = (changes: Partial<JobsSeen>) => ({
  jobs: { 'emails-in': { waiting: 0, oldestWaitingMs: 0, ended: 100, failed: 0, ...changes } },
})
const jobs = (changes: Partial<JobsSeen>) => ({
  jobs: { messages: { waiting: 0, oldestWaitingMs: 0, ended: 100, failed: 0, ...changes } },
})

describe('by default', () => {
  it.each([
    ['hit_rate_critical', sums({ hits: 499 }), 60],
    ['hit_rate_warning', sums({ hits: 849 }), 60],
    ['response_time', sums({ durationMs: 100_001 }), 60],
    ['error_rate', sums({ errors: 51 }), 30],
    ['consistency_violation', sums({ violations: 1 }), 0],
    ['outbox_age', { outbox: { oldestAgeMs: 30_001 } }, 0],
    ['queue_length:outbox', { queues: { outbox: 101, origin_queries: 0 } }, 15],
    ['queue_length:origin_queries', { queues: { outbox: 0, origin_queries: 101 } }, 15],
    ['jobs_waiting:messages', jobs({ waiting: 10_001 }), 60],
    ['jobs_age:messages', jobs({ oldestWaitingMs: 900_001 }), 60],
    ['jobs_failing:messages', jobs({ failed: 21 }), 60],
    ['mail_processing', mail({ processingMs: 20_001 }), 60],
    ['mail_waiting', mailJobs({ waiting: 101 }), 60],
    ['mail_failing:deliveries', mail({ failed: 6 }), 60],
    ['mail_failing:jobs', mailJobs({ failed: 6 }), 60],
    ['redis_memory:main', { redisMemory: { main: 0.801 } }, 60],
    ['redis_memory:sessions', { redisMemory: { main: 0.1, sessions: 0.9 } }, 60],
  ] as const)('%s fires past its threshold, after its time and not before', (name, changes, seconds) => {
    expect(stateAfter(seconds, changes, name)).toBe('firing')
    if (seconds > 0) expect(stateAfter(seconds - 1, changes, name)).toBe('pending')
  })

  it.each([
    ['hit_rate_critical', sums({ hits: 500 })],
    ['hit_rate_warning', sums({ hits: 850 })],
    ['response_time', sums({ durationMs: 100_000 })],
    ['error_rate', sums({ errors: 50 })],
    ['outbox_age', { outbox: { oldestAgeMs: 30_000 } }],
    ['queue_length:outbox', { queues: { outbox: 100, origin_queries: 0 } }],
    ['jobs_waiting:messages', jobs({ waiting: 10_000 })],
    ['jobs_age:messages', jobs({ oldestWaitingMs: 900_000 })],
    ['jobs_failing:messages', jobs({ failed: 20 })],
    ['jobs_failing:messages', jobs({ ended: 19, failed: 19 })],
    ['jobs_waiting:ai', jobs({ waiting: 10_001 })],
    ['mail_processing', mail({ processingMs: 20_000 })],
    ['mail_processing', mail({ processed: 9, processingMs: 9_000 })],
    ['mail_waiting', mailJobs({ waiting: 100 })],
    ['mail_failing:deliveries', mail({ failed: 5 })],
    ['mail_failing:deliveries', mail({ received: 19, failed: 19 })],
    ['mail_failing:jobs', mailJobs({ failed: 5 })],
    ['redis_memory:main', { redisMemory: { main: 0.8 } }],
  ] as const)('%s says nothing at its threshold', (name, changes) => {
    expect(stateAfter(100, changes, name)).toBe('inactive')
  })

  it('a tier that answers nobody for 30 s is away, and nothing else is', () => {
    let watch: Watch = unwatched
    const fired: string[] = []
    for (let second = 1; second <= 31; second += 1) {
      const atMs = startMs + second * 1_000
      const { parts } = observationOf(atMs)
      const redis = { awayMs: second * 1_000, heardAtMs: atMs, calls: 10 }
      const seen = look(
        watch,
        observationOf(atMs, { parts: { ...parts, redis } }),
        defaultAlertSettings,
        newId,
      )
      watch = seen.watch
      fired.push(...seen.changes.map(({ name, to }) => `${second}: ${name} ${to}`))
    }
    expect(fired).toEqual(['1: tier_away:redis pending', '31: tier_away:redis firing'])
  })

  it('ratios of little traffic, and what nobody can say, raise nothing', () => {
    const changes = {
      ...sums({
        ...{ requests: 99, hits: 0, errors: 99, durationMs: 1e9 },
        mail: { received: 9, failed: 9, processed: 9, processingMs: 1e9 },
      }),
      outbox: null,
      queues: { outbox: null, origin_queries: null },
      jobs: {},
    }
    for (const { name } of alertIdentities) expect(stateAfter(100, changes, name)).toBe('inactive')
  })

  it.each(Object.entries(alertRules))(
    '%s takes no notice of the settings that it is said to ignore',
    (name, rule) => {
      const touched = new Set<PropertyKey>()
      const settings = new Proxy(defaultAlertSettings.rules[alertRuleNameSchema.parse(name)], {
        get(target, setting) {
          touched.add(setting)
          return Reflect.get(target, setting)
        },
      })
      const parts = { ...observationOf(startMs).parts, redis: { awayMs: 0, heardAtMs: startMs, calls: 10 } }
      rule.measure(
        observationOf(startMs, { parts }),
        settings,
        rule.subjects === watchedParts ? 'redis' : (rule.subjects?.[0] ?? null),
      )
      const ignored = (['window_seconds', 'min_count'] as const).filter((setting) => !touched.has(setting))
      expect(rule.ignores).toEqual(ignored)
    },
  )

  it('settings are such as may be set', () => {
    expect(alertSettingsSchema.parse(defaultAlertSettings)).toEqual(defaultAlertSettings)
    expect(applyAlertSettings(defaultAlertSettings, { rules: {} })).toEqual({
      ok: true,
      value: defaultAlertSettings,
    })
  })
})

describe('a look', () => {
  it('that comes long after the last one does not take what it sees for what held meanwhile', () => {
    const changes = sums({ errors: 500 })
    const first = look(unwatched, observationOf(startMs, changes), defaultAlertSettings, newId)
    const late = look(
      first.watch,
      observationOf(startMs + gapMs + 40_000, changes),
      defaultAlertSettings,
      newId,
    )
    expect(late.changes).toEqual([])
    expect(late.watch.statuses.get('error_rate')?.state).toBe('pending')
  })

  it('gives changes and alerts of the shape that is told, whatever is seen', () => {
    const sumsArbitrary = fc.record({
      requests: fc.nat(1_000),
      hits: fc.nat(1_000),
      errors: fc.nat(1_000),
      durationMs: fc.nat(1_000_000),
      violations: fc.nat(3),
    })
    fc.assert(
      fc.property(fc.array(sumsArbitrary, { maxLength: 100 }), (seconds) => {
        let watch: Watch = unwatched
        for (const [second, each] of seconds.entries()) {
          const seen = look(
            watch,
            observationOf(startMs + second * 1_000, sums(each)),
            defaultAlertSettings,
            newId,
          )
          for (const change of seen.changes) alertChangeSchema.parse(change)
          watch = seen.watch
        }
        for (const alert of alertsOf(watch)) alertSchema.parse(alert)
      }),
    )
  })
})

describe('settings', () => {
  it('change where they are named, and nowhere else', () => {
    const changed = applyAlertSettings(defaultAlertSettings, { rules: { error_rate: { fire_at: 0.1 } } })
    expect(changed).toMatchObject({ ok: true, value: { rules: { error_rate: { fire_at: 0.1 } } } })
    if (!changed.ok) return
    const { error_rate, ...others } = changed.value.rules
    expect(error_rate).toEqual({ ...defaultAlertSettings.rules.error_rate, fire_at: 0.1 })
    expect({ ...others, error_rate: defaultAlertSettings.rules.error_rate }).toEqual(
      defaultAlertSettings.rules,
    )
  })

  it.each([
    ['resolve_at', { rules: { hit_rate_critical: { fire_at: 0.9 } } }],
    ['resolve_at', { rules: { response_time: { resolve_at: 101 } } }],
    ['fire_at', { rules: { error_rate: { fire_at: 5 } } }],
  ])('that would resolve on the wrong side, or are no ratio, are refused by name: %s', (setting, change) => {
    expect(applyAlertSettings(defaultAlertSettings, change)).toMatchObject({
      ok: false,
      error: [{ parameter: expect.stringContaining(setting) }],
    })
  })

  it('of every rule hold each value on one side at most', () => {
    for (const [name, { fire_at, resolve_at }] of Object.entries(defaultAlertSettings.rules)) {
      const { fires } = alertRules[name as keyof typeof alertRules]
      expect(fires === 'below' ? resolve_at >= fire_at : resolve_at <= fire_at).toBe(true)
    }
  })
})
