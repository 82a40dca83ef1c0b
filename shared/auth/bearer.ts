import { LRUCache } from 'lru-cache'
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
   * The principal of an `Authorization` header's bearer token. Never rejects. `token_missing`, `token_expired`
   * and `token_invalid` say no more than that; `auth_unavailable` where the issuer's keys are out of reach.
   */
  authenticate(header: string | null): Promise<Result<Principal, WireError>>
  /** The principal of a token that came by itself; null and '' are a missing one. Otherwise as `authenticate`. */
  authenticateToken(token: string | null): Promise<Result<Principal, WireError>>
  /** Drops the issuer's keys and every verified token: after a key was revoked. */
  forgetKeys(): void
}

/** Whose tokens are taken, as Worker and origin are both configured. At least one of the last two is set. */
export interface TokenSettings {
  readonly issuer: string
  readonly audience: string
  /** Where the issuer's public keys are: then ES256 and RS256 are taken, and nothing else. */
  readonly jwksUrl: string | null
  /** Where there is no `jwksUrl`: the secret of HS256 tokens. Beside one it is not used. */
  readonly jwtSecret: string | null
}

interface BearerOptions extends TokenSettings {
  /**
   * What a token is told whose key id a fresh key set does not have: that it is not valid; or, behind somebody who has
   * taken it already with keys that may be newer, that it cannot be judged yet.
   */
  readonly unknownKey: 'token_invalid' | 'auth_unavailable'
  readonly clock: Clock
  readonly fetch: FetchText
}

/** Bounds the memory of verified tokens, whatever their length: about 10 MB of an isolate's 128. */
const rememberedCharactersMax = limits.isolateTokensMax * 2_048

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
const bearerScheme = /^Bearer +/i

/**
 * Verifies bearer tokens and remembers those that it took. A verified token is remembered until it expires, so a key
 * that is revoked meanwhile still opens for the tokens seen before, until `forgetKeys`. Refused tokens are not
 * remembered: a refusal is never older than the request.
 */
export function createBearer(options: BearerOptions): Bearer {
  const { issuer, audience, clock } = options
  const { keys, forgetKeys } = createTokenKeys(options)
  /** By the token, so that it is one entry however its header was written. */
  const remembered = new LRUCache<string, Principal>({
    max: limits.isolateTokensMax,
    maxSize: rememberedCharactersMax,
    sizeCalculation: (_principal, token) => token.length,
  })

  function recall(token: string): Principal | undefined {
    const principal = remembered.get(token)
    if (principal === undefined || clock.now() < principal.expiresAtMs) return principal
    // Past its time it is verified again, so that the skew is granted, or refused, in one place.
    remembered.delete(token)
    return undefined
  }

  async function authenticateToken(token: string | null): Promise<Result<Principal, WireError>> {
    if (token === null || token === '') return err({ code: 'token_missing' })
    const known = recall(token)
    if (known !== undefined) return ok(known)
    const principal = await verify(token, { issuer, audience, keys, nowMs: clock.now() })
    if (principal.ok) remembered.set(token, principal.value)
    return principal
  }

  return {
    async authenticate(header) {
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

/** One kind of key a deployment: HS256 is taken only where no public keys are configured. */
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
