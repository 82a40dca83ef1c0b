import { err } from '../../shared/result.ts'
import type { JobQueues } from './job-queues.ts'

/** The queues of a deployment that has none: every call answers that. */
export function createUnconfiguredQueues(): JobQueues {
  const refuse = async () => err({ kind: 'not_configured' } as const)
  return {
    ...{ add: refuse, get: refuse, list: refuse, retry: refuse, promote: refuse, cancel: refuse },
    ...{ pause: refuse, resume: refuse, clean: refuse, counts: refuse, statistics: refuse },
  }
}
