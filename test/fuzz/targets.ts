import { z } from 'zod'
import { loadRequestSchema } from '../../shared/contract/origin.ts'
import { originRouteList } from '../../shared/contract/origin-routes.ts'
import { queueNames } from '../../shared/contract/queue-names.ts'
import { deploymentId, workspaceIdSchema } from '../../shared/ids.ts'
import { resources } from '../../shared/resources/index.ts'
import { routes } from '../../worker/app.ts'
import type { Access } from '../../worker/auth/callers.ts'
import { messageContentType } from '../../worker/auth/email-sender.ts'
import { openApiDocument } from '../../worker/http/openapi.ts'
import type { Dice } from '../support/dice.ts'
import { createOrigin } from '../unit/origin/origin-under-test.ts'
import { createPromptDatabase } from '../unit/origin/stub-database.ts'
import { type JsonSchema, jsonSchemaSchema, type Known } from './json-samples.ts'
import { mailValues } from './mail-requests.ts'
import { linkSignature } from './request-case.ts'

/** A route to send requests to, as the product itself declares it. A new route is fuzzed because it is declared. */
export interface Target {
  readonly side: 'worker' | 'origin'
  readonly method: string
  /** With `{parameter}`s. */
  readonly path: string
  readonly query: Readonly<Record<string, JsonSchema>>
  /** The names in `query` without which the route answers nothing. */
  readonly required: readonly string[]
  /** The forms of a body, or none if the route reads no body. */
  readonly bodies: readonly JsonSchema[]
  /** Whether its body has one JSON text in each line. */
  readonly isLines: boolean
  /** Whether it answers all callers alike, without a token, a key or a signed link. */
  readonly isOpen: boolean
  /** Whether a route of the origin takes a user's own token; the others are called with the Worker's key. */
  readonly takesTokens?: boolean
  /** Whether a route of the origin is for holders of the internal key, in whoever's name they call. */
  readonly isForKey?: boolean
  /** Whether only operators are let in, none of whom attacks. */
  readonly isOperators?: boolean
  /** Whether it belongs to the board of the queues, which has sessions, pages and errors of its own. */
  readonly isBoard?: boolean
  /** Whether its body is an e-mail as it was sent. */
  readonly isMessage?: boolean
  /** The fields of a body that is a form of HTML. */
  readonly form?: readonly string[]
  /** The callers that a route of the Worker's table admits. */
  readonly access?: Access | undefined
  /** Requests of other forms to the same route, of which one is sent instead. */
  readonly forms?: readonly Target[]
  /** Values of its path and its body that only fit together. */
  readonly values?: Known
}

const operationSchema = z.object({
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.string(),
      required: z.boolean().optional(),
      schema: jsonSchemaSchema,
    }),
  ),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: jsonSchemaSchema })) }).optional(),
})
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.object({ servers: z.array(z.unknown()).optional() }).catchall(operationSchema),
  ),
})

const operators: ReadonlySet<Access> = new Set([
  ...([
    'operator',
    'queues',
    'queue-figures',
    'alert-settings',
    'operator-named',
    'operator-reading',
  ] as const),
])

/** The Worker's paths that are not in its table of routes. */
const unlisted = ['/openapi.json', '/', '/docs', '/dashboard/index.js', '/favicon.ico', '/no/such/route']

/** The Worker's routes, from its table and from its OpenAPI document, which also lists the origin's routes. */
export function workerTargets(): Target[] {
  const { paths } = documentSchema.parse(openApiDocument(routes))
  const listed = Object.entries(paths).flatMap(([path, { servers, ...operations }]) =>
    Object.entries(servers === undefined ? operations : {}).map(
      ([method, { parameters, requestBody }]): Target => {
        const query = parameters.filter((parameter) => parameter.in === 'query')
        const access = routes.find(
          (route) => route.path === path && route.method === method.toUpperCase(),
        )?.access
        const target = withValues({
          side: 'worker',
          method: method.toUpperCase(),
          path,
          query: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
          required: query.flatMap(({ name, required }) => (required === true ? [name] : [])),
          bodies: Object.entries(requestBody?.content ?? {}).flatMap(([type, { schema }]) =>
            type === messageContentType ? [] : [schema],
          ),
          isLines: false,
          isOpen: access === 'public',
          isOperators: access !== undefined && operators.has(access),
          access,
        })
        const message = requestBody?.content[messageContentType]
        return message === undefined
          ? target
          : { ...target, forms: [target, { ...target, bodies: [], isMessage: true }] }
      },
    ),
  )
  return [...listed, ...unlisted.map((path): Target => ({ ...bare, side: 'worker', method: 'GET', path }))]
}

const bare = { query: {}, required: [], bodies: [], isLines: false, isOpen: true }

/** The input of an origin's route as it is declared, and the callers that it takes. */
function declaredAt(method: string, path: string): Partial<Target> {
  const route = originRouteList.find((each) => each.method === method && each.path === path)
  if (route === undefined) return {}
  const { access, takes } = route
  const declared = takes.query === undefined ? undefined : schemaOf(takes.query)
  const link = queriesOfLinks[path]
  const query = declared?.properties ?? link ?? {}
  return {
    query,
    required: declared?.required ?? Object.keys(link ?? {}),
    bodies: [takes.body?.schema, takes.lines].filter((schema) => schema !== undefined).map(schemaOf),
    isLines: takes.lines !== undefined,
    isMessage: takes.message !== undefined,
    isOpen: access === 'public' && link === undefined,
    takesTokens: access === 'writer' || access === 'jobs' || access === 'operator',
    isForKey: access === 'internal-key',
    isOperators: access === 'operator',
  }
}

/** The link that the fuzzers have, to a file that does not exist. */
export const fileOfLink = {
  folder: 'exports',
  file: 'abc',
  savedAs: 'contacts.csv',
  expiresAtMs: 4_102_444_800_000,
}

/** Links are made by the origin, so that no declaration says what is in them. */
const queriesOfLinks: Readonly<Record<string, Target['query']>> = {
  '/files/{folder}/{file}': {
    expires: { type: 'string', examples: [`${fileOfLink.expiresAtMs}`] },
    as: { type: 'string', examples: [fileOfLink.savedAs] },
    signature: { type: 'string', examples: [linkSignature, linkSignature, 'A'.repeat(43)] },
  },
}

/** The origin's routes, read from the app itself, and the board of the queues. */
export function originTargets(): Target[] {
  const { app } = createOrigin({ database: createPromptDatabase(() => null) })
  const mounted = app.routes.filter(({ path, method }) => !path.includes('*') && method !== 'ALL')
  const targets = mounted.map(({ method, path: pattern }): Target => {
    const path = pattern.replaceAll(/:(\w+)/g, '{$1}')
    const target: Target = { ...bare, side: 'origin', method, path, ...declaredAt(method, path) }
    return path === '/load/{resource}' ? { ...target, forms: loadsOf(target) } : withValues(target)
  })
  const byName = new Map(targets.map((target) => [`${target.method} ${target.path}`, target]))
  return [
    ...byName.values(),
    ...boardTargets(),
    { ...bare, side: 'origin', method: 'GET', path: '/no/such/route' },
  ]
}

/** Names of things that the fuzzers themselves make, so that later requests find them. */
function withValues(target: Target): Target {
  const { path } = target
  if (path.startsWith('/api/v1/queues')) return { ...target, values: jobValues }
  if (path.startsWith('/api/v1/webhook-endpoints')) return { ...target, values: endpointValues }
  if (/^\/(api\/email-webhook|inbound-email)/.test(path)) return { ...target, values: mailValues }
  return path.startsWith('/files')
    ? { ...target, values: { folder: [fileOfLink.folder], file: [fileOfLink.file] } }
    : target
}

const jobValues: Known = {
  queue: queueNames,
  jobId: ['job-1', 'job-2', 'job-3'],
  id: ['job-1', '15213~job-1', '15213~job-2', 'none'],
  runAt: ['2026-01-01T12:00:00Z', '2099-01-01T00:00:00Z', new Date(Date.now() + 86_400_000).toISOString()],
}
const endpointValues: Known = {
  id: ['endpoint_1', 'endpoint_2'],
  deliveryId: ['3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10'],
  url: ['https://127.0.0.1:9/', 'http://localhost:9/hook', 'https://hooks.invalid/', 'http://10.0.0.1/'],
}

/** The loads of every resource, each with its parameters and under the scope that it is stored in. */
function loadsOf(target: Target): Target[] {
  return resources.map(({ name, params, scope }) => {
    const workspaceId = scope === 'deployment' ? z.literal(deploymentId) : workspaceIdSchema
    const body = loadRequestSchema.extend({ workspaceId, params })
    return { ...target, bodies: [schemaOf(body)], values: { resource: [name] } }
  })
}

/** The board of the queues has routes of Bull Board's and of its login, which no declaration names. */
const board = '/admin/queues'

const ofBoard = {
  side: 'origin',
  query: {},
  required: [],
  bodies: [],
  isLines: false,
  isOpen: false,
} as const
const words = (...texts: readonly string[]) => ({ type: 'string', enum: texts }) as const

const boardValues: Known = {
  queue: queueNames,
  state: ['wait', 'prioritized', 'delayed', 'completed', 'failed', 'active'],
  id: ['15213~job-1', '15213~job-2', 'none'],
}

function boardTargets(): Target[] {
  const target = (method: string, path: string, more: Partial<Target> = {}): Target => ({
    ...ofBoard,
    ...{ method, path: `${board}${path}`, isBoard: true, values: boardValues },
    ...more,
  })
  const change = (path: string) => target('PUT', `/api/queues${path}`)
  return [
    target('GET', ''),
    target('GET', '/login', { isOpen: true }),
    target('POST', '/login', { isOpen: true, form: ['username', 'password'] }),
    target('GET', '/logout'),
    target('POST', '/logout'),
    target('GET', '/api/queues', {
      query: {
        activeQueue: words(...queueNames),
        status: words('latest', 'failed', 'delayed', 'prioritized', 'completed'),
        page: { type: 'integer' },
        jobsPerPage: { type: 'integer' },
      },
    }),
    target('GET', '/api/queues/{queue}/{id}'),
    target('GET', '/api/queues/{queue}/{id}/logs'),
    ...['/pause', '/resume', '/{queue}/pause', '/{queue}/resume', '/{queue}/retry/failed'].map(change),
    ...['/{queue}/clean/{state}', '/{queue}/{id}/retry', '/{queue}/{id}/promote', '/{queue}/{id}/clean'].map(
      change,
    ),
    target('POST', '/api/queues/{queue}/add', { bodies: [{ type: 'object' }] }),
  ]
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return jsonSchemaSchema.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

/** A route with more input, in its path too, or of more forms, is chosen more often, up to four times as often as one without. */
export function pickTarget(targets: readonly Target[], dice: Dice): Target {
  for (;;) {
    const target = dice.pick(targets)
    const takes =
      3 +
      2 * (target.path.split('{').length - 1) +
      Object.keys(target.query).length +
      3 * Math.min(target.bodies.length, 2) +
      (target.forms?.length ?? 0)
    if (dice.happens(Math.min(takes, 12) / 12)) return formOf(target, dice)
  }
}

/** Every route as often as any other. Callers are refused before their input is read. */
export function pickEvenly(targets: readonly Target[], dice: Dice): Target {
  return formOf(dice.pick(targets), dice)
}

const formOf = (target: Target, dice: Dice) => dice.pick(target.forms ?? [target])
