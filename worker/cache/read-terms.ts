import type { Awaitable } from '../../shared/awaitable.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Wish } from './wish.ts'

/** What a workspace's settings say of a kind of entry. */
export interface Policy {
  readonly isEnabled: boolean
  readonly lifetimeSeconds: number
}

/** One read: the entry it looks for, how it may be answered, and how to load it when no tier has it. */
export interface Read {
  readonly workspaceId: WorkspaceId
  readonly key: CacheKey
  readonly tags: readonly Tag[]
  /** The caller wants the database's own answer. */
  readonly isBypass: boolean
  readonly policy: Awaitable<Policy>
  readonly wish: Wish
  /** Fill every tier at once, not only when the entry proves wanted. */
  readonly isWarmUp?: boolean
  /** Whether a body has the form that this Worker presents; an entry without it is passed over. */
  isReadable(body: Uint8Array): boolean
  /** What a loaded body depends on besides `tags`. */
  embeddedTags(body: Uint8Array): readonly Tag[]
  /** Fetches the body from the origin; `version` names what the entry will be stamped with. Null: there is no such thing. */
  fetchBody(version: string): Promise<Result<Uint8Array | null, WireError>>
  /** Takes work that goes on after the answer is sent. */
  keepAlive(work: Promise<unknown>): void
}
