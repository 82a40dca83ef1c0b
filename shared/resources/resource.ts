import type { z } from 'zod'
import type { Fault, NotFoundCode } from '../contract/errors.ts'
import { faultsOf } from '../contract/errors.ts'
import type { NamedLifetime, NamedToggle } from '../contract/named-settings.ts'
import type { BoardId, UserId, WorkspaceId } from '../ids.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { Tag } from '../tags.ts'
import type { Question } from './question.ts'
import type { Served } from './served.ts'
import { cacheMemberOf, isSpliceable, spliceMember, withCacheMember } from './served.ts'

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

/** The same for all questions of a resource, or by what is asked. */
type PerQuestion<Params, Value> = Value | ((params: Params) => Value)

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
interface Declaration<
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

/** A resource with its types: what its loader is held to, and questions by parameters. */
export interface DefinedResource<Name extends string, Params extends z.ZodObject, Data extends z.ZodObject>
  extends Resource {
  readonly name: Name
  readonly params: Params
  readonly data: Data
  readonly example: Resource['example'] & { readonly data: z.output<Data> }
  questionOf(params: z.output<Params>): Question
  /** A body as data; null where it does not have that shape. */
  dataOf(body: Uint8Array): z.output<Data> | null
}

export type ParamsOf<R> = R extends { readonly params: infer P extends z.ZodType } ? z.output<P> : never
export type DataOf<R> = R extends { readonly data: infer D extends z.ZodType } ? z.output<D> : never

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Makes a resource of its declaration. */
export function defineResource<
  const Name extends string,
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Params extends z.ZodObject,
  Data extends z.ZodObject,
  Answer extends z.ZodObject,
>(declaration: Declaration<Name, Path, Query, Params, Data, Answer>): DefinedResource<Name, Params, Data> {
  type Asked = z.output<Params>
  const { presentation, data } = declaration
  const read = createBodyReader(data)

  const resource: DefinedResource<Name, Params, Data> = {
    ...declaration,
    answer: presentation?.answer ?? withCacheMember(data),
    ownToggle: typeof declaration.toggle === 'boolean' ? declaration.toggle : null,
    ownLifetimeSeconds: typeof declaration.lifetime === 'number' ? declaration.lifetime : null,
    absence: declaration.absence ?? { code: 'not_found' },
    privateParams: declaration.privateParams ?? [],
    parse(rawPath, rawQuery) {
      const path = declaration.path.safeParse(rawPath)
      const query = declaration.query.safeParse(rawQuery)
      if (!path.success || !query.success) {
        return err(faultsOf(...[path, query].flatMap((parsed) => (parsed.success ? [] : [parsed.error]))))
      }
      const isBypass = declaration.isBypass?.(query.data) ?? false
      return ok(createQuestion(declaration.paramsOf(path.data, query.data), { isBypass }))
    },
    questionOf: (params) => createQuestion(params),
    dataOf: read,
    warmQuestions: (workspace) =>
      (declaration.warm?.(workspace) ?? []).map((params) => createQuestion(params)),
    isReadable: (body) => (presentation === undefined ? isSpliceable(body) : read(body) !== null),
    embeddedTags(body) {
      const found = declaration.embedded === undefined ? null : read(body)
      return found === null ? [] : (declaration.embedded?.(found) ?? [])
    },
    present(body, served) {
      if (presentation === undefined) return spliceMember(body, '_cache', cacheMemberOf(served))
      const found = read(body)
      if (found === null) throw new Error(`${declaration.name}: presented without being readable`)
      return [encoder.encode(JSON.stringify(presentation.of(found, served)))]
    },
  }

  function createQuestion(
    params: Asked,
    { isBypass = false, sharing = valueFor(declaration.sharing, params) } = {},
  ): Question {
    const changes = valueFor(declaration.changes, params)
    const sharedTags = sharing === 'workspace' ? declaration.tags(params, null) : []
    return {
      resource,
      params,
      isBypass,
      sharing,
      changes,
      lifetime: valueFor(declaration.lifetime, params),
      toggle: declaration.toggle === undefined ? null : valueFor(declaration.toggle, params),
      tagsFor: (owner) => (sharing === 'workspace' ? sharedTags : declaration.tags(params, owner)),
      comparable: comparableOf(sharing, changes),
      next: followerOf(params),
      ownOf: ownQuestionOf(params, sharing, isBypass),
    }
  }

  function comparableOf(sharing: Question['sharing'], changes: Question['changes']): Question['comparable'] {
    const { writtenPart } = declaration
    if (writtenPart === undefined) return changes === 'writes' ? (body) => decoder.decode(body) : null
    return (body) => {
      const found = read(body)
      return found === null ? decoder.decode(body) : JSON.stringify(writtenPart(found, sharing))
    }
  }

  /** Pages by number are always followed by the same question, which is made once. */
  function followerOf(params: Asked): Question['next'] {
    const { next } = declaration
    if (next === undefined) return null
    let last: { readonly text: string; readonly question: Question } | null = null
    return (body) => {
      const following = next(params, body)
      if (following === null) return null
      const text = JSON.stringify(following)
      if (last?.text !== text) last = { text, question: createQuestion(following) }
      return last.question
    }
  }

  function ownQuestionOf(params: Asked, sharing: Question['sharing'], isBypass: boolean): Question['ownOf'] {
    const { lacks } = declaration
    let own: Question | null = null
    return (body, userId) => {
      const found = lacks === undefined || sharing === 'user' ? null : read(body)
      if (found === null || lacks?.(found, userId) !== true) return null
      own ??= createQuestion(params, { isBypass, sharing: 'user' })
      return own
    }
  }

  return resource
}

function valueFor<Params, Value extends string | number | boolean>(
  declared: PerQuestion<Params, Value>,
  params: Params,
): Value {
  return typeof declared === 'function' ? declared(params) : declared
}

/**
 * Parses bodies to data; null where one does not have that shape. What came of a body is remembered as long as the body
 * is kept, so that a hit in memory costs no parsing.
 */
function createBodyReader<Data extends z.ZodObject>(data: Data): (body: Uint8Array) => z.output<Data> | null {
  const known = new WeakMap<Uint8Array, { readonly data: z.output<Data> | null }>()
  return (body) => {
    const remembered = known.get(body)
    if (remembered !== undefined) return remembered.data
    const parsed = parseBody(data, body)
    known.set(body, { data: parsed })
    return parsed
  }
}

function parseBody<Data extends z.ZodObject>(data: Data, body: Uint8Array): z.output<Data> | null {
  try {
    const parsed = data.safeParse(JSON.parse(decoder.decode(body)))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
