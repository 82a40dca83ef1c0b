import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import { rolloutStateSchema } from '../../shared/contract/rollout-state.ts'
import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { isTag } from '../../shared/tags/tags.ts'
import type { LocationCache } from '../platform/location-cache.ts'

/** The newest part of a view, which an isolate shares with the others of its location. */
export interface SharedChanges {
  readonly ledgerId: string
  readonly birth: Version
  readonly version: Version
  /** `changes` has every change after this version. Only an isolate with a view of this version or a newer one can use it. */
  readonly since: Version
  /** Tags, and the versions that last moved them as distances from the ledger's birth. */
  readonly changes: readonly (readonly [Tag, number])[]
  /** The instant of the call of the ledger, by the clock of the isolate that made it. */
  readonly calledAtMs: number
  /** The instant up to which everything that was committed is in the shared view (View). */
  readonly provedAtMs: number
  /** Absent if the tiers answer. */
  readonly rollout?: Exclude<RolloutState, 'on'> | undefined
}

/** The place where the isolates of a location share their views. Never rejects. It may lose views at any time. */
export interface SharedViews {
  read(workspaceId: WorkspaceId): Promise<SharedChanges | null>
  write(workspaceId: WorkspaceId, shared: SharedChanges): Promise<void>
}

const sharedSchema = z.object({
  ledgerId: z.string(),
  version: versionSchema,
  birth: versionSchema,
  since: versionSchema,
  changes: z
    .array(z.tuple([z.custom<Tag>(isTag), z.int().positive().max(0xffff_ffff)]))
    .max(limits.sharedChangesMax),
  calledAtMs: z.number(),
  provedAtMs: z.number().default(0),
  rollout: rolloutStateSchema.exclude(['on']).optional(),
})

/** Shares views through a location's edge cache. If it fails, is late or holds something unreadable, there is no shared view. */
export function createSharedViews(cache: Pick<LocationCache, 'match' | 'put'>, clock: Clock): SharedViews {
  const urlOf = (workspaceId: WorkspaceId) =>
    `https://views.boardcache.internal/${encodeURIComponent(workspaceId)}`
  const bounded = <Value>(work: () => Promise<Value>, late: Value) =>
    withinDeadline(clock, limits.sharedViewDeadlineMs, () => work().catch(() => late), late)

  return {
    read: (workspaceId) =>
      bounded(async () => {
        const response = await cache.match(urlOf(workspaceId))
        if (response === undefined) return null
        const parsed = sharedSchema.safeParse(await response.json())
        return parsed.success ? parsed.data : null
      }, null),
    write: (workspaceId, shared) =>
      bounded(async () => {
        const headers = { 'Cache-Control': `max-age=${limits.sharedViewSeconds}` }
        await cache.put(urlOf(workspaceId), Response.json(shared, { headers }))
      }, undefined),
  }
}
