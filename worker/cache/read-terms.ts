import type { Awaitable } from '../../shared/awaitable.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { CacheKey } from '../entry/key.ts'
import type { LoadedBody } from '../outbound/origin-client.ts'
import type { FillReach } from './store.ts'
import type { Wish } from './wish.ts'

/** A workspace's settings for one kind of entry. */
export interface Policy {
  readonly isEnabled: boolean
  readonly lifetimeSeconds: number
}

/** One read: the entry it looks for, how it may be answered, and how to load it when no tier has it. */
export interface Read {
  readonly workspaceId: WorkspaceId
  readonly key: CacheKey
  readonly tags: readonly Tag[]
  /** The caller wants the answer from the database; no tier is read or written. */
  readonly isBypass: boolean
  /** Whether time changes the answer too. Only an answer that writes alone change can be proved current again after its load. */
  readonly changes: Question['changes']
  readonly policy: Awaitable<Policy>
  readonly wish: Wish
  /** The tiers that store the entry after a load. */
  readonly reach: FillReach
  /** Whether this Worker can present a body. An entry that it cannot present is a miss. */
  isReadable(body: Uint8Array): boolean
  /** The part of a loaded body that its ETag is made from. */
  namedPart(body: Uint8Array): Uint8Array
  /** The tags that follow from the content of a loaded body, in addition to `tags`. */
  embeddedTags(body: Uint8Array): readonly Tag[]
  /** Loads the body from the origin. `version` names the stamp that the entry will get. */
  fetchBody(version: string): Promise<LoadedBody>
  /** Keeps work running after the answer is sent. */
  keepAlive(work: Promise<unknown>): void
}
