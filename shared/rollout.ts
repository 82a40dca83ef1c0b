import { sha256 } from '@noble/hashes/sha2.js'
import type { RolloutSetting } from './contract/rollout.ts'
import type { RolloutState } from './contract/rollout-state.ts'
import { limits } from './limits.ts'

const encoder = new TextEncoder()

/** It makes these buckets independent of those of the tags, and must never change: it decides who is within a percentage. */
const salt = 'boardcache rollout 1'

/**
 * The bucket of a workspace, from 0 to 9,999. A percentage lets in the buckets below it, so raising it never takes anybody out.
 */
export function rolloutBucketOf(workspaceId: string): number {
  const digest = sha256(encoder.encode(`${salt}\n${workspaceId}`))
  const first = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
  return first % limits.rolloutBuckets
}

/** How a workspace is answered under a setting. `off` beats all; `deny` beats `shadowed`, which beats `allow`, which beats `percent`. */
export function rolloutOf(setting: RolloutSetting, workspaceId: string): RolloutState {
  const { mode, percent, allow, deny, shadowed } = setting
  const isIn = (list: readonly string[]) => list.includes(workspaceId)
  if (mode === 'off' || isIn(deny)) return 'off'
  if (mode === 'shadow' || isIn(shadowed)) return 'shadow'
  if (mode === 'on' || isIn(allow)) return 'on'
  return rolloutBucketOf(workspaceId) < Math.round((percent / 100) * limits.rolloutBuckets) ? 'on' : 'off'
}
