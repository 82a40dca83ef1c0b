import type { WireErrorCode } from '../../../shared/contract/errors.ts'
import { callerTokenHeader, workspaceHeader } from '../../../shared/contract/origin.ts'
import type { OriginAccess, OriginRoute } from '../../../shared/contract/origin-route.ts'
import { originRouteList } from '../../../shared/contract/origin-routes.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { jsonSchemaOf } from './json-schema.ts'
import type { Operation, Parameter } from './operation.ts'
import { parametersOf } from './operation.ts'

/** The origin's routes for callers other than the Worker: the CRM's backend and the operators' monitoring. */
export function originOperations(): Operation[] {
  return originRouteList.filter(({ audience }) => audience === 'callers').map(operationOf)
}

type CallersAccess = Extract<OriginAccess, 'public' | 'internal-key' | 'writer'>

const letsIn: Readonly<Record<CallersAccess, string>> = {
  public: 'Open to everybody.',
  'internal-key': 'Open to holders of the internal key.',
  writer: `Open to members of the workspace, with their JWT, and to the CRM's backend, with the internal key. The backend sends a user's JWT in \`${callerTokenHeader}\` to write on that user's behalf. Without it, the backend writes in its own name.`,
}

const securityOf: Readonly<Record<CallersAccess, Operation['security']>> = {
  public: [{}],
  'internal-key': [{ internalKey: [] }],
  writer: [{ member: [] }, { internalKey: [] }],
}

const errorsOf: Readonly<Record<CallersAccess, readonly WireErrorCode[]>> = {
  public: [],
  'internal-key': ['key_invalid'],
  writer: [
    ...([
      'token_missing',
      'token_invalid',
      'token_expired',
      'workspace_missing',
      'invalid_parameter',
    ] as const),
    ...(['not_a_member', 'rate_limited', 'auth_unavailable'] as const),
  ],
}

const anybodysErrors: readonly WireErrorCode[] = ['malformed_request', 'headers_too_large', 'internal']
const bodyErrors: readonly WireErrorCode[] = [
  'invalid_json',
  'invalid_body',
  'body_too_large',
  'request_timeout',
]

const writerHeaders: readonly Parameter[] = [
  {
    name: workspaceHeader,
    in: 'header',
    isRequired: true,
    description: 'The workspace of the contacts.',
    schema: jsonSchemaOf(workspaceIdSchema, 'input'),
  },
  {
    name: callerTokenHeader,
    in: 'header',
    isRequired: false,
    description: 'Only with the internal key: the JWT of the user on whose behalf the backend writes.',
    schema: { type: 'string', examples: ['eyJhbGciOi…'] },
  },
]

function operationOf(route: OriginRoute): Operation {
  const { method, path, summary, description, takes, gives, errors } = route
  const access = accessOf(route)
  const answered = access === 'public' ? 'The request succeeded.' : 'The write is committed.'
  return {
    server: 'origin',
    method,
    path,
    tag: access === 'writer' ? 'Writes at the origin' : 'Service',
    summary,
    description: [letsIn[access], description].filter(Boolean).join(' '),
    security: securityOf[access],
    parameters: [...parametersOf(takes.path, 'path'), ...(access === 'writer' ? writerHeaders : [])],
    body: bodyOf(takes),
    answers: [
      {
        status: gives.status,
        description: answered,
        content: {
          contentType: gives.isLines === true ? 'application/x-ndjson' : 'application/json',
          schema: gives.schema,
        },
      },
    ],
    errors: [
      ...anybodysErrors,
      ...errorsOf[access],
      ...(takes.body === undefined ? [] : bodyErrors),
      ...errors,
    ],
    isLimited: false,
  }
}

function accessOf({ access, path }: OriginRoute): CallersAccess {
  if (access === 'public' || access === 'internal-key' || access === 'writer') return access
  throw new Error(`origin-routes.ts: ${path} is the Worker's alone`)
}

function bodyOf({ body, lines }: OriginRoute['takes']): Operation['body'] {
  if (body !== undefined) {
    const description = `JSON of at most ${body.bytesMax} bytes.`
    return { contentType: 'application/json', schema: body.schema, description }
  }
  if (lines === undefined) return null
  const description = `One JSON text on each line: at most ${limits.importLinesMax} lines of at most ${limits.importLineBytesMax} bytes.`
  return { contentType: 'application/x-ndjson', schema: lines, description }
}
