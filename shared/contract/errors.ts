import { z } from 'zod'
import { limits } from '../limits.ts'
import { storable } from '../text.ts'
import { errorShownSchema, type Fault } from './error-shown.ts'
import { unknownParameter } from './fault-sentences.ts'

/**
 * The one table of errors on the wire. A route names a code, from which status and sentence follow: the same fault
 * reads the same everywhere, and the compiler knows every code.
 */
export const wireErrors = {
  invalid_parameter: { status: 400, sentence: 'A parameter of the request is not valid.' },
  malformed_request: { status: 400, sentence: 'The request is not valid HTTP, or it ended too early.' },
  invalid_encoding: { status: 400, sentence: 'The URL is not valid UTF-8, or it contains a NUL character.' },
  invalid_json: { status: 400, sentence: 'The body is not valid JSON.' },
  invalid_body: { status: 400, sentence: 'The body does not have the form that this route accepts.' },
  invalid_cursor: { status: 400, sentence: 'The cursor does not belong to this query.' },
  message_unreadable: { status: 400, sentence: 'The body cannot be read as an e-mail.' },
  workspace_missing: { status: 400, sentence: 'The header X-Workspace-ID is missing.' },
  workspace_mismatch: { status: 400, sentence: 'The request names two different workspaces.' },
  user_needed: {
    status: 400,
    sentence: 'The answer belongs to one user, so the request must name the user in X-User-ID.',
  },
  version_unknown: {
    status: 400,
    sentence: 'X-Min-Version is newer than any version that this workspace has had.',
  },
  token_missing: { status: 401, sentence: 'The header Authorization with a bearer token is missing.' },
  token_invalid: { status: 401, sentence: 'The bearer token is not valid.' },
  token_expired: { status: 401, sentence: 'The bearer token has expired.' },
  key_invalid: { status: 401, sentence: 'The internal key is missing or not valid.' },
  signature_invalid: {
    status: 401,
    sentence: "The request's signature or shared secret is missing or not valid.",
  },
  user_mismatch: {
    status: 403,
    sentence: "The user that X-User-ID, or userId in the body, names is not the token's subject.",
  },
  origin_not_allowed: {
    status: 403,
    sentence: "Pages of this origin may not connect. The deployment's ALLOWED_ORIGINS names those that may.",
  },
  not_a_member: { status: 403, sentence: 'The user is not a member of this workspace.' },
  // An admin of the caller's own workspace may do it.
  admin_required: { status: 403, sentence: 'Only an admin of the workspace may do this.' },
  // It concerns the whole deployment, so an admin of a workspace may not do it.
  operator_required: { status: 403, sentence: 'Only an operator of the deployment may do this.' },
  contact_not_found: { status: 404, sentence: 'There is no such contact in this workspace.' },
  board_not_found: { status: 404, sentence: 'There is no such board in this workspace.' },
  recipient_unknown: {
    status: 404,
    sentence: 'No workspace has one of the addresses that the message is written to.',
  },
  job_not_found: { status: 404, sentence: 'There is no such job in this queue.' },
  not_found: { status: 404, sentence: 'There is no such thing in this workspace.' },
  route_not_found: { status: 404, sentence: 'There is no such route.' },
  method_not_allowed: { status: 405, sentence: 'The route does not support this method.' },
  request_timeout: { status: 408, sentence: 'The request did not arrive in time.' },
  contact_exists: { status: 409, sentence: 'The workspace already has a contact with this id.' },
  message_exists: { status: 409, sentence: 'The workspace already has another message with this id.' },
  conversation_exists: {
    status: 409,
    sentence: 'The workspace already has a conversation with this id, and it is with another contact.',
  },
  job_id_reused: { status: 409, sentence: 'The queue has another job with this id.' },
  export_exists: { status: 409, sentence: 'The workspace already has another export with this id.' },
  job_state: { status: 409, sentence: 'The job is not in a state that allows this.' },
  webhook_endpoints_full: {
    status: 409,
    sentence: 'The workspace already has as many webhook endpoints as it may. Delete one first.',
  },
  webhook_endpoint_off: { status: 409, sentence: 'The webhook endpoint is off. Turn it on first.' },
  rollout_changed: {
    status: 409,
    sentence: 'Somebody else has changed the rollout since this version of it was read. Read it again first.',
  },
  event_id_reused: {
    status: 409,
    sentence:
      'An eventId has already been used for another event. All other events of the request are durable.',
  },
  body_too_large: { status: 413, sentence: 'The body is larger than this route accepts.' },
  url_too_long: { status: 414, sentence: 'The URL is longer than this service accepts.' },
  column_not_found: { status: 422, sentence: 'The workspace has no such column on this board.' },
  upgrade_required: {
    status: 426,
    sentence: 'This route speaks WebSocket, so the request must ask for an upgrade.',
  },
  headers_too_large: { status: 431, sentence: 'The headers are larger than this service accepts.' },
  rate_limited: { status: 429, sentence: 'Too many requests. Try again later.' },
  too_many_streams: {
    status: 429,
    sentence: 'This user or workspace already has as many streams open as it may. Close one first.',
  },
  internal: {
    status: 500,
    sentence: 'Something went wrong. The error has been logged under the request id.',
  },
  answer_too_large: { status: 502, sentence: 'The answer is larger than this service returns.' },
  origin_unavailable: {
    status: 503,
    sentence: 'The origin cannot be reached, and the cache alone cannot serve this request.',
  },
  overloaded: { status: 503, sentence: 'The service is at its limit. Try again in a moment.' },
  queues_unavailable: { status: 503, sentence: 'The queues cannot be reached, or are not configured.' },
  files_unavailable: {
    status: 503,
    sentence: 'The files of imports and exports cannot be reached, or are not configured.',
  },
  ledger_unavailable: {
    status: 503,
    sentence: 'The ledger cannot be reached, so the request cannot be confirmed.',
  },
  figures_unavailable: { status: 503, sentence: "The deployment's figures cannot be read at the moment." },
  redis_unavailable: {
    status: 503,
    sentence:
      'This Redis cannot be reached, or it is switched off, so nothing was read or cleared for certain.',
  },
  auth_unavailable: { status: 503, sentence: 'The token or membership cannot be checked at the moment.' },
  not_cached: { status: 504, sentence: 'Nothing is cached for this request.' },
  origin_timeout: {
    status: 504,
    sentence: 'The origin did not answer in time, and the cache alone cannot serve this request.',
  },
  write_unconfirmed: {
    status: 504,
    sentence: 'The origin did not confirm the write; it may have been made. Read before you send it again.',
  },
} as const

export type WireErrorCode = keyof typeof wireErrors

type StatusOf<Code extends WireErrorCode> = (typeof wireErrors)[Code]['status']
/** The codes of a 404 but for that of a route: the thing in question does not exist. */
export type NotFoundCode = Exclude<
  { [Code in WireErrorCode]: StatusOf<Code> extends 404 ? Code : never }[WireErrorCode],
  'route_not_found'
>

/** An event that was refused because its id belongs to another event: its position in the batch, from 0, and the id. */
const eventConflictSchema = z.object({ index: z.int().nonnegative(), eventId: z.string() })
type EventConflict = z.output<typeof eventConflictSchema>

/** The body of every error, of the Worker and of the origin. */
export const errorBodySchema = z.object({
  success: z.literal(false),
  ...errorShownSchema.shape,
  code: z.enum(Object.keys(wireErrors) as [WireErrorCode, ...WireErrorCode[]]),
  /** With `event_id_reused`: all conflicts, of a batch of any size. */
  conflicts: z.array(eventConflictSchema).optional(),
})
type ErrorBody = z.output<typeof errorBodySchema>

/** An error on its way to the caller. */
export interface WireError {
  readonly code: WireErrorCode
  /** Instead of the table's, where what is absent has a name of its own. */
  readonly sentence?: string
  readonly details?: readonly Fault[]
  readonly conflicts?: readonly EventConflict[]
  readonly retryAfterSeconds?: number
}

/** Whether an error says that what was asked for does not exist, which is an answer. */
export function isAbsence({ code }: Pick<WireError, 'code'>): boolean {
  return wireErrors[code].status === 404 && code !== 'route_not_found'
}

export function errorBody(error: WireError, requestId: string): ErrorBody {
  return {
    success: false,
    error: error.sentence ?? wireErrors[error.code].sentence,
    code: error.code,
    ...(error.details === undefined ? {} : { details: listed(error.details, error.details.length) }),
    ...(error.conflicts === undefined ? {} : { conflicts: [...error.conflicts] }),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfter: error.retryAfterSeconds }),
    requestId,
  }
}

/** The headers that belong to an error's status, the same for Worker and origin. */
export function errorHeaders(error: WireError): Record<string, string> {
  const { status } = wireErrors[error.code]
  if (status === 401) return { 'WWW-Authenticate': challengeOf(error.code) }
  const mayRetry = status === 429 || status === 503
  return mayRetry ? { 'Retry-After': `${error.retryAfterSeconds ?? limits.retryAfterSeconds}` } : {}
}

/** RFC 6750 section 3.1: a request without a token only learns that a token is needed. */
function challengeOf(code: WireErrorCode): string {
  if (code === 'token_missing' || code === 'key_invalid' || code === 'signature_invalid') return 'Bearer'
  return `Bearer error="invalid_token", error_description="${wireErrors[code].sentence}"`
}

/**
 * Turns the issues that zod found into faults, each of which names a parameter and says what it takes
 * (fault-sentences.ts). There are at most `limits.faultsMax`, of which the last one counts those left out, so the
 * answer is bounded whatever was sent.
 */
export function faultsOf(...errors: readonly z.core.$ZodError[]): Fault[] {
  const faults: Fault[] = []
  let total = 0
  for (const { issues } of errors) {
    for (const issue of worthTelling(issues.flatMap(issuesOfNearest))) {
      total += faultsOfIssue(issue)
      if (faults.length < limits.faultsMax) faults.push(...faultsIn(issue, limits.faultsMax - faults.length))
    }
  }
  return listed(faults, total)
}

/**
 * If an input fits no form of a union, the faults are those of the nearest form, which has the fewest of them. If
 * several forms are equally near and their faults differ, nobody can say which form was meant, and the union's own
 * sentence is used.
 */
function issuesOfNearest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const forms = issue.errors.map((issues) => worthTelling(issues.flatMap(issuesOfNearest)))
  const distances = forms.map((issues) => issues.reduce((sum, each) => sum + faultsOfIssue(each), 0))
  const shortest = Math.min(...distances)
  const nearest = forms[distances.indexOf(shortest)] ?? []
  const told = (issues: readonly z.core.$ZodIssue[]) =>
    JSON.stringify(issues.map(({ path, message }) => [path, message]))
  const isUnclear = forms.some((form, at) => distances[at] === shortest && told(form) !== told(nearest))
  if (isUnclear) return [issue]
  return nearest.map((each) => ({ ...each, path: [...issue.path, ...each.path] }))
}

/**
 * Drops the issues that tell a caller nothing more. zod also measures values of a wrong type that have a length, so a list
 * where text belongs would be called "empty" as well, and it finds one fault of a number twice.
 */
function worthTelling(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  if (issues.length < 2) return issues
  const mistyped = new Set<string>()
  const told = new Set<string>()
  return issues.filter((issue) => {
    if (issue.code === 'unrecognized_keys') return true
    const place = JSON.stringify(issue.path.map(String))
    const fault = `${place} ${issue.message}`
    if (mistyped.has(place) || told.has(fault)) return false
    if (issue.code === 'invalid_type') mistyped.add(place)
    told.add(fault)
    return true
  })
}

function faultsOfIssue(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? issue.keys.length : 1
}

function faultsIn(issue: z.core.$ZodIssue, faultsMax: number): Fault[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') {
    return [{ parameter: clipped(at.join('.') || '(input)'), message: issue.message }]
  }
  return issue.keys.slice(0, faultsMax).map((key) => ({
    parameter: clipped([...at, key].join('.') || '(empty name)'),
    message: unknownParameter,
  }))
}

/** A name from the caller, shortened to a length at which it can still be recognized. */
function clipped(name: string): string {
  const { faultParameterCharactersMax: charactersMax } = limits
  return storable(name.length <= charactersMax ? name : `${name.slice(0, charactersMax - 1)}…`)
}

/** The first of `total` faults, followed by one that counts the rest. */
function listed(faults: readonly Fault[], total: number): Fault[] {
  if (total <= limits.faultsMax) return [...faults]
  const first = faults.slice(0, limits.faultsMax - 1)
  return [...first, { parameter: '(more)', message: `and ${total - first.length} more faults` }]
}
