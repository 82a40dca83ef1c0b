import { LRUCache } from 'lru-cache'
import type { Role } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { hasMoved } from '../cache/freshness.ts'
import type { Stamp } from '../entry/entry.ts'
import type { View } from '../ledger/view.ts'

/** The part of a view of the workspace's ledger that a remembered role is judged by. */
export type MembersView = Pick<View, 'ledgerId' | 'version' | 'hasMovedPast'>

/** The origin's answer about a user in a workspace. */
export interface RememberedRole {
  /** Null if the user is not a member. */
  readonly role: Role | null
  /** Null if there was no view of the ledger. */
  readonly stamp: Stamp | null
  /** The tags that this user's membership depends on. */
  readonly tags: readonly Tag[]
  /** The instant at which the origin was called. The answer counts as old as the call. */
  readonly calledAtMs: number
}

/**
 * The origin's answers, by user and workspace. Users who are no members are kept in a memory of their own, so that many of them
 * evict no member.
 */
interface RoleMemory {
  get(key: string): RememberedRole | undefined
  set(key: string, remembered: RememberedRole): void
  isMember(key: string): boolean
}

export function createRoleMemory(): RoleMemory {
  const members = new LRUCache<string, RememberedRole>({ max: limits.isolateMembershipsMax })
  const strangers = new LRUCache<string, RememberedRole>({ max: limits.isolateStrangersMax })
  return {
    get: (key) => members.get(key) ?? strangers.get(key),
    set(key, remembered) {
      const [to, from] = remembered.role === null ? [strangers, members] : [members, strangers]
      from.delete(key)
      to.set(key, remembered)
    },
    isMember: (key) => members.has(key),
  }
}

/** Whether a membership may have changed since a stamp, as far as a view tells. */
export function hasChangedSince(stamp: Stamp | null, tags: readonly Tag[], view: MembersView): boolean {
  return stamp === null || hasMoved({ stamp, tags }, view)
}

/** How long a role may be used without calling the origin again, in milliseconds, provided that none of its tags moves. */
export function believedMs({ role }: RememberedRole): number {
  return 1_000 * (role === null ? limits.strangerSeconds : limits.membershipSeconds)
}
