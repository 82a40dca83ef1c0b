import type postgres from 'postgres'
import { z } from 'zod'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import { deploymentId, userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { CallerKind, Question, Resource } from '../../shared/resources/question.ts'
import type { Dice } from '../support/dice.ts'
import { userIds, workspaceIds } from './world.ts'

/** A question, who puts it, and whose answer it is. */
export interface PutQuestion {
  /** For people: the counterexample shows it. */
  readonly label: string
  readonly workspaceId: WorkspaceId
  readonly question: Question
  /** The user whose own answer it is; null where the workspace shares it. */
  readonly owner: UserId | null
  readonly caller: CallerKind
}

/**
 * Where the values of a parameter come from that is no enumeration: from the rows of the database, or from a list. A new
 * parameter is added here, by its name or by its resource's name and its own. An `id` is that of a contact. `cursor` has none: pages are
 * followed by their own cursors.
 */
const sources: Readonly<Record<string, { readonly rows: string } | { readonly values: readonly string[] }>> =
  {
    boardId: { rows: `select distinct id from public.boards` },
    column_id: { rows: `select distinct id from public.board_columns` },
    search: {
      rows: `select distinct split_part(name, ' ', 1) from public.contacts where workspace_id <> 'w4'
      union select split_part(email, '@', 1) from public.contacts where id in ('k1', 'k4')
      union select '5550' union select 'al'`,
    },
    page: { values: ['1', '2'] },
    per_page: { values: ['1', '4', '100'] },
    cursor: { values: [] },
    folder: { values: ['inbox', 'sent'] },
    limit: { values: ['1', '2', '100'] },
    offset: { values: ['0', '3', '10'] },
    days: { values: ['1', '3', '90'] },
    domain: { values: ['alder.example', 'WWW.ek.example', 'öst.example', 'https://new-1.example/'] },
    id: { values: ['k1', 'k2', 'k3', 'k12', 'new-1'] },
    'call-session id': { values: ['p1', 'new-p1'] },
    'campaign-stats id': { values: ['g1', 'g2', 'new-g1'] },
    'segment-count id': { values: ['s1', 's2', 'new-s1'] },
    'company-communications id': { values: ['x1', 'x2', 'new-x1'] },
    'thread id': { values: ['t1', 't2', 'new-t1'] },
    'communication-attachments id': { values: ['e1', 'e2', 'e3', 'new-e1'] },
    email: {
      values: ['K1@alder.example', 'ilse+x@alder.example', 'bo@xn--st-eka.example', 'k2@alder.example'],
    },
    phone: { values: ['+49 30 5550', '030 5550', '0049 30 55501', '+4930/55502', '030 555010'] },
    region: { values: ['DE'] },
    'organization-by-phone phone': {
      rows: `select phone from public.phone_numbers union select '+15550100199' union select '+4930555011'`,
    },
  }

/** The values of each parameter of `resources`, from their schemas and the database. */
export type ParameterValues = ReadonlyMap<string, readonly string[]>

export async function readParameterValues(
  sql: postgres.Sql,
  resources: readonly Resource[],
): Promise<ParameterValues> {
  const values = new Map<string, readonly string[]>()
  for (const resource of resources) {
    for (const [name, schema] of Object.entries({ ...resource.path.shape, ...resource.query.shape })) {
      if (name === 'workspaceId') continue
      values.set(`${resource.name} ${name}`, await valuesOf(sql, resource, name, schema))
    }
  }
  return values
}

async function valuesOf(
  sql: postgres.Sql,
  resource: Resource,
  name: string,
  schema: z.core.$ZodType,
): Promise<readonly string[]> {
  const bare = withoutDefault(schema)
  if (bare instanceof z.ZodEnum) return bare.options.map(String)
  const source = sources[`${resource.name} ${name}`] ?? sources[name]
  if (source === undefined)
    throw new Error(`completeness/questions.ts has no values for ${name} of ${resource.name}`)
  if ('values' in source) return source.values
  const rows = await sql.unsafe(source.rows).values()
  return rows.map(([value]) => String(value)).toSorted()
}

function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? withoutDefault(schema.unwrap())
    : schema
}

/**
 * How many questions of a resource are drawn in each workspace, at most: three for each value of its longest enumeration. Those
 * that are the same are put once.
 */
const drawsOf: Readonly<Record<(typeof workspaceIds)[number], number>> = { w1: 45, w2: 15, w152: 4, w4: 1 }
const fewestDraws = 5

/** Questions of each resource in each workspace, with every value of every enumeration among them. */
export function drawQuestions(
  resources: readonly Resource[],
  values: ParameterValues,
  dice: Dice,
): PutQuestion[] {
  return resources.flatMap((resource) => {
    const draw = createDraw(resource, values, dice)
    const draws = Math.max(fewestDraws, 3 * longestEnumeration(resource))
    return scopesOf(resource).flatMap(([workspaceId, most]) => {
      const drawn = Array.from({ length: Math.min(draws, most) }, () => draw(workspaceId))
      const different = new Map(drawn.map((question) => [JSON.stringify(question.params), question]))
      return [...different.values()].flatMap((question, place) => putBy(question, workspaceId, place))
    })
  })
}

function longestEnumeration({ path, query }: Resource): number {
  const schemas = Object.values({ ...path.shape, ...query.shape }).map(withoutDefault)
  return Math.max(0, ...schemas.map((schema) => (schema instanceof z.ZodEnum ? schema.options.length : 0)))
}

/** The workspaces, or the deployment for a resource of its scope, and how many questions are drawn in each at most. */
function scopesOf({ scope }: Resource): (readonly [WorkspaceId, number])[] {
  if (scope === 'deployment') return [[deploymentId, drawsOf.w1]]
  return workspaceIds.map((name) => [workspaceIdSchema.parse(name), drawsOf[name]])
}

/** By the kinds of callers that its resource lets in, in turn; a question of one's own by two users. */
function putBy(question: Question, workspaceId: WorkspaceId, turn: number): PutQuestion[] {
  const { resource, params, sharing } = question
  const owners = sharing === 'workspace' ? [null] : userIds.slice(0, 2).map((id) => userIdSchema.parse(id))
  return owners.map((owner, place) => {
    const caller = resource.callers[(turn + place) % resource.callers.length] ?? 'member'
    const whose = owner === null ? '' : ` of ${owner}`
    const label = `${resource.name} ${JSON.stringify(params)}${whose} in ${workspaceId} by a ${caller}`
    return { label, workspaceId, question, owner, caller }
  })
}

/** The questions that readers of this answer come to: the page after it, and a user's own part that it lacks. */
export function followersOf({ label, question, ...by }: PutQuestion, body: Uint8Array): PutQuestion[] {
  const next = question.next?.(body) ?? null
  const followers = next === null ? [] : [{ ...by, label: `${label}, the next`, question: next }]
  const [owner] = userIds.map((id) => userIdSchema.parse(id))
  const own = owner === undefined ? null : question.ownOf(body, owner)
  if (own === null || owner === undefined) return followers
  return [...followers, { ...by, label: `${label}, ${owner}'s own`, question: own, owner }]
}

/** Draws questions whose enumerations go through their values in turn; other parameters are left to chance. */
function createDraw(resource: Resource, values: ParameterValues, dice: Dice) {
  const turns = new Map<string, number>()
  const drawn = (name: string, schema: z.core.$ZodType): string | undefined => {
    const known = values.get(`${resource.name} ${name}`) ?? []
    if (withoutDefault(schema) instanceof z.ZodEnum) {
      const turn = turns.get(name) ?? dice.between(0, known.length - 1)
      turns.set(name, turn + 1)
      return known[turn % known.length]
    }
    const isRequired = !z.safeParse(schema, undefined).success
    return isRequired || dice.happens(0.2) ? dice.pickOrNone(known) : undefined
  }
  const drawAll = ({ shape }: z.ZodObject, workspaceId: WorkspaceId) =>
    Object.fromEntries(
      Object.entries(shape)
        .map(([name, schema]) => [name, name === 'workspaceId' ? workspaceId : drawn(name, schema)] as const)
        .filter(([, value]) => value !== undefined),
    )
  return (workspaceId: WorkspaceId): Question => {
    const path = drawAll(resource.path, workspaceId)
    const query = drawAll(resource.query, workspaceId)
    const parsed = resource.parse(path, query)
    if (!parsed.ok) throw new Error(`${resource.name}: ${JSON.stringify({ path, query })} is no question`)
    return parsed.value
  }
}
