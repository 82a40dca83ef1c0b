import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import type { WireError } from '../contract/errors.ts'
import type { Role, UserId } from '../ids.ts'
import { roleSchema, userIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { KeysUnavailable } from './key-set.ts'

/** Who a verified token speaks for. */
export interface Principal {
  readonly userId: UserId
  /** The token itself, for those who must act as the user. */
  readonly token: string
  /** The claim `app_metadata.workspaces`, by workspace id; null where the token says nothing of memberships. */
  readonly workspaces: ReadonlyMap<string, Role> | null
  readonly expiresAtMs: number
}

/**
 * What verifies signatures. The kind of key fixes the algorithms, whatever a token's header asks for (RFC 8725 sections
 * 3.1 and 3.2): a public key is never used as a secret.
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
 * RFC 7519 section 3: three base64url parts. What is signed is the first two as they are spelt; the third is taken in one
 * spelling too, with zeros where its last digit has bits to spare (RFC 4648 section 3.5): one token is one text.
 */
const compactJwt = /^[\w-]+\.[\w-]+\.(?=.)(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** Times are `jwtVerify`'s to judge, issuer and the presence of an audience too. */
const claimsSchema = z.object({
  sub: userIdSchema,
  exp: z.number(),
  /** One, and not a list: a token that is for others as well is not taken here. */
  aud: z.string(),
  role: z.literal('authenticated'),
})

const workspacesClaimSchema = z.object({
  app_metadata: z.object({ workspaces: z.record(z.string(), roleSchema) }),
})

/**
 * Verifies a user's access token, in the Worker and in the origin alike: signature, issuer, audience, times, subject and
 * role. It depends on its arguments alone and never rejects. `token_expired` and `token_invalid` say no more than that;
 * `auth_unavailable` where the keys that would decide are out of reach.
 *
 * Supabase signs its `anon` and `service_role` keys as tokens of the same issuer: the role is what tells a user apart.
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
  // RFC 7515 section 4.1.11: extensions that must be understood. There are none here.
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

/** What the caller is told; jose looks at the signature first, so only the issuer's own token can be "expired". */
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

/** A claim that is not of the shape we know proves nothing: memberships are then asked for. */
function parseWorkspaces(payload: JWTPayload): ReadonlyMap<string, Role> | null {
  const claim = workspacesClaimSchema.safeParse(payload)
  return claim.success ? new Map(Object.entries(claim.data.app_metadata.workspaces)) : null
}
