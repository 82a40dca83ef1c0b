import type { DeploymentActivity } from '../../../shared/contract/activity.ts'
import { rolloutLists } from '../../../shared/contract/rollout.ts'
import { authorOf } from '../activity/activity-log.ts'
import type { RolloutChanged } from './rollout-desk.ts'

type RolloutItem = Omit<Extract<DeploymentActivity, { readonly kind: 'rollout' }>, 'id' | 'at'>

/** A change of the rollout as an item of activity. Others than operators may see it, so it names no workspace. */
export function rolloutHappening({ before, after, by }: RolloutChanged): RolloutItem {
  const lists = rolloutLists
    .map((list) => ({
      list,
      added: missingIn(before[list], after[list]),
      removed: missingIn(after[list], before[list]),
    }))
    .filter(({ added, removed }) => added + removed > 0)
  return {
    kind: 'rollout',
    by: by === null ? null : authorOf(by),
    reason: by === null ? 'violations' : 'changed',
    from: { mode: before.mode, percent: before.percent },
    to: { mode: after.mode, percent: after.percent },
    lists,
  }
}

/** The number of members of one list that another one lacks. */
function missingIn(other: readonly string[], list: readonly string[]): number {
  const known = new Set(other)
  return list.filter((id) => !known.has(id)).length
}
