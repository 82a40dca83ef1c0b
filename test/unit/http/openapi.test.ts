import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { errorBodySchema, wireErrors } from '../../../shared/contract/errors.ts'
import { originRouteList } from '../../../shared/contract/origin-routes.ts'
import { resources } from '../../../shared/resources/index.ts'
import { ok } from '../../../shared/result.ts'
import { routes } from '../../../worker/app.ts'
import { exampleOf } from '../../../worker/http/openapi/examples.ts'
import { jsonSchemaOf } from '../../../worker/http/openapi/json-schema.ts'
import { originOperations } from '../../../worker/http/openapi/origin-operations.ts'
import { workerOperations } from '../../../worker/http/openapi/worker-operations.ts'
import { openApiDocument } from '../../../worker/http/openapi.ts'
import { defineRoute } from '../../../worker/http/route.ts'
import { createOrigin } from '../origin/origin-under-test.ts'
import { createPromptDatabase } from '../origin/stub-database.ts'

const mediaTypeSchema = z.object({
  schema: z.unknown(),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.unknown()).optional(),
})
const contentSchema = z.record(z.string(), mediaTypeSchema)
const operationSchema = z.object({
  tags: z.array(z.string()),
  summary: z.string().min(1),
  description: z.string().min(1),
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.string(),
      required: z.boolean(),
      description: z.string().min(1),
      example: z.unknown(),
    }),
  ),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ content: contentSchema.optional() })),
  servers: z.array(z.object({ url: z.string() })).optional(),
})
const pathItemSchema = z.object({
  servers: z.array(z.object({ url: z.string() })).optional(),
  get: operationSchema.optional(),
  post: operationSchema.optional(),
  put: operationSchema.optional(),
  patch: operationSchema.optional(),
  delete: operationSchema.optional(),
})
const documentSchema = z.object({
  tags: z.array(z.object({ name: z.string(), description: z.string().min(1) })),
  paths: z.record(z.string(), pathItemSchema),
  components: z.object({ examples: z.record(z.string(), z.object({ value: errorBodySchema })) }),
})

const document = documentSchema.parse(openApiDocument(routes))
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const documented = Object.entries(document.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    const servers = operation?.servers ?? item.servers ?? [{ url: '/' }]
    const name = `${method.toUpperCase()} ${path}`
    return operation === undefined ? [] : [{ name, operation, servers: servers.map(({ url }) => url) }]
  }),
)
const on = (url: string) => documented.filter(({ servers }) => servers.includes(url)).map(({ name }) => name)

/** The routes that an app of the origin answers, in the document's words. */
function mountedIn({ app }: Pick<ReturnType<typeof createOrigin>, 'app'>): string[] {
  const mounted = app.routes.filter(({ path, method }) => !path.includes('*') && method !== 'ALL')
  return [
    ...new Set(mounted.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)),
  ].toSorted()
}
const declared = originRouteList.map(({ method, path }) => `${method} ${path}`).toSorted()
const originOf = () => createOrigin({ database: createPromptDatabase(() => null) })

describe('the document', () => {
  it('has every route of the Worker', () => {
    expect(on('/').toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted())
  })

  it('has every route of the origin for callers other than the Worker, and no other', () => {
    const forCallers = originRouteList.filter(({ audience }) => audience === 'callers')
    expect(on('{origin}').toSorted()).toEqual(
      forCallers.map(({ method, path }) => `${method} ${path}`).toSorted(),
    )
    expect(on('{origin}')).toEqual(
      expect.arrayContaining([
        'POST /contacts/import',
        'PATCH /contacts/{id}',
        'GET /health',
        'GET /metrics',
      ]),
    )
  })

  it('is made from the declarations by which the origin mounts its routes, so that none is missing', () => {
    expect(mountedIn(originOf())).toEqual(declared)
    const origin = originOf()
    origin.app.get('/secret', (context) => context.text('here'))
    expect(mountedIn(origin)).not.toEqual(declared)
  })
})

describe.each(documented)('$name', ({ operation }) => {
  it('has one tag that is described, words, and an example of each body, parameter and answer', () => {
    expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(operation.tags))
    expect(operation.tags).toHaveLength(1)
    const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
      Object.values(part?.content ?? {}),
    )
    for (const { example, examples } of contents) expect(example ?? examples).toBeDefined()
    for (const { example } of operation.parameters) expect(example).toBeDefined()
  })

  it('lists its errors from the error table, each code under its status', () => {
    const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400)
    expect(failures.length).toBeGreaterThan(0)
    for (const [status, { content }] of failures) {
      const codes = Object.keys(content?.['application/json']?.examples ?? {})
      expect(codes.length).toBeGreaterThan(0)
      for (const code of codes) {
        const { value } = document.components.examples[code] ?? {}
        expect([value?.code, value && wireErrors[value.code].status]).toEqual([code, Number(status)])
      }
    }
  })
})

describe.each([...workerOperations(routes), ...originOperations()])(
  'the examples of $server $method $path',
  (operation) => {
    it('are accepted by the schemas that validate requests', () => {
      const { body, answers, parameters } = operation
      if (body !== null) expectTaken(body.schema, exampleOf(jsonSchemaOf(body.schema, 'input')))
      for (const { content } of answers) {
        if (content !== null) expectTaken(content.schema, exampleOf(jsonSchemaOf(content.schema, 'output')))
      }
      for (const { schema, isRequired } of parameters) {
        if (isRequired) expect(exampleOf(schema)).not.toBe('')
      }
    })
  },
)

function expectTaken(schema: z.ZodType, example: unknown): void {
  const taken = schema.safeParse(example)
  expect(taken.success ? [] : taken.error.issues).toEqual([])
}

test('each query parameter of a route is shown as required exactly if the route refuses a request without it', () => {
  const query = z.strictObject({
    needed: z.string().max(9),
    left: z.string().optional(),
    preset: z.enum(['a', 'b']).default('a'),
  })
  const route = defineRoute({
    method: 'GET',
    path: '/things',
    summary: 'Things',
    access: 'member',
    takes: { query },
    gives: z.object({}),
    errors: [],
    handle: async () => ok(new Response()),
  })
  const { paths } = documentSchema.parse(openApiDocument([route]))
  const shown = paths['/things']?.get?.parameters.filter((parameter) => parameter.in === 'query') ?? []
  expect(shown.map(({ name, required }) => [name, required])).toEqual([
    ['needed', true],
    ['left', false],
    ['preset', false],
  ])
  expect(shown.find(({ name }) => name === 'preset')?.description).toBe(
    'One of `a`, `b`. The default is `a`.',
  )
})

test('a member’s route whose path and body name no workspace shows the header as required, others do not', () => {
  const isRequired = (path: string, method: 'get' | 'post') =>
    document.paths[path]?.[method]?.parameters.find(({ name }) => name === 'X-Workspace-ID')?.required
  expect(isRequired('/api/boards/{boardId}/contacts', 'get')).toBe(true)
  expect(isRequired('/api/contacts', 'post')).toBe(true)
  expect(isRequired('/api/cache-settings/workspace/{workspaceId}/counts', 'get')).toBe(false)
  expect(isRequired('/api/cache-settings/warm-cache', 'post')).toBe(false)
})

test('a resource asks services for a user exactly where an answer may be a user’s own', () => {
  const asking = resources.filter(({ route }) => {
    const { content } = document.paths[route]?.get?.responses['400'] ?? {}
    return content?.['application/json']?.examples?.['user_needed'] !== undefined
  })
  expect(asking.map(({ name }) => name).toSorted()).toEqual(['dashboard', 'mailbox', 'permissions'])
})
