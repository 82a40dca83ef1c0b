import type { WireError } from '../../shared/contract/errors.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { respondData } from '../http/answers.ts'
import { everythingConcern } from '../ledger/concerns.ts'
import { invalidate } from '../ledger/invalidate.ts'
import type { Services } from '../services.ts'
import { readCacheHealth } from './cache-stats.ts'
import { measurePerformance } from './performance.ts'
import { type Warming, warmUp } from './warm-up.ts'

/*
 * A workspace's own people and operators can do this with its cache. The doors in front differ, and so does the name in which the origin is
 * called; the work and the answer are the same.
 */

type Responded = Promise<Result<Response, WireError>>

/** No entry is deleted. The moved tags make every entry of the workspace outdated, in all tiers at once. */
export async function invalidateWorkspace(
  { ledger, metrics }: Pick<Services, 'ledger' | 'metrics'>,
  workspaceId: WorkspaceId,
  userId: UserId | null,
): Responded {
  const events = new Map([[workspaceId, [everythingConcern]]])
  const answer = await invalidate(ledger, metrics.recorder, events, { cause: 'action', userId })
  if (!answer.ok) return answer
  const { invalidated, patterns, version } = answer.value
  return ok(respondData({ deletedEntries: invalidated, patterns, version }))
}

export async function warmWorkspace(services: Services, warming: Warming): Responded {
  const warmed = await warmUp(services, warming)
  return warmed.ok ? ok(respondData(warmed.value)) : warmed
}

export async function performanceOf(
  call: Parameters<typeof readCacheHealth>[0] & { readonly services: Services },
  warming: Warming,
): Responded {
  const measured = await measurePerformance(call.services, warming)
  if (!measured.ok) return measured
  const { stats } = await readCacheHealth(call)
  return ok(respondData({ ...measured.value, cacheStats: stats }))
}
