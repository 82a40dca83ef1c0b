import type { JobState } from './queue-address.ts'

export const jobStateTitles: Readonly<Record<JobState, string>> = {
  waiting: 'Waiting',
  active: 'Running',
  delayed: 'Delayed',
  completed: 'Completed',
  failed: 'Failed',
}
