import { LRUCache } from 'lru-cache'
import type { Awaitable } from '../awaitable.ts'
import type { Clock } from '../clock.ts'
import type { WireError } from '../contract/errors.ts'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { FetchText } from './key-set.ts'
import { createKeySet } from './key-set.ts'
import type { Principal, TokenKeys } from './verify.ts'
import { verify } from './verify.ts'

export interface Bearer {
  /**
   * Authenticates the bearer token of an `Authorization` header. Never rejects. The errors `token_missing`,
   * `token_expired` and `token_invalid` deliberately say no more than that; `auth_unavailable` means that the issuer's
   * keys are out of reach. A token that was verified before is recognized at once.
   */
  authenticate(header: string | null): Awaitable<Result<Principal, WireError>>
  /** Authenticates a token that came without a header. null and '' count as missing. Otherwise like `authenticate`. */
  authenticateToken(token: string | null): Awaitable<Result<Principal, WireError>>
  /** Forgets the issuer's keys and every verified token. To be called after a key was revoked. */
  forgetKeys(): void
}

/**
 * The tokens that are accepted, as configured for both Worker and origin. At least one of the last two fields is set.
 */
export interface TokenSettings {
  readonly issuer: string
  readonly audience: string
  /** The URL of the issuer's public keys. If it is set, ES256 and RS256 are accepted and nothing else. */
  readonly jwksUrl: string | null
  /** The secret of HS256 tokens. Used only if there is no `jwksUrl`. */
  readonly jwtSecret: string | null
}

interface BearerOptions extends TokenSettings {
  /**
   * The error for a token whose key id is not in a fresh key set. The Worker says that the token is not valid. The
   * origin is called by a Worker that has accepted the token already, perhaps with newer keys, so it says that it
   * cannot decide yet.
   */
  readonly unknownKey: 'token_invalid' | 'auth_unavailable'
  readonly clock: Clock
  readonly fetch: FetchText
}

/** Bounds the memory of verified tokens, however long they are, to about 10 MB of an isolate's 128. */
const rememberedCharactersMax = limits.isolateTokensMax * 2_048

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
const bearerScheme = /^Bearer +/i

/**
 * Verifies bearer tokens and remembers those that are valid until they expire. So a key that is revoked meanwhile still
 * admits the tokens verified before, until `forgetKeys` is called. Refused tokens are not remembered: a refusal is
 * never older than the request.
 */
export function createBearer(options: BearerOptions): Bearer {
  const { issuer, audience, clock } = options
  const { keys, forgetKeys } = createTokenKeys(options)
  /** Keyed by the token itself, so that it has one entry however the header is spelled. */
  const remembered = new LRUCache<string, Principal>({
    max: limits.isolateTokensMax,
    maxSize: rememberedCharactersMax,
    sizeCalculation: (_principal, token) => token.length,
  })

  function recall(token: string): Principal | undefined {
    const principal = remembered.get(token)
    if (principal === undefined || clock.now() < principal.expiresAtMs) return principal
    // An expired token is verified again, so that the allowance for clock skew is granted or refused in one place.
    remembered.delete(token)
    return undefined
  }

  function authenticateToken(token: string | null): Awaitable<Result<Principal, WireError>> {
    if (token === null || token === '') return err({ code: 'token_missing' })
    const known = recall(token)
    return known === undefined ? verifyAndRemember(token) : ok(known)
  }

  async function verifyAndRemember(token: string): Promise<Result<Principal, WireError>> {
    const principal = await verify(token, { issuer, audience, keys, nowMs: clock.now() })
    if (principal.ok) remembered.set(token, principal.value)
    return principal
  }

  return {
    authenticate(header) {
      if (header === null || header === '') return err({ code: 'token_missing' })
      const token = header.replace(bearerScheme, '')
      return token.length === header.length || token === ''
        ? err({ code: 'token_invalid' })
        : authenticateToken(token)
    },
    authenticateToken,
    forgetKeys() {
      remembered.clear()
      forgetKeys()
    },
  }
}

/** A deployment uses one kind of key: HS256 is accepted only if no public keys are configured. */
function createTokenKeys({ jwksUrl, jwtSecret, unknownKey, clock, fetch }: BearerOptions): {
  readonly keys: TokenKeys
  forgetKeys(): void
} {
  if (jwksUrl !== null) {
    const keySet = createKeySet({ url: jwksUrl, unknownKey, clock, fetch })
    return { keys: { kind: 'public', keyFor: keySet.keyFor }, forgetKeys: keySet.forget }
  }
  if (jwtSecret === null) throw new Error('bearer.ts: neither public keys nor a secret are configured')
  return {
    keys: { kind: 'secret', secret: new TextEncoder().encode(jwtSecret) },
    forgetKeys: () => undefined,
  }
}
