import { z } from 'zod'
import { loadRequestSchema } from '../../shared/contract/origin.ts'
import { originRouteList } from '../../shared/contract/origin-routes.ts'
import { deploymentId, workspaceIdSchema } from '../../shared/ids.ts'
import { resources } from '../../shared/resources/index.ts'
import { routes } from '../../worker/app.ts'
import type { Access } from '../../worker/auth/callers.ts'
import { openApiDocument } from '../../worker/http/openapi.ts'
import type { Dice } from '../support/dice.ts'
import { createOrigin } from '../unit/origin/origin-under-test.ts'
import { createPromptDatabase } from '../unit/origin/stub-database.ts'
import { type JsonSchema, jsonSchemaSchema, type Known } from './json-samples.ts'

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
  /** Whether it answers all callers alike, without a token or a key. */
  readonly isOpen: boolean
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
        return {
          side: 'worker',
          method: method.toUpperCase(),
          path,
          query: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
          required: query.flatMap(({ name, required }) => (required === true ? [name] : [])),
          bodies: Object.values(requestBody?.content ?? {}).map(({ schema }) => schema),
          isLines: false,
          isOpen: access === 'public',
          access,
        }
      },
    ),
  )
  return [...listed, ...unlisted.map((path): Target => ({ ...bare, side: 'worker', method: 'GET', path }))]
}

const bare = { query: {}, required: [], bodies: [], isLines: false, isOpen: true }

/** Bodies of the origin's routes as they are declared. */
function bodiesOf(method: string, path: string): readonly z.ZodType[] {
  const route = originRouteList.find((each) => each.method === method && each.path === path)
  return [route?.takes.body?.schema, route?.takes.lines].filter((schema) => schema !== undefined)
}

/** The origin's routes, read from the app itself. */
export function originTargets(): Target[] {
  const { app } = createOrigin({ database: createPromptDatabase(() => null) })
  const mounted = app.routes.filter(({ path, method }) => !path.includes('*') && method !== 'ALL')
  const targets = mounted.map(({ method, path: pattern }): Target => {
    const path = pattern.replaceAll(/:(\w+)/g, '{$1}')
    const target: Target = {
      side: 'origin',
      method,
      path,
      query: {},
      required: [],
      bodies: bodiesOf(method, path).map(schemaOf),
      isLines: path.endsWith('/import'),
      isOpen: path === '/health',
    }
    return path === '/load/{resource}' ? { ...target, forms: loadsOf(target) } : target
  })
  const byName = new Map(targets.map((target) => [`${target.method} ${target.path}`, target]))
  return [...byName.values(), { ...bare, side: 'origin', method: 'GET', path: '/no/such/route' }]
}

/** The loads of every resource, each with its parameters and under the scope that it is stored in. */
function loadsOf(target: Target): Target[] {
  return resources.map(({ name, params, scope }) => {
    const workspaceId = scope === 'deployment' ? z.literal(deploymentId) : workspaceIdSchema
    const body = loadRequestSchema.extend({ workspaceId, params })
    return { ...target, bodies: [schemaOf(body)], values: { resource: [name] } }
  })
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return jsonSchemaSchema.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

/** A route with more input, or of more forms, is chosen more often, up to twelve times as often as one without. */
export function pickTarget(targets: readonly Target[], dice: Dice): Target {
  for (;;) {
    const target = dice.pick(targets)
    const takes =
      1 +
      Object.keys(target.query).length +
      3 * Math.min(target.bodies.length, 2) +
      (target.forms?.length ?? 0)
    if (dice.happens(Math.min(takes, 12) / 12)) return dice.pick(target.forms ?? [target])
  }
}
