import type { Marks } from '../../../shared/contract/figures.ts'
import { limits } from '../../../shared/limits.ts'
import type { SeenVersion } from '../metrics/version-log.ts'
import type { VersionRun } from './activity-log.ts'

/**
 * The deploys, the newest first: when each version was first seen, and each time at which one ran again that had run before. A version runs
 * again if it was first seen before the version that it replaced began to run. Otherwise the run is the one in which it was first seen.
 *
 * `runs` are the versions in the order in which each began to run, the oldest first.
 */
export function deploysOf(seen: readonly SeenVersion[], runs: readonly VersionRun[]): Marks['deploys'] {
  const firstSeenAtMs = new Map(seen.map(({ version, firstSeenAtMs: atMs }) => [version, atMs]))
  const again = runs.filter(({ version }, index) => {
    const replaced = runs[index - 1]
    const seenAtMs = firstSeenAtMs.get(version)
    return replaced !== undefined && seenAtMs !== undefined && seenAtMs < replaced.atMs
  })
  const all = [...seen.map(({ version, firstSeenAtMs: atMs }) => ({ version, atMs })), ...again]
  return all
    .map(({ version, atMs }) => ({ at_ms: atMs, version }))
    .sort((left, right) => right.at_ms - left.at_ms)
    .slice(0, limits.versionsKeptMax)
}
