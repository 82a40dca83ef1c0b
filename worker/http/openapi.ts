import { z } from 'zod'
import { errorBodySchema, type WireErrorCode, wireErrors } from '../../shared/contract/errors.ts'
import type { Access } from '../auth/callers.ts'
import type { Route } from './route.ts'

const memberErrors: readonly WireErrorCode[] = [
  'token_missing',
  'token_invalid',
  'token_expired',
  'user_mismatch',
  'workspace_missing',
  'not_a_member',
  'rate_limited',
  'auth_unavailable',
]
const operatorErrors: readonly WireErrorCode[] = [...memberErrors, 'admin_required']
const bodyErrors: readonly WireErrorCode[] = [
  'malformed_request',
  'invalid_json',
  'invalid_body',
  'body_too_large',
]

const errorsOf: Record<Access, readonly WireErrorCode[]> = {
  member: [...memberErrors, 'workspace_mismatch'],
  admin: [...memberErrors, 'workspace_mismatch', 'admin_required'],
  reader: [...memberErrors, 'workspace_mismatch'],
  'reader-or-service': [...memberErrors, 'workspace_mismatch'],
  'internal-key': ['key_invalid'],
  'metrics-token': [],
  operator: operatorErrors,
  'alert-settings': operatorErrors,
  public: [],
}

const securityOf: Record<Access, Record<string, string[]>[]> = {
  member: [{ member: [] }],
  admin: [{ member: [] }],
  reader: [{ member: [] }],
  'reader-or-service': [{ member: [] }, { internalKey: [] }],
  'internal-key': [{ internalKey: [] }],
  'metrics-token': [{ metricsToken: [] }, {}],
  operator: [{ metricsToken: [] }, { member: [] }],
  'alert-settings': [{ internalKey: [] }, { member: [] }],
  public: [{}],
}

/** Where limits are switched on. */
const limitHeaders = {
  RateLimit: textHeader(
    'What remains (`r`) and until when in seconds (`t`), an item a limit: `"user";r=599;t=42`',
  ),
  'RateLimit-Policy': textHeader(
    'Requests (`q`) in a window of seconds (`w`), an item a limit: `"user";q=600;w=60`',
  ),
}
const retryHeader = {
  'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } },
}

function textHeader(description: string): object {
  return { description, schema: { type: 'string' } }
}

/** A schema as OpenAPI 3.1 takes it, which is JSON Schema 2020-12: of what is sent, or of what is received. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): object[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: jsonSchema(field, 'input'),
  }))
}

/** OpenAPI ignores parameters of these names. */
const namelessHeaders = new Set(['Accept', 'Content-Type', 'Authorization'])

/** The headers that the door of a route's access reads (auth/admit.ts), and then those that the route takes. */
function headerParameters({ access, takes }: Route): object[] {
  const taken = Object.entries(takes.headers?.described ?? {})
  return [...headersOfAccess(access), ...taken]
    .filter(([name]) => !namelessHeaders.has(name))
    .map(([name, description]) => ({
      ...{ name, in: 'header', required: false, description },
      schema: { type: 'string' },
    }))
}

function headersOfAccess(access: Access): readonly (readonly [name: string, description: string])[] {
  switch (access) {
    case 'operator':
    case 'alert-settings':
      return [['X-Workspace-ID', "With an admin's JWT, where no operators' workspace is configured."]]
    case 'member':
    case 'admin':
    case 'reader':
    case 'reader-or-service':
      return [
        ['X-User-ID', "If given, must be the token's subject."],
        ['X-Workspace-ID', 'The workspace, where the path or body does not name it; else the same.'],
      ]
    default:
      return []
  }
}

/** The OpenAPI 3.1 document of the routes, from the same schemas that validate their requests. */
export function openApiDocument(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  const bearer = { type: 'http', scheme: 'bearer' }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Boardcache',
      version: '1.0.0',
      description: "Contact boards of a multi-tenant CRM, served from Cloudflare's edge.",
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        member: { ...bearer, bearerFormat: 'JWT' },
        internalKey: bearer,
        metricsToken: bearer,
      },
      schemas: { Error: jsonSchema(errorBodySchema, 'output') },
    },
  }
}

function operation(route: Route): object {
  const { path, query, body } = route.takes
  return {
    operationId: operationId(route),
    summary: route.summary,
    security: securityOf[route.access],
    parameters: [...parameters(path, 'path'), ...parameters(query, 'query'), ...headerParameters(route)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: `At most ${body.bytesMax} bytes.`,
            content: { 'application/json': { schema: jsonSchema(body.schema, 'input') } },
          },
        }),
    responses: {
      200: {
        description: 'What was asked for',
        ...(isLimited(route.access) ? { headers: limitHeaders } : {}),
        content: { [route.contentType ?? 'application/json']: { schema: jsonSchema(route.gives, 'output') } },
      },
      ...Object.fromEntries(
        errorStatuses(route).map(([status, description]) => [
          status,
          {
            description,
            ...(status === 429 ? { headers: { ...limitHeaders, ...retryHeader } } : {}),
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
          },
        ]),
      ),
    },
  }
}

/** One description a status: the sentences of all the codes that share it. */
function errorStatuses(route: Route): [number, string][] {
  const codes: WireErrorCode[] = [
    'invalid_encoding',
    'url_too_long',
    'internal',
    ...errorsOf[route.access],
    ...(route.takes.body === undefined ? [] : bodyErrors),
    ...route.errors,
  ]
  const byStatus = new Map<number, string>()
  for (const code of codes) {
    const { status, sentence } = wireErrors[code]
    byStatus.set(status, [byStatus.get(status), `\`${code}\`: ${sentence}`].filter(Boolean).join(' '))
  }
  return [...byStatus]
}

/** Whether the callers are users, who have limits. */
function isLimited(access: Access): boolean {
  return errorsOf[access].includes('rate_limited')
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'api')
  return [method.toLowerCase(), ...words].join('-')
}
