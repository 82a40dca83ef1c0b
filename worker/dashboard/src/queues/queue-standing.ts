import type { Alert } from '../../../../shared/contract/alerts.ts'
import { type QueueName, queueNames } from '../../../../shared/contract/queue-names.ts'
import type { JobCounts, QueueMetrics } from '../../../../shared/contract/queues.ts'

export type QueueFigures = NonNullable<QueueMetrics['queues'][QueueName]>

interface Standing {
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
  /** A word or two for the table. */
  readonly word: string
  /** The sentence about it; null if there is nothing to explain. */
  readonly sentence: string | null
}

/** The alerts that a queue can have, the worst first. */
const alarms = [
  {
    rule: 'jobs_failing',
    word: 'failing',
    sentence: 'An alert is firing: too many of its jobs fail for good.',
  },
  { rule: 'jobs_age', word: 'late', sentence: 'An alert is firing: a job has been due for too long.' },
  { rule: 'jobs_waiting', word: 'crowded', sentence: 'An alert is firing: too many jobs wait.' },
] as const

/**
 * How a queue is doing, judged by the alerts of the deployment, whose thresholds are settings, and not by thresholds of this page. A queue
 * that somebody has paused is first of all paused.
 */
export function standingOf(name: QueueName, figures: QueueFigures, alerts: readonly Alert[]): Standing {
  if (figures.isPaused) {
    return { tone: 'warn', word: 'paused', sentence: 'No job of this queue starts until it is resumed.' }
  }
  if (!figures.isServed && figures.waiting > 0) {
    return {
      tone: 'bad',
      word: 'not served',
      sentence: 'Jobs wait, and no process runs them, or there is no address to send them to.',
    }
  }
  const alarm = alarms.find(({ rule }) =>
    alerts.some((alert) => alert.rule === rule && alert.subject === name && alert.state === 'firing'),
  )
  if (alarm !== undefined) return { tone: 'bad', word: alarm.word, sentence: alarm.sentence }
  if (!figures.isServed) {
    return {
      tone: 'quiet',
      word: 'no process',
      sentence: 'No process runs the jobs of this queue at present, and none waits.',
    }
  }
  return { tone: 'good', word: 'running', sentence: null }
}

/** The sums of all queues, and the queue whose job has waited longest. */
export function totalsOf({ queues }: QueueMetrics) {
  const all = queueNames.flatMap((name) => {
    const figures = queues[name]
    return figures === undefined ? [] : [{ name, figures }]
  })
  const sumOf = (state: keyof JobCounts) => all.reduce((sum, { figures }) => sum + figures[state], 0)
  const oldest = all.reduce<(typeof all)[number] | null>(
    (worst, each) => (each.figures.oldestWaitingMs > (worst?.figures.oldestWaitingMs ?? 0) ? each : worst),
    null,
  )
  const completed = all.reduce((sum, { figures }) => sum + figures.lastHour.completed, 0)
  const failedInHour = all.reduce((sum, { figures }) => sum + figures.lastHour.failed, 0)
  const ended = completed + failedInHour
  return {
    waiting: sumOf('waiting'),
    active: sumOf('active'),
    delayed: sumOf('delayed'),
    failed: sumOf('failed'),
    oldest: oldest === null ? null : { queue: oldest.name, ageMs: oldest.figures.oldestWaitingMs },
    paused: all.filter(({ figures }) => figures.isPaused).length,
    endedInHour: ended,
    failureRate: ended === 0 ? null : failedInHour / ended,
  }
}

/** The queue with the most jobs in a state, else the first one. */
export function mostOf({ queues }: QueueMetrics, state: keyof JobCounts): QueueName {
  return queueNames.reduce((most, name) =>
    (queues[name]?.[state] ?? 0) > (queues[most]?.[state] ?? 0) ? name : most,
  )
}
