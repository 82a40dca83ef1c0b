import type { WireError } from '../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Demand } from '../ledger/view.ts'

/** What a workspace's settings say of a kind of entry. */
export interface Policy {
  readonly isEnabled: boolean
  readonly lifetimeSeconds: number
}

/** What the caller's headers ask of an answer. */
export interface Wish {
  readonly proof: Demand
  /** No answer older than this, seconds (RFC 9111 section 5.2.1.1). */
  readonly maxAgeSeconds: number | null
  /** At most this long past its lifetime; infinite where any time is (section 5.2.1.2). */
  readonly maxStaleSeconds: number | null
  /** Still fresh for at least so long (section 5.2.1.3). */
  readonly minFreshSeconds: number | null
  /** At most this long past its lifetime where the origin fails (RFC 5861 section 4). */
  readonly staleIfErrorSeconds: number | null
  /** Only what is cached, else 504 (RFC 9111 section 5.2.1.7). */
  readonly isOnlyIfCached: boolean
  /** Keep nothing of the answer (RFC 9111 section 5.2.1.5). */
  readonly isNoStore: boolean
}

/** What a caller asks for who asks for nothing in particular. */
export const plainWish: Wish = {
  proof: { kind: 'bounded' },
  maxAgeSeconds: null,
  maxStaleSeconds: null,
  minFreshSeconds: null,
  staleIfErrorSeconds: null,
  isOnlyIfCached: false,
  isNoStore: false,
}

/** One read: what is asked, how it may be answered, and how to get it when no tier has it. */
export interface Read {
  readonly workspaceId: WorkspaceId
  readonly key: CacheKey
  readonly tags: readonly Tag[]
  /** The caller wants the database's own answer. */
  readonly isBypass: boolean
  readonly policy: Promise<Policy>
  readonly wish: Wish
  /** Fill every tier at once, not only when the entry proves wanted. */
  readonly isWarmUp?: boolean
  /** Asks the origin; `version` names what the answer will be stamped with. Null: there is no such thing. */
  load(version: string): Promise<Result<Uint8Array | null, WireError>>
  /** Takes work that goes on after the answer is sent. */
  keepAlive(work: Promise<unknown>): void
}
