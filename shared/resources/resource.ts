import type { z } from 'zod'
import { faultsOf } from '../contract/errors.ts'
import { err, ok } from '../result.ts'
import type { Declaration } from './declaration.ts'
import { createQuestion } from './declared-question.ts'
import type { CallerKind, Question, Resource } from './question.ts'
import { cacheMemberOf, isSpliceable, spliceMember, withCacheMember } from './served.ts'

/** A resource with the types of its parameters and its data, which its loader has to match. */
interface DefinedResource<Name extends string, Params extends z.ZodObject, Data extends z.ZodObject>
  extends Resource {
  readonly name: Name
  readonly params: Params
  readonly data: Data
  readonly example: Resource['example'] & { readonly data: z.output<Data> }
  questionOf(params: z.output<Params>): Question
  /** Parses a body; null if it is not valid data. */
  dataOf(body: Uint8Array): z.output<Data> | null
}

export type ParamsOf<R> = R extends { readonly params: infer P extends z.ZodType } ? z.output<P> : never
export type DataOf<R> = R extends { readonly data: infer D extends z.ZodType } ? z.output<D> : never

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Creates a resource from its declaration. */
export function defineResource<
  const Name extends string,
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Params extends z.ZodObject,
  Data extends z.ZodObject,
  Answer extends z.ZodObject,
>(declaration: Declaration<Name, Path, Query, Params, Data, Answer>): DefinedResource<Name, Params, Data> {
  const { presentation, data, scope = 'workspace' } = declaration
  if (scope === 'deployment') requireDeploymentRules(declaration)
  const read = createBodyReader(data)
  /** The data of a body that was found readable before. */
  const readable = (body: Uint8Array) => {
    const found = read(body)
    if (found === null) throw new Error(`${declaration.name}: an unreadable body was presented`)
    return found
  }

  const resource: DefinedResource<Name, Params, Data> = {
    ...declaration,
    scope,
    answer: presentation?.answer ?? withCacheMember(data),
    ownToggle: typeof declaration.toggle === 'boolean' ? declaration.toggle : null,
    ownLifetimeSeconds:
      scope === 'workspace' && typeof declaration.lifetime === 'number' ? declaration.lifetime : null,
    namespace: declaration.namespace ?? 'cache',
    need: declaration.need ?? 'soon',
    isPersonal: declaration.sharing !== 'workspace',
    absence: declaration.absence ?? { code: 'not_found' },
    form:
      presentation === undefined ? 'stored' : presentation.changing === undefined ? 'presented' : 'changing',
    privateParams: declaration.privateParams ?? [],
    parse(rawPath, rawQuery) {
      const path = declaration.path.safeParse(rawPath)
      const query = declaration.query.safeParse(rawQuery)
      if (!path.success || !query.success) {
        return err(faultsOf(...[path, query].flatMap((parsed) => (parsed.success ? [] : [parsed.error]))))
      }
      const isBypass = declaration.isBypass?.(query.data) ?? false
      return ok(createQuestion(source, declaration.paramsOf(path.data, query.data), { isBypass }))
    },
    questionOf: (params) => createQuestion(source, params),
    questionFrom(params) {
      const parsed = declaration.params.safeParse(params)
      return parsed.success ? createQuestion(source, parsed.data) : null
    },
    dataOf: read,
    warmQuestions: (workspace) =>
      (declaration.warm?.(workspace) ?? []).map((params) => createQuestion(source, params)),
    isReadable: (body) => (presentation === undefined ? isSpliceable(body) : read(body) !== null),
    embeddedTags(body) {
      const found = declaration.embedded === undefined ? null : read(body)
      return found === null ? [] : (declaration.embedded?.(found) ?? [])
    },
    changing(body, served) {
      return presentation?.changing === undefined ? '' : presentation.changing(readable(body), served)
    },
    namedPart(body) {
      if (presentation?.named === undefined) return body
      return encoder.encode(JSON.stringify(presentation.named(readable(body))))
    },
    present(body, served) {
      if (presentation === undefined) return spliceMember(body, '_cache', cacheMemberOf(served))
      return [encoder.encode(JSON.stringify(presentation.of(readable(body), served)))]
    },
  }
  const source = { declaration, resource, read }
  return resource
}

/** The members of a declaration that tell whether it may be a question about the deployment. */
interface Asked {
  readonly name: string
  readonly callers: readonly CallerKind[]
  readonly sharing: unknown
  readonly lifetime: unknown
  readonly toggle?: unknown
  readonly warm?: unknown
}

/** The deployment is no workspace: it has no members, no settings and no warm-up, and a declaration must not promise any. */
function requireDeploymentRules({ name, callers, sharing, lifetime, toggle, warm }: Asked): void {
  const isForServices = callers.every((caller) => caller === 'service') && sharing === 'workspace'
  const hasNoSettings = toggle === undefined && typeof lifetime === 'number' && warm === undefined
  if (!isForServices || !hasNoSettings)
    throw new Error(`${name}: a resource of the deployment is for services and has no settings`)
}

/**
 * Creates a parser of bodies; its result is null if a body is not valid data. The result is remembered as long as the body exists, so
 * that a hit in memory costs no parsing.
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
