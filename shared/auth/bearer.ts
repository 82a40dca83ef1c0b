import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Role, UserId } from '../../shared/ids.ts'
import { roleSchema, userIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { FetchText } from './key-set.ts'
import { createKeySet, KeysUnavailable } from './key-set.ts'

/** Who a verified token speaks for. */
export interface Principal {
  readonly userId: UserId
  /** The token itself, for those who must act as the user. */
  readonly token: string
  /** The claim `app_metadata.workspaces`, by workspace id; null where the token says nothing of memberships. */
  readonly workspaces: ReadonlyMap<string, Role> | null
  readonly expiresAtMs: number
}

export interface Bearer {
  /**
   * The principal of an `Authorization` header's bearer token. Never rejects. `token_missing`, `token_expired`
   * and `token_invalid` say no more than that; `auth_unavailable` where the issuer's keys are out of reach.
   */
  authenticate(header: string | null): Promise<Result<Principal, WireError>>
  /** Drops the issuer's keys and every verified token: after a key was revoked. */
  forgetKeys(): void
}

interface BearerOptions {
  readonly issuer: string
  readonly audience: string
  /** The shared secret of HS256 tokens; null: none are taken. */
  readonly jwtSecret: string | null
  /** Where the public keys of ES256 and RS256 tokens are; null: none are taken. */
  readonly jwksUrl: string | null
  readonly clock: Clock
  readonly fetch?: FetchText
}

/** Bounds the memory of verified tokens, whatever their length: about 10 MB of an isolate's 128. */
const rememberedCharactersMax = limits.isolateTokensMax * 2_048

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
const bearerScheme = /^Bearer +/i
/** RFC 7519 section 3: three base64url parts. */
const compactJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/

const claimsSchema = z.object({ sub: userIdSchema, exp: z.number() })
const workspacesClaimSchema = z.object({
  app_metadata: z.object({ workspaces: z.record(z.string(), roleSchema) }),
})

/**
 * Verifies bearer tokens. The key a token is verified with follows from what is configured, not from what the
 * token asks for: HS256 with the secret alone, ES256 and RS256 with the issuer's public keys alone, nothing else.
 *
 * A verified token is remembered until it expires, so a key that is revoked meanwhile still opens for the tokens
 * seen before, until `forgetKeys`. Refused tokens are not remembered.
 */
export function createBearer(options: BearerOptions): Bearer {
  const { clock } = options
  const verify = createVerifier(options)
  /** By the header as it came. */
  const remembered = new LRUCache<string, Principal>({
    max: limits.isolateTokensMax,
    maxSize: rememberedCharactersMax,
    sizeCalculation: (_principal, header) => header.length,
  })

  function recall(header: string): Principal | undefined {
    const principal = remembered.get(header)
    if (principal === undefined || clock.now() < principal.expiresAtMs) return principal
    // Past its time it is judged anew, so that the skew is granted, or refused, in one place.
    remembered.delete(header)
    return undefined
  }

  return {
    async authenticate(header) {
      if (header === null || header === '') return err({ code: 'token_missing' })
      const known = recall(header)
      if (known !== undefined) return ok(known)
      const token = parseHeader(header)
      if (!token.ok) return token
      const payload = await verify.payloadOf(token.value)
      const principal = payload.ok ? parsePrincipal(token.value, payload.value) : payload
      if (principal.ok) remembered.set(header, principal.value)
      return principal
    },
    forgetKeys() {
      remembered.clear()
      verify.forgetKeys()
    },
  }
}

function parseHeader(header: string): Result<string, WireError> {
  const token = header.replace(bearerScheme, '')
  const isJwt =
    token.length < header.length && token.length <= limits.tokenCharactersMax && compactJwt.test(token)
  return isJwt ? ok(token) : err({ code: 'token_invalid' })
}

function createVerifier({ issuer, audience, jwtSecret, jwksUrl, clock, fetch }: BearerOptions) {
  const secret = jwtSecret === null ? null : new TextEncoder().encode(jwtSecret)
  const keySet = jwksUrl === null ? null : createKeySet({ url: jwksUrl, clock, ...(fetch && { fetch }) })

  async function verified(token: string): Promise<JWTPayload> {
    const claims = {
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: limits.tokenSkewSeconds,
      currentDate: new Date(clock.now()),
    }
    const { alg } = decodeProtectedHeader(token)
    // RFC 8725 sections 3.1 and 3.2: each kind of key takes its own algorithms, so that a public key is never
    // used as a secret.
    if (alg === 'HS256' && secret !== null) {
      return (await jwtVerify(token, secret, { ...claims, algorithms: ['HS256'] })).payload
    }
    if ((alg === 'ES256' || alg === 'RS256') && keySet !== null) {
      return (await jwtVerify(token, keySet.keyFor, { ...claims, algorithms: ['ES256', 'RS256'] })).payload
    }
    throw new errors.JOSEAlgNotAllowed('no key takes this algorithm')
  }

  return {
    async payloadOf(token: string): Promise<Result<JWTPayload, WireError>> {
      try {
        return ok(await verified(token))
      } catch (error) {
        return err(refusalOf(error))
      }
    },
    forgetKeys: () => keySet?.forget(),
  }
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
