import type { WireErrorCode } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'

/** Signs bytes as an issuer does; `kid` names the key. */
export interface CaseSigner {
  readonly alg: string
  readonly kid?: string
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** A kind of token, and how the Worker and the origin must judge it on every route. */
export interface TokenCase {
  readonly name: string
  /** Null means that the token is accepted. */
  readonly refusal: WireErrorCode | null
  readonly header?: Readonly<Record<string, unknown>>
  /** Overrides the claims of a good token. An undefined value leaves a claim out. */
  readonly claims?: (good: GoodClaims) => Readonly<Record<string, unknown>>
  /** Changes the signed token. */
  readonly tamper?: (parts: readonly [string, string, string]) => string
}

interface GoodClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly role: 'authenticated'
  readonly exp: number
  readonly nowSeconds: number
}

const skew = limits.tokenSkewSeconds
const invalid = 'token_invalid'

/** One table for Worker and origin, which verify tokens with the same code. */
export const tokenCases: readonly TokenCase[] = [
  { name: 'a good one', refusal: null },
  { name: 'that states its type', refusal: null, header: { typ: 'JWT' } },
  { name: 'with further claims', refusal: null, claims: () => ({ email: 'a@example.com', aal: 'aal1' }) },
  {
    name: 'expired within the skew',
    refusal: null,
    claims: ({ nowSeconds: now }) => ({ exp: now - skew + 2 }),
  },
  {
    name: 'valid from an instant within the skew',
    refusal: null,
    claims: ({ nowSeconds: now }) => ({ nbf: now + skew - 2 }),
  },

  {
    name: 'of another issuer',
    refusal: invalid,
    claims: () => ({ iss: 'https://else.example.com/auth/v1' }),
  },
  {
    name: 'of an issuer with the same beginning',
    refusal: invalid,
    claims: ({ iss }) => ({ iss: `${iss}/` }),
  },
  { name: 'of several issuers', refusal: invalid, claims: ({ iss }) => ({ iss: [iss] }) },
  { name: 'without an issuer', refusal: invalid, claims: () => ({ iss: undefined }) },

  { name: 'for another audience', refusal: invalid, claims: () => ({ aud: 'anon' }) },
  { name: 'for a list of only the audience', refusal: invalid, claims: ({ aud }) => ({ aud: [aud] }) },
  {
    name: 'for a list with another audience',
    refusal: invalid,
    claims: ({ aud }) => ({ aud: ['else', aud] }),
  },
  { name: 'without an audience', refusal: invalid, claims: () => ({ aud: undefined }) },

  { name: 'expired', refusal: 'token_expired', claims: ({ nowSeconds: now }) => ({ exp: now - skew - 2 }) },
  { name: 'without an expiry', refusal: invalid, claims: () => ({ exp: undefined }) },
  { name: 'with an expiry of null', refusal: invalid, claims: () => ({ exp: null }) },
  { name: 'with an expiry as text', refusal: invalid, claims: () => ({ exp: '4000000000' }) },
  { name: 'not valid yet', refusal: invalid, claims: ({ nowSeconds: now }) => ({ nbf: now + skew + 60 }) },
  { name: 'with a start as text', refusal: invalid, claims: () => ({ nbf: '0' }) },

  { name: 'without a subject', refusal: invalid, claims: () => ({ sub: undefined }) },
  { name: 'with an empty subject', refusal: invalid, claims: () => ({ sub: '' }) },
  { name: 'with a subject of null', refusal: invalid, claims: () => ({ sub: null }) },
  { name: 'with a subject that is no identifier', refusal: invalid, claims: () => ({ sub: 'a b/c' }) },
  { name: 'with a subject that is too long', refusal: invalid, claims: () => ({ sub: 'x'.repeat(129) }) },
  { name: 'with a number as its subject', refusal: invalid, claims: () => ({ sub: 1 }) },

  { name: 'of the role anon', refusal: invalid, claims: () => ({ role: 'anon' }) },
  { name: 'of the role service_role', refusal: invalid, claims: () => ({ role: 'service_role' }) },
  { name: 'of the role postgres', refusal: invalid, claims: () => ({ role: 'postgres' }) },
  { name: 'of a role in other letters', refusal: invalid, claims: () => ({ role: 'Authenticated' }) },
  { name: 'of several roles', refusal: invalid, claims: ({ role }) => ({ role: [role] }) },
  { name: 'without a role', refusal: invalid, claims: () => ({ role: undefined }) },

  { name: 'with a critical extension', refusal: invalid, header: { crit: ['exp'], exp: 1 } },
  { name: 'with the critical extension b64', refusal: invalid, header: { crit: ['b64'], b64: true } },
  { name: 'with an empty list of extensions', refusal: invalid, header: { crit: [] } },
  { name: 'with a payload that is not encoded', refusal: invalid, header: { b64: false } },

  { name: 'of the algorithm none', refusal: invalid, header: { alg: 'none' } },
  {
    name: 'of the algorithm none, without a signature',
    refusal: invalid,
    header: { alg: 'none' },
    tamper: ([header, payload]) => `${header}.${payload}.`,
  },
  { name: 'of the algorithm nOnE', refusal: invalid, header: { alg: 'nOnE' } },
  { name: 'of no algorithm', refusal: invalid, header: { alg: undefined } },
  { name: 'of the algorithm HS512', refusal: invalid, header: { alg: 'HS512' } },
  { name: 'of the algorithm PS256', refusal: invalid, header: { alg: 'PS256' } },
  { name: 'of a list of algorithms', refusal: invalid, header: { alg: ['HS256', 'ES256', 'RS256'] } },
  {
    name: 'with a key of its own in its header',
    refusal: invalid,
    header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } },
    tamper: ([header, payload]) => `${header}.${payload}.c2lnbmF0dXJl`,
  },

  { name: 'without its signature', refusal: invalid, tamper: ([header, payload]) => `${header}.${payload}.` },
  {
    name: 'with a signature of zeros',
    refusal: invalid,
    tamper: ([header, payload]) => `${header}.${payload}.AAAA`,
  },
  {
    name: 'changed after signing',
    refusal: invalid,
    tamper: ([header, payload, signature]) =>
      `${header}.${withSubject(payload, 'somebody-else')}.${signature}`,
  },
  {
    name: 'with another spelling of its signature',
    refusal: invalid,
    tamper: ([header, payload, signature]) => `${header}.${payload}.${speltOtherwise(signature)}`,
  },
  { name: 'of two parts', refusal: invalid, tamper: ([header, payload]) => `${header}.${payload}` },
  { name: 'of four parts', refusal: invalid, tamper: (parts) => `${parts.join('.')}.x` },
  {
    name: 'with a payload that is no object',
    refusal: invalid,
    tamper: ([header, , signature]) => `${header}.${encoded('[]')}.${signature}`,
  },
  {
    name: 'with a header that is no JSON',
    refusal: invalid,
    tamper: ([, payload, signature]) => `${encoded('{')}.${payload}.${signature}`,
  },
  { name: 'of three parts without content', refusal: invalid, tamper: () => 'a.b.c' },
  {
    name: 'longer than a token may be',
    refusal: invalid,
    claims: () => ({ padding: 'x'.repeat(limits.tokenCharactersMax) }),
  },
]

interface MakeOptions {
  readonly issuer: string
  readonly audience: string
  readonly nowSeconds: number
  readonly signer: CaseSigner
  /** Claims beside those of a good token, such as memberships. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** Makes the token of a case by hand, because libraries make no bad tokens. */
export async function makeToken(made: TokenCase, options: MakeOptions): Promise<string> {
  const { issuer, audience, nowSeconds, signer } = options
  const good: GoodClaims = {
    iss: issuer,
    aud: audience,
    sub: 'user-1',
    role: 'authenticated',
    exp: nowSeconds + 3_600,
    nowSeconds,
  }
  const { nowSeconds: iat, ...claims } = good
  const header = encoded({ alg: signer.alg, ...(signer.kid && { kid: signer.kid }), ...made.header })
  const payload = encoded({ iat, ...claims, ...options.claims, ...made.claims?.(good) })
  const signature = await signer.sign(new TextEncoder().encode(`${header}.${payload}`))
  const parts = [header, payload, base64url(signature)] as const
  return made.tamper === undefined ? parts.join('.') : made.tamper(parts)
}

export async function secretSigner(secret: string): Promise<CaseSigner> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), hmac, false, ['sign'])
  return {
    alg: 'HS256',
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('HMAC', key, new Uint8Array(bytes))),
  }
}

function encoded(value: unknown): string {
  return base64url(new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)))
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function withSubject(payload: string, sub: string): string {
  const claims: object = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
  return encoded({ ...claims, sub })
}

/**
 * Another spelling of the same bytes: the last digit has bits to spare, which should be zeros (RFC 4648 section 3.5).
 */
function speltOtherwise(signature: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return `${signature.slice(0, -1)}${digits[digits.indexOf(signature.at(-1) ?? '') + 1]}`
}
