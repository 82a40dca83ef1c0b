import type { Fault } from '../shared/contract/error-shown.ts'
import type { WireError } from '../shared/contract/errors.ts'
import { limits } from '../shared/limits.ts'

/** The ways in which a call of the database fails. */
export type DatabaseFailure =
  /** The database does not accept the caller's token, or the token lacks a permission. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'timeout' }
  /** The transaction lost to another one at the same time, and wrote nothing. It may be tried again. */
  | { readonly kind: 'conflict' }
  /** The answer or the error breaks the contract of the SQL functions. `code` is a SQLSTATE, or names the fault. */
  | { readonly kind: 'invalid'; readonly code: string }
  /** The database is older than this origin: it has no such SQL function, or the function takes other arguments. */
  | { readonly kind: 'lacking' }
  /** A constraint or a SQL function refuses the write: together with the stored values it exceeds a bound. */
  | { readonly kind: 'out_of_bounds' }

/** Every expected failure of a query. */
export type Failure =
  | DatabaseFailure
  /** The caller is no member of the workspace. */
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'admin_required' }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'contact_not_found' }
  | { readonly kind: 'contact_exists' }
  | { readonly kind: 'column_not_found' }
  | { readonly kind: 'message_exists' }
  | { readonly kind: 'conversation_exists' }
  | { readonly kind: 'webhook_endpoints_full' }
  | { readonly kind: 'webhook_endpoint_off' }
  | { readonly kind: 'board_not_found' }
  /** No workspace has one of the addresses that a message is written to. */
  | { readonly kind: 'recipient_unknown' }
  | { readonly kind: 'export_exists' }
  /** The deployment has no queues. */
  | { readonly kind: 'queues_unavailable' }
  /** The files of imports and exports cannot be reached, or are not configured. */
  | { readonly kind: 'files_unavailable' }
  | { readonly kind: 'upload_broken_off' }
  | { readonly kind: 'upload_too_large' }
  /** The queue is full, and not because of this caller alone. */
  | { readonly kind: 'overloaded'; readonly retryAfterSeconds?: number }
  /** This caller alone queries more at once than it may. */
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'answer_too_large' }
  | { readonly kind: 'invalid_cursor' }
  /** A parameter is well-formed but not valid in this workspace, such as a local number of another country. */
  | { readonly kind: 'invalid_parameter'; readonly faults: readonly Fault[] }

export type FailureKind = Failure['kind']

const databaseIsOlder = 'The database is older than this origin. Run the migrations.'

const outOfBounds =
  'would bring what is stored over a bound: of a value, or of the bytes of all texts together'

/** The one table from a failure to the error on the wire. */
export function wireErrorOf(failure: Failure): WireError {
  switch (failure.kind) {
    case 'refused':
      return { code: 'token_invalid' }
    case 'unavailable':
      return { code: 'origin_unavailable', retryAfterSeconds: limits.retryAfterSeconds }
    case 'timeout':
      return { code: 'origin_timeout' }
    case 'conflict':
      return { code: 'overloaded', retryAfterSeconds: limits.retryAfterSeconds }
    case 'invalid':
      return { code: 'internal' }
    case 'lacking':
      // Not `origin_unavailable`, for which a Worker would stop calling this origin altogether.
      return { code: 'overloaded', retryAfterSeconds: limits.retryAfterSeconds, sentence: databaseIsOlder }
    case 'out_of_bounds':
      return { code: 'invalid_body', details: [{ parameter: '(input)', message: outOfBounds }] }
    case 'forbidden':
      return { code: 'not_a_member' }
    case 'admin_required':
      return { code: 'admin_required' }
    case 'not_found':
    case 'contact_not_found':
    case 'contact_exists':
    case 'column_not_found':
    case 'message_exists':
    case 'conversation_exists':
    case 'webhook_endpoints_full':
    case 'webhook_endpoint_off':
    case 'board_not_found':
    case 'recipient_unknown':
    case 'export_exists':
      return { code: failure.kind }
    case 'queues_unavailable':
    case 'files_unavailable':
      return { code: failure.kind, retryAfterSeconds: limits.retryAfterSeconds }
    case 'upload_broken_off':
      return { code: 'malformed_request' }
    case 'upload_too_large':
      return { code: 'body_too_large' }
    case 'overloaded':
    case 'rate_limited':
      return { code: failure.kind, retryAfterSeconds: failure.retryAfterSeconds ?? limits.retryAfterSeconds }
    case 'answer_too_large':
      return { code: 'answer_too_large' }
    case 'invalid_cursor':
      return { code: 'invalid_cursor' }
    case 'invalid_parameter':
      return { code: 'invalid_parameter', details: failure.faults }
  }
}

const personal: ReadonlySet<FailureKind> = new Set(['refused', 'forbidden', 'admin_required', 'rate_limited'])

/** Whether a failure concerns one caller alone, so that no other caller may receive it. */
export function isPersonal(failure: Failure): boolean {
  return personal.has(failure.kind)
}
