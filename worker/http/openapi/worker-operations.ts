import type { WireErrorCode } from '../../../shared/contract/errors.ts'
import { workspaceHeader } from '../../../shared/contract/origin.ts'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import type { Access } from '../../auth/callers.ts'
import { messageContentType } from '../../auth/email-sender.ts'
import type { Route } from '../route.ts'
import { jsonSchemaOf } from './json-schema.ts'
import type { Answer, Operation, Parameter } from './operation.ts'
import { parametersOf, textHeader, workspaceOfJobs } from './operation.ts'
import { isRead, tagOf } from './tags.ts'

const memberErrors: readonly WireErrorCode[] = [
  ...(['token_missing', 'token_invalid', 'token_expired', 'user_mismatch', 'workspace_missing'] as const),
  ...(['invalid_parameter', 'not_a_member', 'rate_limited', 'auth_unavailable'] as const),
]
const jobErrors: readonly WireErrorCode[] = [...memberErrors, 'admin_required']
const operatorErrors: readonly WireErrorCode[] = [
  ...(['token_missing', 'token_invalid', 'token_expired', 'user_mismatch'] as const),
  ...(['operator_required', 'rate_limited', 'auth_unavailable'] as const),
]
const anybodysErrors: readonly WireErrorCode[] = ['invalid_encoding', 'url_too_long', 'internal']
const bodyErrors: readonly WireErrorCode[] = [
  'malformed_request',
  'invalid_json',
  'invalid_body',
  'body_too_large',
]

/** The documentation of a kind of access: its callers, their credentials, and the errors that refuse a caller. */
interface WayIn {
  readonly letsIn: string
  readonly security: Operation['security']
  readonly errors: readonly WireErrorCode[]
  /** The headers that name the caller's user and workspace. */
  readonly names: 'member' | 'operator' | 'jobs' | 'nobody'
}

const asMember = { security: [{ member: [] }], names: 'member' } as const

const waysIn: Readonly<Record<Access, WayIn>> = {
  member: {
    ...asMember,
    letsIn: 'Open to members of the workspace, with their JWT.',
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  admin: {
    ...asMember,
    letsIn: 'Open to admins of the workspace, with their JWT.',
    errors: [...memberErrors, 'workspace_mismatch', 'admin_required'],
  },
  reader: {
    ...asMember,
    letsIn: 'Open to members of the workspace, with their JWT.',
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  'reader-or-service': {
    ...asMember,
    security: [{ member: [] }, { internalKey: [] }],
    letsIn:
      "Open to members of the workspace, with their JWT, and to the CRM's backend, with the internal key. If the answer belongs to one user, the backend names that user in `X-User-ID` and gets the same answer as the user; no limit of the user counts the request.",
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  service: {
    letsIn: "Open to the CRM's backend, with the internal key. The answer belongs to no workspace.",
    security: [{ internalKey: [] }],
    errors: ['key_invalid'],
    names: 'nobody',
  },
  'service-or-admin': {
    ...asMember,
    security: [{ member: [] }, { internalKey: [] }],
    letsIn:
      "Open to admins of the workspace, with their JWT, and to the CRM's backend, with the internal key and `X-Workspace-ID`.",
    errors: [...memberErrors, 'workspace_mismatch', 'admin_required'],
  },
  'internal-key': {
    letsIn: "Open to the CRM's backend, with the internal key.",
    security: [{ internalKey: [] }],
    errors: ['key_invalid'],
    names: 'nobody',
  },
  'metrics-token': {
    letsIn: 'Open to everybody; if `METRICS_TOKEN` is set, to its holders only.',
    security: [{ metricsToken: [] }, {}],
    errors: ['key_invalid'],
    names: 'nobody',
  },
  operator: {
    letsIn:
      "Open to operators: holders of `METRICS_TOKEN` and admins of the operators' workspace. If none is configured, admins of every workspace are operators.",
    security: [{ metricsToken: [] }, { member: [] }],
    // Without an operators' workspace an admin of the workspace in X-Workspace-ID is let in, and may be refused as such.
    errors: [...jobErrors, 'operator_required'],
    names: 'operator',
  },
  'alert-settings': {
    letsIn: "Open to holders of the internal key and to admins of the operators' workspace.",
    security: [{ internalKey: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'nobody',
  },
  jobs: {
    letsIn:
      "Open to operators (holders of the internal key, and admins of the operators' workspace) for every workspace or the one in `X-Workspace-ID`, and to admins for the workspace in `X-Workspace-ID`.",
    security: [{ internalKey: [] }, { member: [] }],
    errors: jobErrors,
    names: 'jobs',
  },
  queues: {
    letsIn: "Open to operators: holders of the internal key, and admins of the operators' workspace.",
    security: [{ internalKey: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'nobody',
  },
  'queue-figures': {
    letsIn:
      "Open to operators (holders of the internal key, and admins of the operators' workspace) and to holders of `METRICS_TOKEN`.",
    security: [{ internalKey: [] }, { metricsToken: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'nobody',
  },
  'operator-named': {
    letsIn: "Open to holders of the internal key and to admins of the operators' workspace.",
    security: [{ internalKey: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'nobody',
  },
  'operator-reading': {
    letsIn:
      "Open to holders of the internal key or of `METRICS_TOKEN`, and to admins of the operators' workspace.",
    security: [{ internalKey: [] }, { metricsToken: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'nobody',
  },
  'voice-platform': {
    letsIn:
      'Open to the voice platform, with the shared secret in `X-Voice-Secret` or as a bearer token, or with a signature over the body in `ElevenLabs-Signature`.',
    security: [{ voiceSecret: [] }, { voiceSignature: [] }],
    errors: ['signature_invalid', 'rate_limited'],
    names: 'nobody',
  },
  'voice-signature': {
    letsIn: 'Open to the voice platform, with a signature over the body in `ElevenLabs-Signature`.',
    security: [{ voiceSignature: [] }],
    errors: ['signature_invalid', 'rate_limited', 'request_timeout'],
    names: 'nobody',
  },
  'email-sender': {
    letsIn:
      'Open to the service that receives mail, with `EMAIL_WEBHOOK_SECRET` as a bearer token; JSON may have a signature after Standard Webhooks 1.0 instead (`webhook-id`, `webhook-timestamp`, `webhook-signature`).',
    security: [{ emailSecret: [] }, { webhookSignature: [] }],
    errors: ['signature_invalid', 'rate_limited', 'request_timeout'],
    names: 'nobody',
  },
  'email-figures': {
    letsIn:
      "Open to holders of `EMAIL_WEBHOOK_SECRET` and to operators (holders of the internal key, and admins of the operators' workspace) for every workspace or the one in `X-Workspace-ID`, and to admins for the workspace in `X-Workspace-ID`.",
    security: [{ emailSecret: [] }, { internalKey: [] }, { member: [] }],
    errors: operatorErrors,
    names: 'jobs',
  },
  live: {
    ...asMember,
    letsIn:
      'Open to members of the workspace, with their JWT as the subprotocol `bearer.<token>`, or in `Authorization` from clients that can send it. The query names the workspace, or `X-Workspace-ID` does.',
    errors: [...memberErrors, 'workspace_mismatch'],
  },
  public: { letsIn: 'Open to everybody.', security: [{}], errors: [], names: 'nobody' },
}

function userIdParameter(access: Access): Parameter {
  const ofMembers = "If present, it must be the token's subject."
  const ofServices =
    'With the internal key, the user whose answer this is; required if the answer belongs to one user.'
  return {
    name: 'X-User-ID',
    in: 'header',
    isRequired: false,
    description:
      access === 'reader-or-service' ? `With a user's token: ${ofMembers} ${ofServices}` : ofMembers,
    schema: jsonSchemaOf(userIdSchema, 'input'),
  }
}

function workspaceParameter(isRequired: boolean, description: string): Parameter {
  const schema = jsonSchemaOf(workspaceIdSchema, 'input')
  return { name: workspaceHeader, in: 'header', isRequired, description, schema }
}

const provenanceHeaders = {
  Age: {
    description: 'Seconds since the answer was read from the database.',
    schema: { type: 'integer' },
    example: 12,
  },
  'Cache-Status': textHeader(
    'How the cache answered (RFC 9211).',
    'Boardcache; hit; ttl=168; detail=cloudflare_kv',
  ),
  'Server-Timing': textHeader('The time that each tier took, in milliseconds.', 'memory;dur=0'),
}

const resourceHeaders = {
  ETag: textHeader(
    'Identifies this answer. A request that sends it as `If-None-Match` gets 304 as long as the answer is the same.',
    '"5f1c"',
  ),
  ...provenanceHeaders,
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
    tag: tagOf(route),
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
            description: `JSON of at most ${takes.body.bytesMax} bytes.${messageWords(takes.body)}`,
            ...('messageBytesMax' in takes.body ? { asItIs: messageContentType } : {}),
          },
    answers: answersOf(route),
    errors: [...anybodysErrors, ...wayIn.errors, ...(refusesBodies(route) ? bodyErrors : []), ...errors],
    ...(isRead(route) ? { absenceHeaders: provenanceHeaders } : {}),
    isLimited: wayIn.names !== 'nobody' && wayIn.errors.includes('rate_limited'),
  }
}

function messageWords(body: object): string {
  if (!('messageBytesMax' in body)) return ''
  return ` Or a message as it was sent (RFC 5322 and MIME), of at most ${body.messageBytesMax} bytes.`
}

/** Whether a body may be refused. A verified call is answered with defaults, whatever its body is. */
function refusesBodies({ takes, access }: Route): boolean {
  return takes.body !== undefined && access !== 'voice-platform'
}

/** OpenAPI describes these elsewhere and forbids them here (Parameter Object, `in: header`). */
const describedElsewhere: ReadonlySet<string> = new Set(['Accept', 'Content-Type', 'Authorization'])

/** The headers that the door reads, followed by those that the route takes. */
function headersOf(route: Route, { names }: WayIn): Parameter[] {
  const taken = Object.entries(route.takes.headers?.described ?? {}).map(
    ([name, description]): Parameter => ({
      ...{ name, in: 'header', isRequired: false, description },
      schema: { type: 'string', examples: [headerExamples[name] ?? '1'] },
    }),
  )
  return [...headersNaming(route, names), ...taken].filter(({ name }) => !describedElsewhere.has(name))
}

const headerExamples: Readonly<Record<string, string>> = {
  'X-Workspace-ID': '15213',
  'X-Min-Version': '8124',
  'If-None-Match': '"5f1c"',
  'Cache-Control': 'max-age=0',
  Pragma: 'no-cache',
  Upgrade: 'websocket',
  Origin: 'https://crm.example.com',
  Host: 'boardcache.example.com',
  'Sec-WebSocket-Protocol': 'boardcache.live.v1, bearer.eyJhbGciOi',
}

function headersNaming({ path, takes, access }: Route, names: WayIn['names']): Parameter[] {
  if (names === 'nobody') return []
  if (names === 'jobs') return [workspaceParameter(false, workspaceOfJobs)]
  if (names === 'operator') {
    return [
      workspaceParameter(
        false,
        "The admin's workspace. Required with an admin's JWT if no operators' workspace is configured.",
      ),
    ]
  }
  const isNamedElsewhere =
    access === 'live' || path.includes('{workspaceId}') || takes.body?.namesWorkspace === true
  const description = isNamedElsewhere ? 'If present, it must be the same workspace.' : 'The workspace.'
  return [userIdParameter(access), workspaceParameter(!isNamedElsewhere, description)]
}

function answersOf(route: Route): Answer[] {
  if (route.status === 101)
    return [{ status: 101, description: 'The connection goes on as a WebSocket.', content: null }]
  const content = { contentType: route.contentType ?? 'application/json', schema: route.gives }
  const answer: Answer = { status: route.status ?? 200, description: 'The request succeeded.', content }
  if (route.givesAccepted !== undefined) {
    const accepted = { contentType: 'application/json', schema: route.givesAccepted }
    return [answer, { status: 202, description: 'It is kept, and will be done soon.', content: accepted }]
  }
  if (!isRead(route)) return [answer]
  const { ETag } = resourceHeaders
  return [
    { ...answer, headers: resourceHeaders },
    { status: 304, description: 'The caller already has this answer.', content: null, headers: { ETag } },
  ]
}
