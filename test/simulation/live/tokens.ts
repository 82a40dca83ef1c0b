import type { Principal } from '../../../shared/auth/verify.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import { type UserId, userIdSchema } from '../../../shared/ids.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'

/** A bearer token of this world: whose it is, and the instant at which it expires. */
export function tokenOf(userId: UserId, expiresAtMs: number): string {
  return `${userId}.${expiresAtMs}`
}

/** Verifies a token as the door does, by the clock of the machine at the door. */
export function verifyToken(token: string, nowMs: number): Result<Principal, WireError> {
  const [userId = '', expires = ''] = token.split('.')
  const expiresAtMs = Number(expires)
  if (!Number.isSafeInteger(expiresAtMs)) return err({ code: 'token_invalid' })
  if (expiresAtMs <= nowMs) return err({ code: 'token_expired' })
  return ok({ userId: userIdSchema.parse(userId), workspaces: null, token, expiresAtMs })
}
