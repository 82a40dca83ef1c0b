import type { Lifetime, Toggle } from '../contract/named-settings.ts'
import type { UserId } from '../ids.ts'
import type { Tag } from '../tags.ts'
import type { Resource } from './resource.ts'

/** One resource asked with parameters: all that the read path and the origin need, and nothing of HTTP. Immutable. */
export interface Question {
  readonly resource: Resource
  readonly params: Readonly<Record<string, unknown>>
  /** The caller asked for the database's own answer. */
  readonly isBypass: boolean
  /** Whether one entry serves the workspace, or each user has one of their own. */
  readonly sharing: 'workspace' | 'user'
  /** What changes the answer: only writes, or the passing of time as well. */
  readonly changes: 'writes' | 'time'
  readonly lifetime: Lifetime
  /** The setting that switches caching off; null: it is always on. */
  readonly toggle: Toggle | null
  /** What the answer depends on. `owner` is the user whose entry it is, null where the workspace shares it. */
  tagsFor(owner: UserId | null): readonly Tag[]
  /**
   * The part of an answer that changes by writes alone, and so must equal what the database says while no tag moved; null
   * where the passing of time may change all of it.
   */
  readonly comparable: ((body: Uint8Array) => string) | null
  /** The question that a reader who goes on asks after this answer; null where this answer is the last. */
  readonly next: ((body: Uint8Array) => Question | null) | null
  /** The user's own question, where the answer that the workspace shares lacks their part; null where it has it. */
  ownOf(body: Uint8Array, userId: UserId): Question | null
}
