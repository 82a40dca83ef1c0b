import { SignJWT, UnsecuredJWT } from 'jose'
import type { StackFile } from '../../origin/local/stack-file.ts'
import { users } from '../../origin/local/tokens.ts'

/** Tokens and keys of a stack, good and broken ones, by the names that cases use. */
export type Secrets = Readonly<Record<string, string>>

/** The names of tokens that a case may use instead of a good one. */
export const tokenNames = [
  ...[
    'member',
    'stranger',
    'expired',
    'key',
    'unsigned',
    'tampered',
    'foreign',
    'anon',
    'service',
    'unending',
  ],
  ...['nobody', 'numbered', 'otherIssuer', 'otherAudience', 'future', 'oddWorkspaces', 'deep', 'wide', 'nul'],
  ...['otherAlgorithm', 'critical', 'emptySignature', 'notJson', 'huge', 'bare', 'dots'],
] as const

export const foreignSecret = 'a secret that this stack has never seen, but long enough'

/**
 * Signs tokens as the stack's sign-in does, with the claims that a caller changes. An undefined value leaves a claim
 * out.
 */
export function createSigner({ supabase: { jwtSecret, url } }: StackFile) {
  const issuer = `${url}/auth/v1`
  const nowSeconds = Math.floor(Date.now() / 1_000)
  return {
    issuer,
    signed(
      changes: Readonly<Record<string, unknown>>,
      { secret = jwtSecret, ...header }: { secret?: string; alg?: string; kid?: string } = {},
    ) {
      const claims = {
        role: 'authenticated',
        app_metadata: { workspaces: { '15213': 'admin' } },
        sub: users.admin,
        iss: issuer,
        aud: 'authenticated',
        exp: nowSeconds + 3_600,
        ...changes,
      }
      const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
      return new SignJWT(present)
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header })
        .sign(new TextEncoder().encode(secret))
    },
  }
}

export async function secretsOf(file: StackFile): Promise<Secrets> {
  const { admin } = file.tokens
  const [head = '', payload = '', signature = ''] = admin.split('.')
  const { signed, issuer } = createSigner(file)
  let nested: unknown = 1
  for (let level = 0; level < 500; level += 1) nested = [nested]
  const encoded = (text: string) => Buffer.from(text).toString('base64url')
  return {
    ...file.tokens,
    key: file.internalAuthKey,
    voice: file.voiceWebhookSecret,
    email: file.emailWebhookSecret,
    unsigned: new UnsecuredJWT({
      role: 'authenticated',
      sub: users.admin,
      iss: issuer,
      aud: 'authenticated',
    }).encode(),
    tampered: `${head}.${payload.slice(0, -2)}xx.${signature}`,
    foreign: await signed({}, { secret: foreignSecret }),
    anon: await signed({ role: 'anon' }),
    service: await signed({ role: 'service_role' }, { secret: foreignSecret }),
    unending: await signed({ exp: undefined }),
    nobody: await signed({ sub: undefined }),
    numbered: await signed({ sub: 7, exp: 'soon' }),
    otherIssuer: await signed({ iss: 'https://elsewhere.test/auth/v1' }),
    otherAudience: await signed({ aud: 'somebody else' }),
    future: await signed({ nbf: Math.floor(Date.now() / 1_000) + 3_000 }),
    oddWorkspaces: await signed({
      app_metadata: { workspaces: { '15213': 'owner', '': 'admin', __proto__: null } },
    }),
    deep: await signed({ app_metadata: { workspaces: nested } }),
    wide: await signed({
      app_metadata: {
        workspaces: Object.fromEntries(Array.from({ length: 300 }, (_, id) => [String(id), 'admin'])),
      },
    }),
    nul: await signed({ sub: 'a\0b' }),
    otherAlgorithm: await signed({}, { alg: 'HS512' }),
    critical: await signed({}, { kid: '../../x' }),
    emptySignature: `${head}.${payload}.`,
    notJson: `${encoded('not json')}.${encoded('not json')}.${signature}`,
    huge: `${head}.${'x'.repeat(9_000)}.${signature}`,
    bare: 'a.b.c',
    dots: '..',
  }
}
