import { type QueueName, queueNameSchema } from '../../../../shared/contract/queue-names.ts'
import { type Job, jobStates } from '../../../../shared/contract/queues.ts'

export type JobState = Job['state']

/** The queue and the state whose jobs are shown. The address has both, so that they can be sent to a colleague. */
interface Shown {
  /** Null if the address names none. */
  readonly queue: QueueName | null
  readonly state: JobState
}

/** Reads the rest of the address, `exports/failed`. Without a state it is that of failed jobs, which is why most people come. */
export function parseShown(rest: string): Shown {
  const [named, asked] = rest.split('/')
  const queue = queueNameSchema.safeParse(named)
  return {
    queue: queue.success ? queue.data : null,
    state: jobStates.find((state) => state === asked) ?? 'failed',
  }
}

/** `query` has what is chosen besides: the period of the figures, and whose jobs. It stays when another queue or state is looked at. */
export function addressOf(queue: QueueName, state: JobState, query: URLSearchParams): string {
  const place = `#/queues/${queue}/${state}`
  return query.size === 0 ? place : `${place}?${query}`
}
