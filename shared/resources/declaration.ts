import type { z } from 'zod'
import type { NamedLifetime, NamedToggle } from '../contract/named-settings.ts'
import type { UserId } from '../ids.ts'
import type { Tag } from '../tags/tags.ts'
import type { Absence, CallerKind, Need, Question, Resource, WarmWorkspace } from './question.ts'
import type { Served } from './served.ts'

/** A value for all questions of a resource, or one that follows from the parameters. */
export type PerQuestion<Params, Value> = Value | ((params: Params) => Value)

/** How an answer is made from an entry's data, for a resource whose answer is more than its data and `_cache`. */
interface Presentation<Data, Answer extends z.ZodObject> {
  /** The schema of the answer's `data`. */
  readonly answer: Answer
  /** Makes the answer's `data`. It must be pure, and runs on every hit. */
  of(data: Data, served: Served): z.output<Answer>
  /**
   * A short text that differs whenever the answer differs for another reason than its data and `_cache`, such as the part of the day
   * in a greeting. It becomes part of the ETag, so that a client never gets a 304 for an answer that has changed. Without it, the
   * answer changes with its data and with the user alone. It must be pure, and runs on every hit.
   */
  changing?(data: Data, served: Served): string
  /**
   * The part of the data that names an entry in its ETag. By default it is all of the data. Data that also says when it was computed
   * leaves that out, so that two loads of the same answer have the same name.
   */
  named?(data: Data): unknown
}

/**
 * The declaration of a cached kind of thing. Routes, OpenAPI, keys, settings, warm-up and metrics follow from it, and the origin has
 * one loader of the same name.
 */
export interface Declaration<
  Name extends string,
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Params extends z.ZodObject,
  Data extends z.ZodObject,
  Answer extends z.ZodObject,
> {
  /** In kebab-case. It is used in keys, in metrics and in the origin's route. */
  readonly name: Name
  /** A few words, for lists of operations. */
  readonly summary: string
  /** Whole sentences for the developers who call the API. */
  readonly description: string
  /** The path of the GET. Parameters are written `{parameter}`. `{workspaceId}` names the workspace; without it a header does. */
  readonly route: string
  readonly path: Path
  /** A parameter is required, also in OpenAPI, if it is not optional and has no default. */
  readonly query: Query
  /** The parameters that the origin receives. Each of them is part of the key, in this order. */
  readonly params: Params
  /** The schema of the origin's answer, whose bytes are the body of an entry. */
  readonly data: Data
  /** Part of the key. Raised with every change of `data` or of the tags, so that a reader never gets an entry of another shape. */
  readonly version: number
  readonly callers: readonly [CallerKind, ...CallerKind[]]
  /** The namespace of Redis that keeps its entries, which operators can clear by itself. The default is `cache`. */
  readonly namespace?: Resource['namespace']
  /**
   * `deployment` for a question about all workspaces together, such as the workspace that a phone number belongs to. Its entries have
   * the deployment's own ledger and the default settings. Only services may ask it, without naming a workspace. The default is
   * `workspace`.
   */
  readonly scope?: Resource['scope']
  readonly sharing: PerQuestion<z.output<Params>, Question['sharing']>
  readonly changes: PerQuestion<z.output<Params>, Question['changes']>
  /** The default in seconds, which a workspace may change; or the name of a lifetime that several resources share. */
  readonly lifetime: number | PerQuestion<z.output<Params>, NamedLifetime>
  /**
   * Whether caching is on by default, which a workspace may change; or the name of a toggle that several resources share. Without it,
   * caching is on whenever the workspace's cache is.
   */
  readonly toggle?: boolean | PerQuestion<z.output<Params>, NamedToggle>
  /** The default is `not_found` with the sentence of the error table. */
  readonly absence?: Absence
  /** Parameters with text that people type. A key contains them only as part of a digest. */
  readonly privateParams?: readonly (keyof z.output<Params> & string)[]
  paramsOf(path: z.output<Path>, query: z.output<Query>): z.output<Params>
  /** Whether the caller wants the answer from the database. Without it, no caller does. */
  isBypass?(query: z.output<Query>): boolean
  /** The tags that follow from the parameters. `owner` is the user that the entry belongs to, or null if it is shared. */
  tags(params: z.output<Params>, owner: UserId | null): readonly Tag[]
  /** The tags that follow from the data, such as those of entities that the answer embeds. */
  embedded?(data: z.output<Data>): readonly Tag[]
  /** The same, read from the bytes of a body, for a list that is too long to be parsed whole after each load. */
  listed?(params: z.output<Params>, body: Uint8Array): readonly Tag[]
  /** The parameters of the entries that a warm-up loads for a workspace. Without it, there are none. */
  warm?(workspace: WarmWorkspace): readonly z.output<Params>[]
  /** How early a warm-up loads these entries. The default is `soon`. */
  readonly need?: Need
  /** The parameters of the page after this one, read from the end of an answer's bytes. It runs on every hit. */
  next?(params: z.output<Params>, body: Uint8Array): z.output<Params> | null
  /** Whether the workspace's shared entry lacks this user's part, so that the user needs an entry of their own. */
  lacks?(data: z.output<Data>, userId: UserId): boolean
  /**
   * The part of the answer that only writes change. Without it, that is the whole answer if `changes` is `writes`, and none of it
   * if `changes` is `time`.
   */
  writtenPart?(data: z.output<Data>, sharing: Question['sharing']): unknown
  /** Without it, the answer is the data with the member `_cache`. With it, entries are parsed when they are read. */
  readonly presentation?: Presentation<z.output<Data>, Answer>
  /** A question with its data, for the documentation and for checks. */
  readonly example: {
    readonly path: z.input<Path>
    readonly query: z.input<Query>
    readonly data: z.output<Data>
  }
}
