import type { WireErrorCode } from '../../../shared/contract/errors.ts'
import { callerTokenHeader, workspaceHeader } from '../../../shared/contract/origin.ts'
import type { OriginAccess, OriginRoute } from '../../../shared/contract/origin-route.ts'
import { originRouteList } from '../../../shared/contract/origin-routes.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { jsonSchemaOf } from './json-schema.ts'
import type { Operation, Parameter } from './operation.ts'
import { parametersOf, workspaceOfJobs } from './operation.ts'

/** The origin's routes for callers other than the Worker: the CRM's backend and the operators' monitoring. */
export function originOperations(): Operation[] {
  return originRouteList.filter(({ audience }) => audience === 'callers').map(operationOf)
}

type CallersAccess = Extract<OriginAccess, 'public' | 'internal-key' | 'writer' | 'jobs' | 'operator'>

const letsIn: Readonly<Record<CallersAccess, string>> = {
  public: 'Open to everybody.',
  'internal-key': 'Open to holders of the internal key.',
  writer: `Open to members of the workspace, with their JWT, and to the CRM's backend, with the internal key. The backend sends a user's JWT in \`${callerTokenHeader}\` to write on that user's behalf. Without it, the backend writes in its own name.`,
  jobs: `Open to operators (holders of the internal key, and admins of the operators' workspace) for every workspace or the one in \`${workspaceHeader}\`, and to admins for the workspace in \`${workspaceHeader}\`.`,
  operator: "Open to operators: holders of the internal key, and admins of the operators' workspace.",
}

const securityOf: Readonly<Record<CallersAccess, Operation['security']>> = {
  public: [{}],
  'internal-key': [{ internalKey: [] }],
  writer: [{ member: [] }, { internalKey: [] }],
  jobs: [{ internalKey: [] }, { member: [] }],
  operator: [{ internalKey: [] }, { member: [] }],
}

const tokenErrors = [
  'token_missing',
  'token_invalid',
  'token_expired',
  'rate_limited',
  'auth_unavailable',
] as const
const workspaceErrors = ['workspace_missing', 'invalid_parameter', 'not_a_member'] as const

const errorsOf: Readonly<Record<CallersAccess, readonly WireErrorCode[]>> = {
  public: [],
  'internal-key': ['key_invalid'],
  writer: [...tokenErrors, ...workspaceErrors],
  jobs: [...tokenErrors, ...workspaceErrors, 'admin_required'],
  operator: [...tokenErrors, 'operator_required'],
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

const headersOf: Readonly<Record<CallersAccess, readonly Parameter[]>> = {
  public: [],
  'internal-key': [],
  writer: writerHeaders,
  jobs: writerHeaders.map((header) =>
    header.name === workspaceHeader ? { ...header, isRequired: false, description: workspaceOfJobs } : header,
  ),
  operator: writerHeaders.filter(({ name }) => name !== workspaceHeader),
}

const tagsOf: Readonly<Record<CallersAccess, Operation['tag']>> = {
  public: 'Service',
  'internal-key': 'Service',
  writer: 'Writes at the origin',
  jobs: 'Work in the background',
  operator: 'Work in the background',
}

function isCallersAccess(access: OriginAccess): access is CallersAccess {
  return access in letsIn
}

function operationOf(route: OriginRoute): Operation {
  const { method, path, summary, description, takes, gives, errors } = route
  const access = accessOf(route)
  const answered = access === 'writer' ? 'The write is committed.' : 'The request succeeded.'
  return {
    server: 'origin',
    method,
    path,
    tag: tagsOf[access],
    summary,
    description: [letsIn[access], description].filter(Boolean).join(' '),
    security: securityOf[access],
    parameters: [
      ...parametersOf(takes.path, 'path'),
      ...parametersOf(takes.query, 'query'),
      ...headersOf[access],
    ],
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
  if (isCallersAccess(access)) return access
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
