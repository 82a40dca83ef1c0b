import type { RunningJob } from '../handler.ts'
import type { RunEnd } from '../run-job.ts'

const followed: readonly unknown[] = ['shutdown', 'lost'] satisfies RunEnd[]

/** Whether a run ends because its process ends, or because another process has the job: then another run follows, whatever attempts are left. */
export function isHandedBack({ signal }: Pick<RunningJob, 'signal'>): boolean {
  return signal.aborted && followed.includes(signal.reason)
}

/** Whether somebody has cancelled the job, after which no run follows. */
export function isCancelled({ signal }: Pick<RunningJob, 'signal'>): boolean {
  const cancelled: RunEnd = 'cancelled'
  return signal.aborted && signal.reason === cancelled
}
