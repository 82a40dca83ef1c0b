import type {
  AlertRuleName,
  AlertRuleSettings,
  AlertSettings,
  AlertSeverity,
  AlertUnit,
} from '../../../shared/contract/alerts.ts'
import { alertRuleNames } from '../../../shared/contract/alerts.ts'
import type { JobsSeen, Observation } from './observation.ts'
import { mailSubjects, queueNames, redisServerNames, watchedJobQueues, watchedParts } from './observation.ts'

/** A rule, with the value that it measures. Its thresholds are settings. */
export interface AlertRule {
  readonly severity: AlertSeverity
  readonly unit: AlertUnit
  /** The side of the threshold on which the rule fires. */
  readonly fires: 'below' | 'above'
  readonly description: string
  /** The subjects, each of which has an alert of its own; null if there is one alert for the whole deployment. */
  readonly subjects: readonly string[] | null
  /** Settings that have no effect on this rule. */
  readonly ignores: readonly ('window_seconds' | 'min_count')[]
  /** The value to compare with the threshold; null if too little is known. */
  measure(observation: Observation, settings: AlertRuleSettings, subject: string | null): number | null
}

const hitRate: Pick<AlertRule, 'unit' | 'fires' | 'subjects' | 'ignores' | 'measure'> = {
  unit: 'ratio',
  fires: 'below',
  subjects: null,
  ignores: [],
  measure(observation, settings) {
    const { requests, hits } = observation.over(settings.window_seconds)
    return shareOf(hits, requests, settings)
  },
}

const ofJobs = { severity: 'warning', fires: 'above', subjects: watchedJobQueues } as const

function jobsIn({ jobs }: Observation, subject: string | null): JobsSeen | null {
  const queue = watchedJobQueues.find((name) => name === subject)
  return queue === undefined ? null : (jobs[queue] ?? null)
}

/** All rules. */
export const alertRules: Readonly<Record<AlertRuleName, AlertRule>> = {
  hit_rate_critical: {
    ...hitRate,
    severity: 'critical',
    description: 'Far too few reads are answered from a cache.',
  },
  hit_rate_warning: {
    ...hitRate,
    severity: 'warning',
    description: 'Fewer reads than usual are answered from a cache.',
  },
  response_time: {
    severity: 'warning',
    unit: 'milliseconds',
    fires: 'above',
    description: 'Reads take long on average.',
    subjects: null,
    ignores: [],
    measure(observation, settings) {
      const { requests, durationMs } = observation.over(settings.window_seconds)
      return shareOf(durationMs, requests, settings)
    },
  },
  error_rate: {
    severity: 'critical',
    unit: 'ratio',
    fires: 'above',
    description: 'Many reads end in an error of the service (500 and above).',
    subjects: null,
    ignores: [],
    measure(observation, settings) {
      const { requests, errors } = observation.over(settings.window_seconds)
      return shareOf(errors, requests, settings)
    },
  },
  tier_away: {
    severity: 'critical',
    unit: 'seconds',
    fires: 'above',
    description: 'A tier, the ledger or the origin does not answer at any location.',
    subjects: watchedParts,
    ignores: [],
    measure(observation, { window_seconds, min_count }, subject) {
      const watched = watchedParts.find((part) => part === subject)
      if (watched === undefined) return null
      const { awayMs, heardAtMs, calls } = observation.parts[watched]
      const isHeard = heardAtMs !== null && observation.atMs - heardAtMs <= window_seconds * 1_000
      return isHeard && calls >= min_count ? awayMs / 1_000 : null
    },
  },
  outbox_age: {
    severity: 'critical',
    unit: 'seconds',
    fires: 'above',
    description: 'A committed change has waited in the outbox for too long: readers may see older data.',
    subjects: null,
    ignores: ['window_seconds', 'min_count'],
    measure: ({ outbox }) => (outbox === null ? null : outbox.oldestAgeMs / 1_000),
  },
  queue_length: {
    severity: 'warning',
    unit: 'count',
    fires: 'above',
    description: 'A queue grows faster than it is processed.',
    subjects: queueNames,
    ignores: ['window_seconds', 'min_count'],
    measure({ queues }, _settings, subject) {
      const queue = queueNames.find((name) => name === subject)
      return queue === undefined ? null : queues[queue]
    },
  },
  jobs_waiting: {
    ...ofJobs,
    unit: 'count',
    description: 'More jobs wait in a queue than are worked off soon.',
    ignores: ['window_seconds', 'min_count'],
    measure: (observation, _settings, subject) => jobsIn(observation, subject)?.waiting ?? null,
  },
  jobs_age: {
    ...ofJobs,
    unit: 'seconds',
    description: 'A job has been due for a long time. Is the queue served, or does a limit hold it back?',
    ignores: ['window_seconds', 'min_count'],
    measure(observation, _settings, subject) {
      const jobs = jobsIn(observation, subject)
      return jobs === null ? null : jobs.oldestWaitingMs / 1_000
    },
  },
  jobs_failing: {
    ...ofJobs,
    unit: 'ratio',
    description: 'Many of the jobs that ended in the last hour have failed for good.',
    ignores: ['window_seconds'],
    measure(observation, settings, subject) {
      const jobs = jobsIn(observation, subject)
      return jobs === null ? null : shareOf(jobs.failed, jobs.ended, settings)
    },
  },
  mail_processing: {
    severity: 'warning',
    unit: 'milliseconds',
    fires: 'above',
    description: 'Messages of inbound e-mail take long to process.',
    subjects: null,
    ignores: [],
    measure(observation, settings) {
      const { processed, processingMs } = observation.over(settings.window_seconds).mail
      return shareOf(processingMs, processed, settings)
    },
  },
  mail_waiting: {
    severity: 'warning',
    unit: 'count',
    fires: 'above',
    description: 'Messages of inbound e-mail wait in the queue for longer than a short while.',
    subjects: null,
    ignores: ['window_seconds', 'min_count'],
    measure: ({ jobs }) => jobs['emails-in']?.waiting ?? null,
  },
  mail_failing: {
    severity: 'critical',
    unit: 'ratio',
    fires: 'above',
    description: 'Messages of inbound e-mail could not be taken, or their jobs have failed for good.',
    subjects: mailSubjects,
    ignores: [],
    measure(observation, settings, subject) {
      const { received, failed } = observation.over(settings.window_seconds).mail
      if (subject !== 'jobs') return shareOf(failed, received, settings)
      const jobs = observation.jobs['emails-in']
      return jobs === undefined ? null : shareOf(jobs.failed, jobs.ended, settings)
    },
  },
  redis_memory: {
    severity: 'warning',
    unit: 'ratio',
    fires: 'above',
    description: 'A Redis is nearly full: soon it evicts entries, or refuses writes.',
    subjects: redisServerNames,
    ignores: ['window_seconds', 'min_count'],
    measure: ({ redisMemory }, _settings, subject) =>
      subject === null ? null : (redisMemory[subject] ?? null),
  },
  consistency_violation: {
    severity: 'critical',
    unit: 'count',
    fires: 'above',
    description: 'An answer was served as current although it was not, and no invalidation explains it.',
    subjects: null,
    ignores: ['min_count'],
    measure: (observation, settings) => observation.over(settings.window_seconds).violations,
  },
}

/**
 * The settings until an operator changes them. Each rule resolves on the safe side of where it fires, so that it does
 * not flap.
 */
export const defaultAlertSettings: AlertSettings = {
  rules: {
    hit_rate_critical: ratioRule({ fire_at: 0.5, resolve_at: 0.55, window_seconds: 300, for_seconds: 60 }),
    hit_rate_warning: ratioRule({ fire_at: 0.85, resolve_at: 0.88, window_seconds: 300, for_seconds: 60 }),
    response_time: ratioRule({ fire_at: 100, resolve_at: 80, window_seconds: 120, for_seconds: 60 }),
    error_rate: ratioRule({ fire_at: 0.05, resolve_at: 0.03, window_seconds: 60, for_seconds: 30 }),
    tier_away: {
      enabled: true,
      fire_at: 0,
      resolve_at: 0,
      for_seconds: 30,
      resolve_for_seconds: 10,
      window_seconds: 60,
      min_count: 2,
    },
    outbox_age: gaugeRule({ fire_at: 30, resolve_at: 10, for_seconds: 0 }),
    redis_memory: gaugeRule({ fire_at: 0.8, resolve_at: 0.75, for_seconds: 60 }),
    queue_length: gaugeRule({ fire_at: 100, resolve_at: 50, for_seconds: 15 }),
    jobs_waiting: gaugeRule({ fire_at: 10_000, resolve_at: 5_000, for_seconds: 60 }),
    jobs_age: gaugeRule({ fire_at: 900, resolve_at: 300, for_seconds: 60 }),
    jobs_failing: { ...gaugeRule({ fire_at: 0.2, resolve_at: 0.1, for_seconds: 60 }), min_count: 20 },
    mail_processing: {
      ...ratioRule({ fire_at: 200, resolve_at: 150, window_seconds: 120, for_seconds: 60 }),
      min_count: 10,
    },
    mail_waiting: gaugeRule({ fire_at: 100, resolve_at: 50, for_seconds: 60 }),
    mail_failing: {
      ...ratioRule({ fire_at: 0.05, resolve_at: 0.03, window_seconds: 300, for_seconds: 60 }),
      min_count: 20,
    },
    consistency_violation: {
      ...gaugeRule({ fire_at: 0, resolve_at: 0, for_seconds: 0 }),
      window_seconds: 300,
    },
  },
}

function ratioRule(
  settings: Pick<AlertRuleSettings, 'fire_at' | 'resolve_at' | 'window_seconds' | 'for_seconds'>,
): AlertRuleSettings {
  return { enabled: true, resolve_for_seconds: 60, min_count: 100, ...settings }
}

function gaugeRule(
  settings: Pick<AlertRuleSettings, 'fire_at' | 'resolve_at' | 'for_seconds'>,
): AlertRuleSettings {
  return { enabled: true, resolve_for_seconds: 15, window_seconds: 60, min_count: 0, ...settings }
}

/** One alert: a rule, and the subject it watches. */
export interface AlertIdentity {
  /** `rule`, or `rule:subject`. */
  readonly name: string
  readonly rule: AlertRuleName
  readonly subject: string | null
}

/** All alerts, in a fixed order. */
export const alertIdentities: readonly AlertIdentity[] = alertRuleNames.flatMap((rule): AlertIdentity[] => {
  const { subjects } = alertRules[rule]
  return subjects === null
    ? [{ name: rule, rule, subject: null }]
    : subjects.map((subject) => ({ name: `${rule}:${subject}`, rule, subject }))
})

/** Whether a value is past the threshold at which the rule fires. */
export function isExceeded(rule: AlertRule, settings: AlertRuleSettings, value: number): boolean {
  return rule.fires === 'below' ? value < settings.fire_at : value > settings.fire_at
}

/**
 * Whether a value is back on the safe side. Between the two thresholds neither holds, and the alert keeps its state.
 */
export function isCalm(rule: AlertRule, settings: AlertRuleSettings, value: number): boolean {
  return rule.fires === 'below' ? value >= settings.resolve_at : value <= settings.resolve_at
}

function shareOf(part: number, whole: number, { min_count }: AlertRuleSettings): number | null {
  return whole === 0 || whole < min_count ? null : part / whole
}
