import { negotiate, type Offered } from './negotiation.ts'
import type { QueueName } from './queue-names.ts'
import type { QueueMetrics } from './queues.ts'

type Figures = NonNullable<QueueMetrics['queues'][QueueName]>

interface Family {
  readonly name: string
  readonly help: string
  /** The series of one queue: further labels, and the value. */
  series(figures: Figures): readonly (readonly [labels: string, value: number])[]
}

const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const
const percentiles = [
  ['50', 'p50'],
  ['95', 'p95'],
  ['99', 'p99'],
] as const

function percentilesOf(spread: Figures['lastHour']['waitMs']) {
  return spread === null
    ? []
    : percentiles.map(([label, member]) => [`,percentile="${label}"`, spread[member] / 1_000] as const)
}

/**
 * The families have other names than those of the Worker's `/metrics`, which has the first four of them too: a Prometheus that reads both
 * must not add up the same jobs twice.
 */
const families: readonly Family[] = [
  {
    name: 'boardcache_origin_queue_jobs',
    help: 'Jobs of a queue by state; those that have ended as far as they are kept.',
    series: (figures) => states.map((state) => [`,state="${state}"`, figures[state]]),
  },
  {
    name: 'boardcache_origin_queue_oldest_waiting_seconds',
    help: 'How long the job that has waited longest has been due.',
    series: ({ oldestWaitingMs }) => [['', oldestWaitingMs / 1_000]],
  },
  {
    name: 'boardcache_origin_queue_paused',
    help: 'Whether the queue is paused.',
    series: ({ isPaused }) => [['', Number(isPaused)]],
  },
  {
    name: 'boardcache_origin_queue_served',
    help: 'Whether a process has run jobs of the queue in the last minute.',
    series: ({ isServed }) => [['', Number(isServed)]],
  },
  {
    name: 'boardcache_origin_queue_ended_last_hour',
    help: 'Jobs that ended in the last hour, by outcome.',
    series: ({ lastHour }) => [
      [',outcome="completed"', lastHour.completed],
      [',outcome="failed"', lastHour.failed],
    ],
  },
  {
    name: 'boardcache_origin_queue_failed_runs_last_hour',
    help: 'Runs that failed in the last hour, those that were tried again included.',
    series: ({ lastHour }) => [['', lastHour.failedRuns]],
  },
  {
    name: 'boardcache_origin_queue_wait_last_hour_seconds',
    help: 'Time from when a job was due to the start of its first run, over the last hour.',
    series: ({ lastHour }) => percentilesOf(lastHour.waitMs),
  },
  {
    name: 'boardcache_origin_queue_run_last_hour_seconds',
    help: 'Time of a run, over the last hour.',
    series: ({ lastHour }) => percentilesOf(lastHour.runMs),
  },
]

/** The figures in the text format 0.0.4 of Prometheus. The names of queues and states are closed unions and need no escaping. */
export function queueMetricsText({ queues }: QueueMetrics): string {
  const lines = families.flatMap(({ name, help, series }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...Object.entries(queues).flatMap(([queue, figures]) =>
      series(figures).map(([labels, value]) => `${name}{queue="${queue}"${labels}} ${value}`),
    ),
  ])
  return `${lines.join('\n')}\n`
}

export const queueMetricsTextType = 'text/plain; version=0.0.4; charset=utf-8'

type Format = 'json' | 'prometheus'

const isUtf8 = (parameter: string, value: string) => parameter === 'charset' && value === 'utf-8'
/** JSON is first because it is the default. */
const formats: readonly [Offered<Format>, ...Offered<Format>[]] = [
  { name: 'json', type: 'application/json', has: isUtf8 },
  {
    name: 'prometheus',
    type: 'text/plain',
    has: (parameter, value) =>
      isUtf8(parameter, value) || (parameter === 'version' && value === '0.0.4') || parameter === 'escaping',
  },
]

/** The format that the query names, or else the one that `Accept` prefers. */
export function queueMetricsFormatOf(named: Format | undefined, accept: string | null): Format {
  return named ?? negotiate(accept, formats)
}
