import { limits } from '../../../shared/limits.ts'
import type { OriginStatus } from '../metrics/figures.ts'

/** Whether the origin runs below half its places, by figures that are young enough. Without them it counts as busy. */
export function hasRoom(origin: OriginStatus | null, nowMs: number): boolean {
  if (origin?.isUp !== true || nowMs - origin.fetchedAtMs > limits.originRoomAgeMaxMs) return false
  const { queriesRunning, queriesRunningMax } = origin
  return queriesRunning !== null && queriesRunningMax !== null && queriesRunning < queriesRunningMax / 2
}
