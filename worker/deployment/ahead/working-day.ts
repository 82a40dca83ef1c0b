import { limits } from '../../../shared/limits.ts'
import { isWorkingTime, localTime, type WorkingHours } from '../../../shared/local-time.ts'
import { bucketOf } from '../../../shared/tags/bucket.ts'

/** When people of a workspace work, on the clocks of its time zone. */
export interface WorkspaceHours {
  readonly timeZone: string
  readonly hours: WorkingHours
}

const minuteMs = 60_000
const quarterMs = 15 * minuteMs
const weekMs = 7 * 86_400_000
const spreadBuckets = 65_536

/** How long before its working hours a workspace is loaded: the same on every day, and another time for most workspaces. */
export function leadMsOf(workspaceId: string): number {
  const share = bucketOf(`ahead\n${workspaceId}`, spreadBuckets) / spreadBuckets
  return limits.aheadLeadMinMs + Math.floor(share * limits.aheadLeadSpreadMs)
}

/**
 * The instant within a time from now at which working hours begin; null if none do. It goes by instants, and so by the minutes that the
 * clocks really show: hours that begin in the hour that a change of the clocks leaves out begin after it.
 */
export function beginWithin(nowMs: number, withinMs: number, hours: WorkspaceHours): number | null {
  const isWorking = workingAt(hours)
  const startMs = Math.floor(nowMs / minuteMs) * minuteMs
  // Most of the day and of the night end here. Hours that are over by then were found a little earlier.
  if (isWorking(startMs) || !isWorking(startMs + withinMs)) return null
  for (let atMs = startMs + minuteMs; atMs <= startMs + withinMs; atMs += minuteMs) {
    if (isWorking(atMs)) return atMs
  }
  return null
}

/** The instant after which demand belongs to the last working day: a day before the end of the last hours, or now if there were none lately. */
export function lastDaySinceMs(nowMs: number, hours: WorkspaceHours): number {
  const isWorking = workingAt(hours)
  const startMs = Math.floor(nowMs / quarterMs) * quarterMs
  for (let atMs = startMs; atMs > startMs - weekMs; atMs -= quarterMs) {
    if (isWorking(atMs)) return atMs + quarterMs - 86_400_000
  }
  return nowMs - 86_400_000
}

function workingAt({ timeZone, hours }: WorkspaceHours): (atMs: number) => boolean {
  return (atMs) => isWorkingTime(localTime(atMs, timeZone), hours)
}
