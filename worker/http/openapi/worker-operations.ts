import type { WireErrorCode } from '../../../shared/contract/errors.ts'
import { workspaceHeader } from '../../../shared/contract/origin.ts'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { resources } from '../../../shared/resources/index.ts'
import type { Access } from '../../auth/callers.ts'
import type { Route } from '../route.ts'
import { jsonSchemaOf } from './json-schema.ts'
import type { Answer, Operation, Parameter } from './operation.ts'
import { parametersOf, textHeader } from './operation.ts'
import { tagOf } from './tags.ts'

const memberErrors: readonly WireErrorCode[] = [
  ...(['token_missing', 'token_invalid', 'token_expired', 'user_mismatch', 'workspace_missing'] as const),
  ...(['invalid_parameter', 'not_a_member', 'rate_limited', 'auth_unavailable'] as const),
]
const operatorErrors: readonly WireErrorCode[] = [...memberErrors, 'admin_required']
const anybodysErrors: readonly WireErrorCode[] = ['invalid_encoding', 'url_too_long', 'internal']
const bodyErrors: readonly WireErrorCode[] = [
  'malformed_request',
  'invalid_json',
  'invalid_body',
  'body_too_large',
]

/** What the document says of a way in: who, how they show it, and what they are refused with. */
interface WayIn {
  readonly letsIn: string
  readonly security: Operation['security']
  readonly errors: readonly WireErrorCode[]
  /** Which headers name the caller's user and workspace. */
  readonly names: 'member' | 'operator' | 'nobody'
}

const asMember = { security: [{ member: [] }], names: 'member' } as const

const waysIn: Readonly<Record<Access, WayIn>> = {
  member: {
    ...asMember,
    letsIn: 'For members of the workspace, with their JWT.',
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  admin: {
    ...asMember,
    letsIn: 'For admins of the workspace, with their JWT.',
    errors: [...memberErrors, 'workspace_mismatch', 'admin_required'],
  },
  reader: {
    ...asMember,
    letsIn: 'For members of the workspace, with their JWT.',
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  'reader-or-service': {
    ...asMember,
    security: [{ member: [] }, { internalKey: [] }],
    letsIn:
      "For members of the workspace, with their JWT; and for the CRM's backend, with the internal key, whose `X-User-ID` says about whom.",
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  'internal-key': {
    letsIn: "For the CRM's backend, with the internal key.",
    security: [{ internalKey: [] }],
    errors: ['key_invalid'],
    names: 'nobody',
  },
  'metrics-token': {
    letsIn: 'For everybody; where `METRICS_TOKEN` is set, for its holders.',
    security: [{ metricsToken: [] }, {}],
    errors: ['key_invalid'],
    names: 'nobody',
  },
  operator: {
    letsIn:
      'For operators: holders of `METRICS_TOKEN`, or admins of the operators’ workspace; where there is none, admins of any workspace.',
    security: [{ metricsToken: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'operator',
  },
  'alert-settings': {
    letsIn: 'For holders of the internal key, or admins of the operators’ workspace.',
    security: [{ internalKey: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'operator',
  },
  public: { letsIn: 'For everybody.', security: [{}], errors: [], names: 'nobody' },
}

const userIdParameter: Parameter = {
  name: 'X-User-ID',
  in: 'header',
  isRequired: false,
  description: "If given, must be the token's subject.",
  schema: jsonSchemaOf(userIdSchema, 'input'),
}

function workspaceParameter(isRequired: boolean, description: string): Parameter {
  const schema = jsonSchemaOf(workspaceIdSchema, 'input')
  return { name: workspaceHeader, in: 'header', isRequired, description, schema }
}

const resourceHeaders = {
  ETag: textHeader(
    'Of this answer; a request that sends it as `If-None-Match` gets 304 while it holds.',
    '"5f1c"',
  ),
  Age: {
    description: 'Seconds since it was read from the database.',
    schema: { type: 'integer' },
    example: 12,
  },
  'Cache-Status': textHeader('RFC 9211: who answered.', 'Boardcache; hit; ttl=168; detail=cloudflare_kv'),
  'Server-Timing': textHeader('What each tier took, in milliseconds.', 'memory;dur=0'),
}

/** The Worker's routes, as they are mounted. */
export function workerOperations(routes: readonly Route[]): Operation[] {
  return routes.map(operationOf)
}

function operationOf(route: Route): Operation {
  const { method, path, summary, takes, errors } = route
  const wayIn = waysIn[route.access]
  return {
    server: 'worker',
    method,
    path,
    tag: tagOf(path),
    summary,
    description: [wayIn.letsIn, route.description].filter(Boolean).join(' '),
    security: wayIn.security,
    parameters: [
      ...parametersOf(takes.path, 'path'),
      ...parametersOf(takes.query, 'query'),
      ...headersOf(route, wayIn),
    ],
    body:
      takes.body === undefined
        ? null
        : {
            contentType: 'application/json',
            schema: takes.body.schema,
            description: `At most ${takes.body.bytesMax} bytes.`,
          },
    answers: answersOf(route),
    errors: [...anybodysErrors, ...wayIn.errors, ...(takes.body === undefined ? [] : bodyErrors), ...errors],
    isLimited: wayIn.errors.includes('rate_limited'),
  }
}

/** OpenAPI has other places for these (Parameter Object, `in: header`). */
const toldElsewhere: ReadonlySet<string> = new Set(['Accept', 'Content-Type', 'Authorization'])

/** The headers that the door of a way in reads, and then those that the route takes. */
function headersOf(route: Route, { names }: WayIn): Parameter[] {
  const taken = Object.entries(route.takes.headers?.described ?? {}).map(
    ([name, description]): Parameter => ({
      ...{ name, in: 'header', isRequired: false, description },
      schema: { type: 'string', examples: [headerExamples[name] ?? '1'] },
    }),
  )
  return [...headersNaming(route, names), ...taken].filter(({ name }) => !toldElsewhere.has(name))
}

const headerExamples: Readonly<Record<string, string>> = {
  'X-Workspace-ID': '15213',
  'X-Min-Version': '8124',
  'If-None-Match': '"5f1c"',
  'Cache-Control': 'max-age=0',
  Pragma: 'no-cache',
}

function headersNaming({ path, takes }: Route, names: WayIn['names']): Parameter[] {
  if (names === 'nobody') return []
  if (names === 'operator') {
    return [workspaceParameter(false, "With an admin's JWT, where no operators' workspace is configured.")]
  }
  const isNamedElsewhere = path.includes('{workspaceId}') || takes.body?.namesWorkspace === true
  const description = isNamedElsewhere ? 'If given, must be the workspace that is named.' : 'The workspace.'
  return [userIdParameter, workspaceParameter(!isNamedElsewhere, description)]
}

function answersOf(route: Route): Answer[] {
  const content = { contentType: route.contentType ?? 'application/json', schema: route.gives }
  const answer: Answer = { status: route.status ?? 200, description: 'What was asked for.', content }
  if (!resources.some((resource) => resource.route === route.path)) return [answer]
  const { ETag } = resourceHeaders
  return [
    { ...answer, headers: resourceHeaders },
    { status: 304, description: 'The caller has it already.', content: null, headers: { ETag } },
  ]
}
