import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi'
import { errorBodySchema, type WireErrorCode, wireErrors } from '../shared/contract/errors.ts'
import type { Access, Route } from './routes/route.ts'

const errorsOf: Record<Access, readonly WireErrorCode[]> = {
  member: [
    'token_missing',
    'token_invalid',
    'token_expired',
    'user_mismatch',
    'workspace_missing',
    'workspace_mismatch',
    'not_a_member',
    'auth_unavailable',
  ],
  'internal-key': ['key_invalid'],
  'metrics-token': [],
  public: [],
}

const securityOf: Record<Access, Record<string, string[]>[]> = {
  member: [{ member: [] }],
  'internal-key': [{ internalKey: [] }],
  'metrics-token': [{ metricsToken: [] }, {}],
  public: [{}],
}

/** The OpenAPI 3.1 document of the routes, from the same schemas that validate their requests. */
export function openApiDocument(routes: readonly Route[]): object {
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'member', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
  registry.registerComponent('securitySchemes', 'internalKey', { type: 'http', scheme: 'bearer' })
  registry.registerComponent('securitySchemes', 'metricsToken', { type: 'http', scheme: 'bearer' })
  const errorSchema = registry.register('Error', errorBodySchema)
  for (const route of routes) {
    const { path, query, body } = route.takes
    registry.registerPath({
      method: route.method === 'GET' ? 'get' : 'post',
      path: route.path,
      operationId: operationId(route),
      summary: route.summary,
      security: securityOf[route.access],
      request: {
        ...(path === undefined ? {} : { params: path }),
        ...(query === undefined ? {} : { query }),
        ...(body === undefined
          ? {}
          : { body: { required: true, content: { 'application/json': { schema: body } } } }),
      },
      responses: {
        200: { description: 'What was asked for', content: { 'application/json': { schema: route.gives } } },
        ...Object.fromEntries(
          errorStatuses(route).map(([status, description]) => [
            status,
            { description, content: { 'application/json': { schema: errorSchema } } },
          ]),
        ),
      },
    })
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Boardcache',
      version: '1.0.0',
      description: "Contact boards of a multi-tenant CRM, served from Cloudflare's edge.",
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: '/' }],
  })
}

/** One description a status: the sentences of all the codes that share it. */
function errorStatuses(route: Route): [number, string][] {
  const codes: WireErrorCode[] = [
    'invalid_encoding',
    'url_too_long',
    'internal',
    ...errorsOf[route.access],
    ...route.errors,
  ]
  const byStatus = new Map<number, string>()
  for (const code of codes) {
    const { status, sentence } = wireErrors[code]
    byStatus.set(status, [byStatus.get(status), `\`${code}\`: ${sentence}`].filter(Boolean).join(' '))
  }
  return [...byStatus]
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'api')
  return [method.toLowerCase(), ...words].join('-')
}
