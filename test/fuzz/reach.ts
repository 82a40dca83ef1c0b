import { z } from 'zod'
import type { WireErrorCode } from '../../shared/contract/errors.ts'
import type { HttpAnswer } from './http-answers.ts'
import type { Side } from './request-case.ts'

/**
 * How far a request got, from the outside in: it was refused before its credentials were read (`path`), for its token
 * or key (`credentials`), for a parameter or a body (`input`), or because the caller is not a member (`membership`),
 * or the route itself answered (`inside`).
 */
export type Reach = 'path' | 'credentials' | 'input' | 'membership' | 'inside'

const reachOfCode: Readonly<Partial<Record<WireErrorCode, Reach>>> = {
  route_not_found: 'path',
  method_not_allowed: 'path',
  invalid_encoding: 'path',
  url_too_long: 'path',
  headers_too_large: 'path',
  malformed_request: 'path',
  request_timeout: 'path',
  token_missing: 'credentials',
  token_invalid: 'credentials',
  token_expired: 'credentials',
  key_invalid: 'credentials',
  user_mismatch: 'credentials',
  signature_invalid: 'credentials',
  workspace_missing: 'input',
  workspace_mismatch: 'input',
  invalid_parameter: 'input',
  invalid_cursor: 'input',
  invalid_json: 'input',
  invalid_body: 'input',
  user_needed: 'input',
  body_too_large: 'input',
  not_a_member: 'membership',
  admin_required: 'membership',
  operator_required: 'membership',
}

/** States of Postgres: a refused permission, a text that does not fit its type, a column that does not exist. */
const reachOfState: Readonly<Record<string, Reach>> = {
  '42501': 'membership',
  '22P02': 'input',
  '42703': 'input',
}

/** For answers that say no more than their status. */
const reachOfStatus: Readonly<Record<number, Reach>> = {
  300: 'input',
  400: 'input',
  401: 'credentials',
  403: 'membership',
  404: 'path',
  405: 'path',
  406: 'path',
}

export function reachOf(side: Side, { status, headers, body }: HttpAnswer): Reach {
  const text = body.toString('utf8')
  const code = codeOf(text)
  if (side === 'supabase') {
    // PostgREST's errors of group 3 are about tokens. Its other errors are about paths and queries.
    if (code?.startsWith('PGRST3') === true) return 'credentials'
    // How the SQL functions report it.
    if (status === 200 && text.includes('"outcome":"forbidden"')) return 'membership'
    return reachOfState[code ?? ''] ?? reachOfStatus[status] ?? 'inside'
  }
  if (status < 400) return 'inside'
  // A server in front of our code answered.
  if (!headers.has('x-request-id')) return 'path'
  // An answer to HEAD has only its status.
  if (code === null) return reachOfBoard(text) ?? reachOfStatus[status] ?? 'inside'
  return Object.entries(reachOfCode).find(([each]) => each === code)?.[1] ?? 'inside'
}

/** The board of the queues has errors of another form. Null for those in front of it. */
function reachOfBoard(text: string): Reach | null {
  const told = boardError.safeParse(jsonOf(text))
  if (!told.success || told.data.error === 'Sign in first.') return null
  return told.data.error === 'This request does not come from the board.' ? 'membership' : 'inside'
}

const boardError = z.looseObject({ error: z.union([z.string(), z.looseObject({})]) })
const coded = z.object({ code: z.coerce.string() })

function codeOf(text: string): string | null {
  const read = coded.safeParse(jsonOf(text))
  return read.success ? read.data.code : null
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
