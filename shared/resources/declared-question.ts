import type { z } from 'zod'
import type { Declaration, PerQuestion } from './declaration.ts'
import type { Question, Resource } from './question.ts'

/** Everything that a question is made from, except its parameters. */
interface Source<Params extends z.ZodObject, Data extends z.ZodObject> {
  readonly declaration: Declaration<string, z.ZodObject, z.ZodObject, Params, Data, z.ZodObject>
  readonly resource: Resource
  /** Parses a body; null if it is not valid data. */
  read(body: Uint8Array): z.output<Data> | null
}

/** Properties of a question that do not follow from its parameters. */
interface Terms {
  readonly isBypass?: boolean
  readonly sharing?: Question['sharing']
}

const decoder = new TextDecoder()

/** Creates the question of a declaration with these parameters. */
export function createQuestion<Params extends z.ZodObject, Data extends z.ZodObject>(
  source: Source<Params, Data>,
  params: z.output<Params>,
  { isBypass = false, ...terms }: Terms = {},
): Question {
  const { declaration, resource } = source
  const sharing = terms.sharing ?? valueFor(declaration.sharing, params)
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
    embeddedTags: (body) => [...resource.embeddedTags(body), ...(declaration.listed?.(params, body) ?? [])],
    comparable: comparableOf(source, sharing, changes),
    next: followerOf(source, params),
    ownOf: ownQuestionOf(source, params, { isBypass, sharing }),
  }
}

function comparableOf<Params extends z.ZodObject, Data extends z.ZodObject>(
  { declaration, read }: Source<Params, Data>,
  sharing: Question['sharing'],
  changes: Question['changes'],
): Question['comparable'] {
  const { writtenPart } = declaration
  if (writtenPart === undefined) return changes === 'writes' ? (body) => decoder.decode(body) : null
  return (body) => {
    const found = read(body)
    return found === null ? decoder.decode(body) : JSON.stringify(writtenPart(found, sharing))
  }
}

/** A page by number is always followed by the same question, so the last follower is remembered. */
function followerOf<Params extends z.ZodObject, Data extends z.ZodObject>(
  source: Source<Params, Data>,
  params: z.output<Params>,
): Question['next'] {
  const { next } = source.declaration
  if (next === undefined) return null
  let last: { readonly text: string; readonly question: Question } | null = null
  return (body) => {
    const following = next(params, body)
    if (following === null) return null
    const text = JSON.stringify(following)
    if (last?.text !== text) last = { text, question: createQuestion(source, following) }
    return last.question
  }
}

function ownQuestionOf<Params extends z.ZodObject, Data extends z.ZodObject>(
  source: Source<Params, Data>,
  params: z.output<Params>,
  { isBypass, sharing }: Required<Terms>,
): Question['ownOf'] {
  const { lacks } = source.declaration
  if (lacks === undefined || sharing === 'user') return () => null
  let own: Question | null = null
  // A hub asks for each of its clients about one body.
  let last: { readonly body: Uint8Array; readonly found: z.output<Data> | null } | null = null
  return (body, userId) => {
    if (last?.body !== body) last = { body, found: source.read(body) }
    const { found } = last
    if (found === null || !lacks(found, userId)) return null
    own ??= createQuestion(source, params, { isBypass, sharing: 'user' })
    return own
  }
}

function valueFor<Params, Value extends string | number | boolean>(
  declared: PerQuestion<Params, Value>,
  params: Params,
): Value {
  return typeof declared === 'function' ? declared(params) : declared
}
