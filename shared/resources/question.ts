import type { z } from 'zod'
import type { Fault } from '../contract/error-shown.ts'
import type { NotFoundCode } from '../contract/errors.ts'
import type { Lifetime, Toggle } from '../contract/named-settings.ts'
import type { BoardId, CampaignId, ContactId, SegmentId, UserId, WorkspaceId } from '../ids.ts'
import type { EntryNamespaceName } from '../redis/names.ts'
import type { Result } from '../result.ts'
import type { Tag } from '../tags/tags.ts'
import type { Served } from './served.ts'

/**
 * `member`: a user with their own token. `service`: the CRM's backend, which has the internal key. `hub`: a hub of live boards, which has
 * it too, and loads only answers that a workspace shares; a resource that is open to services is open to hubs.
 */
export type CallerKind = 'member' | 'service' | 'hub'

/** The 404 of a resource: a code of the error table, and a sentence of its own if the table's is too general. */
export interface Absence {
  readonly code: NotFoundCode
  readonly sentence?: string
}

/** The facts about a workspace from which a warm-up chooses its questions. */
export interface WarmWorkspace {
  readonly workspaceId: WorkspaceId
  readonly boardIds: readonly BoardId[]
  /** The contacts with the latest activity, the latest campaigns and the segments. Each list may be empty. */
  readonly leadIds: readonly ContactId[]
  readonly campaignIds: readonly CampaignId[]
  readonly segmentIds: readonly SegmentId[]
}

/**
 * How early a warm-up loads the entries of a resource: `first` for what every view of a board and every call begins with, `soon` for
 * what is read on the way, `later` for what can wait.
 */
export const needs = ['first', 'soon', 'later'] as const
export type Need = (typeof needs)[number]

/** A declared resource without its own types, as the read path and the routes use it. */
export interface Resource {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly route: string
  readonly path: z.ZodObject
  readonly query: z.ZodObject
  readonly params: z.ZodObject
  readonly data: z.ZodObject
  /** The schema of the answer's `data`. */
  readonly answer: z.ZodObject
  readonly version: number
  readonly callers: readonly CallerKind[]
  /** The namespace of Redis that its entries belong to. */
  readonly namespace: EntryNamespaceName
  /** Whether a question is about one workspace, or about the deployment (shared/ids.ts: `deploymentId`). */
  readonly scope: 'workspace' | 'deployment'
  /** The defaults of the toggle and the lifetime under the resource's own name; null if it has none. */
  readonly ownToggle: boolean | null
  readonly ownLifetimeSeconds: number | null
  readonly need: Need
  /** Whether some of its questions have an answer of their own for each user. */
  readonly isPersonal: boolean
  readonly absence: Absence
  /**
   * How the answer's `data` is made from a body. `stored`: it is the body, with `_cache`. `presented`: it also depends on the user.
   * `changing`: it depends on something else besides, such as the time of day.
   */
  readonly form: 'stored' | 'presented' | 'changing'
  readonly privateParams: readonly string[]
  readonly example: { readonly path: unknown; readonly query: unknown; readonly data: unknown }
  /** Parses path and query to a question, or answers their faults. */
  parse(path: unknown, query: unknown): Result<Question, Fault[]>
  /** The question with these parameters, which another release may have written; null if they do not fit. */
  questionFrom(params: unknown): Question | null
  /** The questions that a warm-up loads for a workspace. */
  warmQuestions(workspace: WarmWorkspace): readonly Question[]
  /** Whether an entry's body can be presented. A body of another shape or a damaged one cannot, and counts as a miss. */
  isReadable(body: Uint8Array): boolean
  /** The tags of what the data of a loaded body embeds. `Question.embeddedTags` has all tags that follow from a body. */
  embeddedTags(body: Uint8Array): readonly Tag[]
  /**
   * A text that differs whenever the answers that are made from the same body differ for another reason than `_cache` and the user;
   * empty if there is no such reason. It is pure and runs on every hit.
   */
  changing(body: Uint8Array, served: Served): string
  /** The part of a readable body that its ETag is made from. Bodies that are equal in it are the same answer. */
  namedPart(body: Uint8Array): Uint8Array
  /** Makes the answer's `data` from a readable body, as parts to be joined. It is pure and runs on every hit. */
  present(body: Uint8Array, served: Served): readonly Uint8Array[]
}

/** A resource with parameters. It has everything that the read path and the origin need, and nothing of HTTP. Immutable. */
export interface Question {
  readonly resource: Resource
  readonly params: Readonly<Record<string, unknown>>
  /** Whether the caller wants the answer from the database. */
  readonly isBypass: boolean
  /** Whether the workspace shares one entry, or each user has their own. */
  readonly sharing: 'workspace' | 'user'
  /** Whether only writes change the answer, or time does too. */
  readonly changes: 'writes' | 'time'
  readonly lifetime: Lifetime
  /** The setting that switches caching off; null if none does. */
  readonly toggle: Toggle | null
  /** The tags of the answer. `owner` is the user that the entry belongs to, or null if the workspace shares it. */
  tagsFor(owner: UserId | null): readonly Tag[]
  /** The tags that follow from the content of a loaded body, in addition to `tagsFor`. */
  embeddedTags(body: Uint8Array): readonly Tag[]
  /**
   * The part of an answer that only writes change. While none of the tags moved, it must equal the same part of the database's answer.
   * Null if time may change the whole answer.
   */
  readonly comparable: ((body: Uint8Array) => string) | null
  /** The question for the page after this answer. The function is null if the resource has no pages, its result on the last page. */
  readonly next: ((body: Uint8Array) => Question | null) | null
  /** The user's own question if the workspace's shared answer lacks that user's part; else null. */
  ownOf(body: Uint8Array, userId: UserId): Question | null
}
