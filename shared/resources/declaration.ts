import type { z } from 'zod'
import type { NamedLifetime, NamedToggle } from '../contract/named-settings.ts'
import type { UserId } from '../ids.ts'
import type { Tag } from '../tags/tags.ts'
import type { Absence, CallerKind, Question, WarmWorkspace } from './question.ts'
import type { Served } from './served.ts'

/** The same for all questions of a resource, or by what is asked. */
export type PerQuestion<Params, Value> = Value | ((params: Params) => Value)

/** How an answer is made of an entry's data where the member `_cache` is not enough. */
interface Presentation<Data, Answer extends z.ZodObject> {
  /** What the caller gets under `data`. */
  readonly answer: Answer
  /** Pure; runs on every hit. */
  of(data: Data, served: Served): z.output<Answer>
}

/**
 * A kind of thing that is cached, declared once. Routes, OpenAPI, keys, settings, warm-up and metrics follow from it, and the
 * origin has one loader of the same name.
 */
export interface Declaration<
  Name extends string,
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Params extends z.ZodObject,
  Data extends z.ZodObject,
  Answer extends z.ZodObject,
> {
  /** In kebab-case; stands in keys, metrics and the origin's route. */
  readonly name: Name
  /** A few words for lists; and what a developer has to know, in whole sentences. */
  readonly summary: string
  readonly description: string
  /** Route of the GET, with `{parameter}`s. `{workspaceId}` in it names the workspace; otherwise the header does. */
  readonly route: string
  readonly path: Path
  /** Parameters that have no default and are not optional are required, in OpenAPI too. */
  readonly query: Query
  /** What the origin receives. Every parameter is part of the key, in this order. */
  readonly params: Params
  /** The origin's answer: the bytes of an entry. */
  readonly data: Data
  /** Part of the key. Raised with every change of `data`, so that a reader never meets an entry of another shape. */
  readonly version: number
  readonly callers: readonly [CallerKind, ...CallerKind[]]
  readonly sharing: PerQuestion<z.output<Params>, Question['sharing']>
  readonly changes: PerQuestion<z.output<Params>, Question['changes']>
  /** By default, in seconds; a workspace may set it. Or the name of a lifetime that others go by too. */
  readonly lifetime: number | PerQuestion<z.output<Params>, NamedLifetime>
  /**
   * Whether caching is on by default; a workspace may switch it. Or the name of a toggle that others go by too. Left out:
   * caching is always on, as long as the workspace's cache is.
   */
  readonly toggle?: boolean | PerQuestion<z.output<Params>, NamedToggle>
  /** Left out: `not_found` with the error table's sentence. */
  readonly absence?: Absence
  /** Parameters that stand in keys only as part of a digest: what people type. */
  readonly privateParams?: readonly (keyof z.output<Params> & string)[]
  paramsOf(path: z.output<Path>, query: z.output<Query>): z.output<Params>
  /** Whether the caller wants the database's own answer; left out: never. */
  isBypass?(query: z.output<Query>): boolean
  /** What the answer depends on by what is asked. `owner` is the user whose entry it is; null where it is shared. */
  tags(params: z.output<Params>, owner: UserId | null): readonly Tag[]
  /** What it depends on besides, by what is in it: entities that an answer embeds. */
  embedded?(data: z.output<Data>): readonly Tag[]
  /** What warm-up loads of a workspace; left out: nothing. */
  warm?(workspace: WarmWorkspace): readonly z.output<Params>[]
  /** What a reader who goes on asks next, read from the end of an answer's bytes; it runs on every hit. */
  next?(params: z.output<Params>, body: Uint8Array): z.output<Params> | null
  /** Of what the workspace shares: whether this user's part is not in it, so that they have an entry of their own. */
  lacks?(data: z.output<Data>, userId: UserId): boolean
  /**
   * The part that changes by writes alone. Left out: all of the answer where only writes change it, and nothing where
   * time does too.
   */
  writtenPart?(data: z.output<Data>, sharing: Question['sharing']): unknown
  /** Left out: the data as it is, with the member `_cache`. Given: entries are parsed when they are read. */
  readonly presentation?: Presentation<z.output<Data>, Answer>
  /** One question and its data, for documentation and checks. */
  readonly example: {
    readonly path: z.input<Path>
    readonly query: z.input<Query>
    readonly data: z.output<Data>
  }
}
