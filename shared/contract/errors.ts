import { z } from 'zod'
import { limits } from '../limits.ts'

/**
 * The one table from reason to what the wire says. A route names a code; status and sentence follow from here, so
 * that the same fault reads the same everywhere and the compiler knows every code there is.
 */
export const wireErrors = {
  invalid_parameter: { status: 400, sentence: 'A parameter of the request is not valid.' },
  malformed_request: { status: 400, sentence: 'The request is not valid HTTP, or ended before its end.' },
  invalid_encoding: { status: 400, sentence: 'The URL is not valid UTF-8, or holds a NUL.' },
  invalid_json: { status: 400, sentence: 'The body is not JSON.' },
  invalid_body: { status: 400, sentence: 'The body does not have the shape this route takes.' },
  invalid_cursor: { status: 400, sentence: 'The cursor is not one that this query gave out.' },
  workspace_missing: { status: 400, sentence: 'The header X-Workspace-ID is missing.' },
  workspace_mismatch: { status: 400, sentence: 'The workspace is named twice, and not alike.' },
  user_needed: {
    status: 400,
    sentence: "The answer is a different one for each user; it takes a user's token.",
  },
  version_unknown: { status: 400, sentence: 'X-Min-Version is newer than any version of this workspace.' },
  token_missing: { status: 401, sentence: 'The header Authorization with a bearer token is missing.' },
  token_invalid: { status: 401, sentence: 'The bearer token is not valid.' },
  token_expired: { status: 401, sentence: 'The bearer token has expired.' },
  key_invalid: { status: 401, sentence: 'The internal key is missing or not valid.' },
  user_mismatch: { status: 403, sentence: "X-User-ID is not the token's subject." },
  not_a_member: { status: 403, sentence: 'The user is not a member of this workspace.' },
  admin_required: { status: 403, sentence: 'Only an admin of the workspace may do this.' },
  contact_not_found: { status: 404, sentence: 'There is no such contact in this workspace.' },
  board_not_found: { status: 404, sentence: 'There is no such board in this workspace.' },
  not_found: { status: 404, sentence: 'There is no such thing in this workspace.' },
  route_not_found: { status: 404, sentence: 'There is no such route.' },
  method_not_allowed: { status: 405, sentence: 'The route does not take this method.' },
  request_timeout: { status: 408, sentence: 'The request did not arrive in time.' },
  contact_exists: { status: 409, sentence: 'There is a contact of this id in this workspace already.' },
  event_id_reused: {
    status: 409,
    sentence:
      'An eventId is that of another event; all events of the request but those in conflict are durable.',
  },
  body_too_large: { status: 413, sentence: 'The body is larger than this route takes.' },
  url_too_long: { status: 414, sentence: 'The URL is longer than this service takes.' },
  column_not_found: { status: 422, sentence: 'There is no such column on such a board in this workspace.' },
  headers_too_large: { status: 431, sentence: 'The headers are larger than this service takes.' },
  rate_limited: { status: 429, sentence: 'Too many requests; try again later.' },
  too_many_streams: {
    status: 429,
    sentence: 'This user or workspace has as many streams open as it may; close one first.',
  },
  internal: { status: 500, sentence: 'Something went wrong here; it has been logged under the request id.' },
  answer_too_large: { status: 502, sentence: 'The answer is larger than this service gives out.' },
  origin_unavailable: { status: 503, sentence: 'The origin is out of reach and nothing usable is cached.' },
  overloaded: { status: 503, sentence: 'The service is at its limit; try again in a moment.' },
  ledger_unavailable: {
    status: 503,
    sentence: 'What was asked cannot be proved: the ledger is out of reach.',
  },
  figures_unavailable: { status: 503, sentence: "The deployment's figures are out of reach at the moment." },
  auth_unavailable: { status: 503, sentence: 'The token or membership cannot be checked at the moment.' },
  not_cached: { status: 504, sentence: 'Nothing is cached for this request.' },
  origin_timeout: {
    status: 504,
    sentence: 'The origin did not answer in time and nothing usable is cached.',
  },
  write_unconfirmed: {
    status: 504,
    sentence: 'The origin did not confirm the write; it may have been made. Read before you send it again.',
  },
} as const

export type WireErrorCode = keyof typeof wireErrors

type StatusOf<Code extends WireErrorCode> = (typeof wireErrors)[Code]['status']
/** What is asked for does not exist: the codes of a 404 but for that of a route. */
export type NotFoundCode = Exclude<
  { [Code in WireErrorCode]: StatusOf<Code> extends 404 ? Code : never }[WireErrorCode],
  'route_not_found'
>

/** One fault of an input: where it is, and what would be taken. */
export const faultSchema = z.object({ parameter: z.string(), message: z.string() })
export type Fault = z.output<typeof faultSchema>

/** An event that was not taken: its place in the batch, from 0, and its id, which is that of another event. */
export const eventConflictSchema = z.object({ index: z.int().nonnegative(), eventId: z.string() })
export type EventConflict = z.output<typeof eventConflictSchema>

/** The body of every error, of the Worker's and of the origin's. */
export const errorBodySchema = z.object({
  success: z.literal(false),
  error: z.string(),
  code: z.enum(Object.keys(wireErrors) as [WireErrorCode, ...WireErrorCode[]]),
  details: z.array(faultSchema).optional(),
  /** With `event_id_reused`: all of them, of whatever batch. */
  conflicts: z.array(eventConflictSchema).optional(),
  retryAfter: z.number().optional(),
  requestId: z.string(),
})
export type ErrorBody = z.output<typeof errorBodySchema>

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

/** The headers that an error's status asks for, alike at Worker and origin. */
export function errorHeaders(error: WireError): Record<string, string> {
  const { status } = wireErrors[error.code]
  if (status === 401) return { 'WWW-Authenticate': challengeOf(error.code) }
  const mayRetry = status === 429 || status === 503
  return mayRetry ? { 'Retry-After': `${error.retryAfterSeconds ?? limits.retryAfterSeconds}` } : {}
}

/** RFC 6750 section 3.1: a request without a token is told no more than that one is needed. */
function challengeOf(code: WireErrorCode): string {
  if (code === 'token_missing' || code === 'key_invalid') return 'Bearer'
  return `Bearer error="invalid_token", error_description="${wireErrors[code].sentence}"`
}

/**
 * What zod found wrong with inputs, as faults that name the parameter and what it takes: at most `limits.faultsMax`,
 * of which the last one says how many more there are. What is built is bounded, whatever was sent.
 */
export function faultsOf(...errors: readonly z.core.$ZodError[]): Fault[] {
  const faults: Fault[] = []
  let total = 0
  for (const { issues } of errors) {
    for (const issue of issues) {
      total += issue.code === 'unrecognized_keys' ? issue.keys.length : 1
      if (faults.length < limits.faultsMax) faults.push(...faultsIn(issue, limits.faultsMax - faults.length))
    }
  }
  return listed(faults, total)
}

function faultsIn(issue: z.core.$ZodIssue, faultsMax: number): Fault[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') {
    return [{ parameter: clipped(at.join('.') || '(input)'), message: issue.message }]
  }
  return issue.keys
    .slice(0, faultsMax)
    .map((key) => ({ parameter: clipped([...at, key].join('.')), message: 'is not known here' }))
}

/** A name that somebody sent, at a length at which it still tells which. */
function clipped(name: string): string {
  const { faultParameterCharactersMax: charactersMax } = limits
  return name.length <= charactersMax ? name : `${name.slice(0, charactersMax - 1)}…`
}

/** The first of `total` faults, with one at their end for those that are left out. */
function listed(faults: readonly Fault[], total: number): Fault[] {
  if (total <= limits.faultsMax) return [...faults]
  const first = faults.slice(0, limits.faultsMax - 1)
  return [...first, { parameter: '(more)', message: `and ${total - first.length} more faults` }]
}
