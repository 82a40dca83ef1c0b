import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import type { WireError } from '../contract/errors.ts'
import type { Role, UserId } from '../ids.ts'
import { roleSchema, userIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { KeysUnavailable } from './key-set.ts'

/** The user that a verified token speaks for. */
export interface Principal {
  readonly userId: UserId
  /** The token itself, for calls on the user's behalf. */
  readonly token: string
  /** The claim `app_metadata.workspaces`, by workspace id; null if the token says nothing about memberships. */
  readonly workspaces: ReadonlyMap<string, Role> | null
  readonly expiresAtMs: number
}

/**
 * The keys that verify signatures. The kind of key determines the algorithms, whatever a token's header names (RFC 8725
 * sections 3.1 and 3.2): a public key is never used as a secret.
 */
export type TokenKeys =
  /** The issuer's public keys: ES256 and RS256. */
  | { readonly kind: 'public'; readonly keyFor: JWTVerifyGetKey }
  /** A secret shared with the issuer: HS256. */
  | { readonly kind: 'secret'; readonly secret: Uint8Array }

interface TokenTerms {
  readonly issuer: string
  readonly audience: string
  readonly keys: TokenKeys
  readonly nowMs: number
}

/**
 * RFC 7519 section 3: three base64url parts. The signature covers the first two as they are spelled. The third is
 * accepted in one spelling only, with zeros in the unused bits of its last digit (RFC 4648 section 3.5), so that a
 * token has exactly one spelling.
 */
const compactJwt = /^[\w-]+\.[\w-]+\.(?=.)(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** `jwtVerify` checks the times, the issuer, and that there is an audience. */
const claimsSchema = z.object({
  sub: userIdSchema,
  exp: z.number(),
  /** A single audience and not a list: a token that is meant for other services as well is not accepted. */
  aud: z.string(),
  role: z.literal('authenticated'),
})

const workspacesClaimSchema = z.object({
  app_metadata: z.object({ workspaces: z.record(z.string(), roleSchema) }),
})

/**
 * Verifies a user's access token, in the Worker and in the origin alike: signature, issuer, audience, times, subject
 * and role. It depends on its arguments alone and never rejects. The errors `token_expired` and `token_invalid`
 * deliberately say no more than that; `auth_unavailable` means that the keys needed are out of reach.
 *
 * Supabase signs its `anon` and `service_role` keys as tokens of the same issuer. Only the role distinguishes a user's
 * token from them.
 */
export async function verify(token: string, terms: TokenTerms): Promise<Result<Principal, WireError>> {
  if (token.length > limits.tokenCharactersMax || !compactJwt.test(token))
    return err({ code: 'token_invalid' })
  try {
    return parsePrincipal(token, await payloadOf(token, terms))
  } catch (error) {
    return err(refusalOf(error))
  }
}

async function payloadOf(token: string, { issuer, audience, keys, nowMs }: TokenTerms): Promise<JWTPayload> {
  const header = decodeProtectedHeader(token)
  // RFC 7515 section 4.1.11: a token may name extensions that must be understood. None are supported.
  if ('crit' in header || 'b64' in header) throw new errors.JWTInvalid('extensions are not taken')
  const claims = {
    issuer,
    audience,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: limits.tokenSkewSeconds,
    currentDate: new Date(nowMs),
  }
  return keys.kind === 'public'
    ? (await jwtVerify(token, keys.keyFor, { ...claims, algorithms: ['ES256', 'RS256'] })).payload
    : (await jwtVerify(token, keys.secret, { ...claims, algorithms: ['HS256'] })).payload
}

/** The error for the caller. jose checks the signature first, so only a token of the issuer can be "expired". */
function refusalOf(error: unknown): WireError {
  if (error instanceof KeysUnavailable) {
    return { code: 'auth_unavailable', retryAfterSeconds: limits.retryAfterSeconds }
  }
  return { code: error instanceof errors.JWTExpired ? 'token_expired' : 'token_invalid' }
}

function parsePrincipal(token: string, payload: JWTPayload): Result<Principal, WireError> {
  const claims = claimsSchema.safeParse(payload)
  if (!claims.success) return err({ code: 'token_invalid' })
  const { sub, exp } = claims.data
  return ok({ userId: sub, token, workspaces: parseWorkspaces(payload), expiresAtMs: exp * 1000 })
}

/** A claim of an unknown form proves nothing; the memberships are then read from the database. */
function parseWorkspaces(payload: JWTPayload): ReadonlyMap<string, Role> | null {
  const claim = workspacesClaimSchema.safeParse(payload)
  return claim.success ? new Map(Object.entries(claim.data.app_metadata.workspaces)) : null
}
