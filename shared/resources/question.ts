import type { z } from 'zod'
import type { Fault, NotFoundCode } from '../contract/errors.ts'
import type { Lifetime, Toggle } from '../contract/named-settings.ts'
import type { BoardId, UserId, WorkspaceId } from '../ids.ts'
import type { Result } from '../result.ts'
import type { Tag } from '../tags/tags.ts'
import type { Served } from './served.ts'

/** A member reads with a token of their own; the service is the CRM's backend, which holds the internal key. */
export type CallerKind = 'member' | 'service'

/** What a 404 says: a code of the error table, and the resource's own sentence where the table's is too general. */
export interface Absence {
  readonly code: NotFoundCode
  readonly sentence?: string
}

/** What is known of a workspace before anything of it is cached. */
export interface WarmWorkspace {
  readonly workspaceId: WorkspaceId
  readonly boardIds: readonly BoardId[]
}

/** A declaration as the read path and the routes use it, whatever its types. */
export interface Resource {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly route: string
  readonly path: z.ZodObject
  readonly query: z.ZodObject
  readonly params: z.ZodObject
  readonly data: z.ZodObject
  /** What the caller gets under `data`. */
  readonly answer: z.ZodObject
  readonly version: number
  readonly callers: readonly CallerKind[]
  /** The default of the resource's own toggle and lifetime; null where it has none under its own name. */
  readonly ownToggle: boolean | null
  readonly ownLifetimeSeconds: number | null
  readonly absence: Absence
  readonly privateParams: readonly string[]
  readonly example: { readonly path: unknown; readonly query: unknown; readonly data: unknown }
  /** Raw input to a question, or its faults. */
  parse(path: unknown, query: unknown): Result<Question, Fault[]>
  /** What warm-up loads of a workspace. */
  warmQuestions(workspace: WarmWorkspace): readonly Question[]
  /** Whether an entry's body can be presented. One that cannot, of another shape or damaged, is as good as none. */
  isReadable(body: Uint8Array): boolean
  /** What the data of a load depends on besides its question's tags. */
  embeddedTags(body: Uint8Array): readonly Tag[]
  /** Turns a readable body into the caller's `data`, in parts that follow each other. Pure; runs on every hit. */
  present(body: Uint8Array, served: Served): readonly Uint8Array[]
}

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
