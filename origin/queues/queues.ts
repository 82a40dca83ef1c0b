import { type QueueName, queueNames } from '../../shared/contract/queue-names.ts'

/** The declaration of a queue. Everything that runs, counts or shows queues goes by these declarations. */
export interface QueueDeclaration {
  /** Runs of a job at most, its first one included. A job may ask for another number. */
  readonly attempts: number
  /** The pause after the first failed run; it doubles with each further one. */
  readonly backoffMs: number
  /** A run that takes longer is ended, and counts as failed. */
  readonly runMaxMs: number
  /** From 1, the most urgent, to 10; of a job that asks for none. */
  readonly priority: number
  /** Runs at once in one process. */
  readonly concurrency: number
  /** The finished jobs that are kept to be looked at, at least; some twenty more for each process until it trims them. */
  readonly kept: { readonly completed: number; readonly failed: number }
  /**
   * The runs that a workspace may start in any period of `windowMs`, and have at once in all processes together. In such a queue the
   * workspaces take turns, so that many jobs of one do not delay those of another.
   */
  readonly workspaceLimit?: {
    readonly startsMax: number
    readonly windowMs: number
    readonly activeMax: number
  }
  /** Runs in this process, or is sent to the CRM's own handler by HTTP. */
  readonly runs: 'here' | 'by_http'
}

const usual = {
  backoffMs: 5_000,
  runMaxMs: 60_000,
  priority: 5,
  concurrency: 10,
  kept: { completed: 100, failed: 500 },
} as const

export const queues: Readonly<Record<QueueName, QueueDeclaration>> = {
  messages: {
    ...usual,
    runs: 'by_http',
    attempts: 3,
    // Ten workspaces with slow receivers still leave room for others.
    concurrency: 100,
    workspaceLimit: { startsMax: 20, windowMs: 60_000, activeMax: 10 },
  },
  campaigns: { ...usual, runs: 'by_http', attempts: 2, concurrency: 5 },
  flows: { ...usual, runs: 'by_http', attempts: 3 },
  emails: { ...usual, runs: 'by_http', attempts: 5 },
  webhooks: { ...usual, runs: 'here', attempts: 3, concurrency: 20 },
  ai: { ...usual, runs: 'by_http', attempts: 2, concurrency: 5 },
  imports: { ...usual, runs: 'here', attempts: 1, runMaxMs: 600_000, concurrency: 2 },
  exports: { ...usual, runs: 'here', attempts: 2, runMaxMs: 300_000, concurrency: 2 },
  analytics: { ...usual, runs: 'here', attempts: 2, runMaxMs: 120_000, concurrency: 2 },
  notifications: { ...usual, runs: 'here', attempts: 3 },
  'emails-in': { ...usual, runs: 'here', attempts: 5 },
}

/** A job that is added again and again. Several processes share a schedule; a run may happen twice and must then change nothing. */
export interface Schedule {
  readonly queue: QueueName
  /** Names the schedule for good: another id is another schedule. */
  readonly id: string
  /** The name of its jobs. They belong to the deployment and have no input; `dueAtMs` says which run it is. */
  readonly name: string
  /** A cron pattern, in UTC. */
  readonly pattern: string
}

/** The names of the jobs by which snapshots are planned, expired files and rows removed, and messages looked after. */
export const scheduledNames = {
  planSnapshots: 'plan-snapshots',
  removeExpired: 'remove-expired',
  mailUpkeep: 'upkeep',
} as const

export const schedules: readonly Schedule[] = [
  { queue: 'webhooks', id: 'webhook-upkeep', name: 'upkeep', pattern: '*/5 * * * *' },
  // Days end at another hour in each time zone, and a file must not outlive its link by much.
  { queue: 'analytics', id: 'snapshots', name: scheduledNames.planSnapshots, pattern: '7 * * * *' },
  { queue: 'emails-in', id: 'mail-upkeep', name: scheduledNames.mailUpkeep, pattern: '*/5 * * * *' },
  { queue: 'exports', id: 'expired-work', name: scheduledNames.removeExpired, pattern: '37 * * * *' },
]

export const declaredQueues = queueNames.map((name) => ({ name, ...queues[name] }))
