import { LRUCache } from 'lru-cache'
import type { Role, UserId, Version } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { bucketTag, familyTag } from '../../shared/tags/tags.ts'

/** What is needed of a view of a workspace's ledger (ledger/view.ts) to judge a remembered role. */
export interface MembersView {
  readonly ledgerId: string
  readonly version: Version
  /** Whether a tag moved past a version, or can no longer be told not to have. */
  hasMovedPast(tag: Tag, version: Version): boolean
}

/** The place in a ledger that was known before the origin was called: what moved later may not be in its answer. */
export interface MembershipStamp {
  readonly ledgerId: string
  readonly version: Version
}

/** What the origin said of a user in a workspace; null: they are no member. */
export interface RememberedRole {
  readonly role: Role | null
  /** Null where no view of the ledger was to be had. */
  readonly stamp: MembershipStamp | null
  /** Of this user's membership. */
  readonly tags: readonly Tag[]
  /** When the origin was called: its answer is as old as the call. */
  readonly calledAtMs: number
}

/**
 * What the origin said, by user and workspace. Strangers, who are many, are remembered apart, so that they push no member
 * out.
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

/** The tags that the membership of a user depends on. */
export function membershipTags(userId: UserId): readonly Tag[] {
  return [familyTag('workspace'), familyTag('members'), bucketTag('members', userId)]
}

/** Whether a membership may have changed since a stamp, as far as a view tells. */
export function hasChangedSince(
  stamp: MembershipStamp | null,
  tags: readonly Tag[],
  view: MembersView,
): boolean {
  return (
    stamp === null ||
    stamp.ledgerId !== view.ledgerId ||
    tags.some((tag) => view.hasMovedPast(tag, stamp.version))
  )
}

/** How long a role is believed, judged by the ledger all the while. */
export function believedMs({ role }: RememberedRole): number {
  return 1_000 * (role === null ? limits.strangerSeconds : limits.membershipSeconds)
}
