import { SignJWT } from 'jose'
import type { Role } from '../../shared/ids.ts'

export interface TokenOptions {
  readonly jwtSecret: string
  readonly issuer: string
  readonly userId: string
  /** The claim app_metadata.workspaces. With null it is left out, and the table memberships decides. */
  readonly workspaces: Readonly<Record<string, Role>> | null
  readonly expiresInSeconds: number
}

/** Signs a token like those of Supabase Auth (HS256), for the local stack. */
export function mintToken(options: TokenOptions): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const { workspaces } = options
  return new SignJWT({ role: 'authenticated', app_metadata: workspaces === null ? {} : { workspaces } })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(options.userId)
    .setIssuer(options.issuer)
    .setAudience('authenticated')
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + options.expiresInSeconds)
    .sign(new TextEncoder().encode(options.jwtSecret))
}

/** The users of the reference data. */
export const users = {
  admin: '00000000-0000-4000-8000-000000000001',
  member: '00000000-0000-4000-8000-000000000002',
  otherAdmin: '00000000-0000-4000-8000-000000000003',
  stranger: '00000000-0000-4000-8000-000000000004',
  otherMember: '00000000-0000-4000-8000-000000000006',
  /** Has no membership in the database. The token names this user's workspaces. */
  operator: '00000000-0000-4000-8000-000000000005',
} as const

const standardSeconds = 30 * 86_400

/** The tokens that stack.json offers to scripts. */
export async function standardTokens(
  tokenFor: (options: Pick<TokenOptions, 'userId' | 'workspaces' | 'expiresInSeconds'>) => Promise<string>,
) {
  const expiresInSeconds = standardSeconds
  return {
    admin: await tokenFor({ userId: users.admin, workspaces: { '15213': 'admin' }, expiresInSeconds }),
    member: await tokenFor({ userId: users.member, workspaces: { '15213': 'member' }, expiresInSeconds }),
    stranger: await tokenFor({ userId: users.stranger, workspaces: {}, expiresInSeconds }),
    expired: await tokenFor({
      userId: users.admin,
      workspaces: { '15213': 'admin' },
      expiresInSeconds: -3_600,
    }),
  }
}
