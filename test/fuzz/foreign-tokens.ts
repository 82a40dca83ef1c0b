import { UnsecuredJWT } from 'jose'
import type { StackFile } from '../../origin/local/stack-file.ts'
import { users } from '../../origin/local/tokens.ts'
import { createSigner, foreignSecret, type Secrets } from './tokens.ts'

export const ours = '15213'
export const theirs = '15214'

/** A member of both workspaces by the table, until the second phase of a run. */
export const removedUser = '00000000-0000-4000-8000-000000000009'

/** Tokens that are accepted, so that memberships and row level security decide what they open. */
export const verifiedAttackers = [
  ...['admin', 'adminByTable', 'member', 'stranger', 'userMetadata', 'topLevel'],
  ...['spaced', 'nulls', 'joined', 'listed', 'owner', 'nested'],
] as const

/** Tokens that nothing accepts. */
export const refusedAttackers = [
  ...['expired', 'theirExpired', 'theirForged', 'theirUnsigned', 'theirOtherAlgorithm', 'theirAnon'],
] as const

/**
 * Tokens signed with the right secret that must be refused wherever issuer, audience and expiry are verified.
 * PostgREST verifies none of these.
 */
export const refusedByOurs = [
  'theirOtherIssuer',
  'theirOtherAudience',
  'theirUnending',
  'theirNobody',
] as const

export async function foreignSecretsOf(file: StackFile): Promise<Secrets> {
  const { signed, issuer } = createSigner(file)
  const their = { sub: users.otherAdmin, app_metadata: { workspaces: { [theirs]: 'admin' } } }
  let strangers = 0
  /** Each is another user, because the lookups of one user's memberships are limited. */
  const strangerWith = (claims: Readonly<Record<string, unknown>>) => {
    strangers += 1
    return signed({ sub: `00000000-0000-4000-8000-0000000001${`${strangers}`.padStart(2, '0')}`, ...claims })
  }
  const claiming = (workspaces: unknown) => strangerWith({ app_metadata: { workspaces } })
  return {
    ...file.tokens,
    adminByTable: await signed({ app_metadata: {} }),
    userMetadata: await strangerWith({
      app_metadata: {},
      user_metadata: { workspaces: { [theirs]: 'admin' } },
    }),
    topLevel: await strangerWith({ app_metadata: {}, workspaces: { [theirs]: 'admin' } }),
    listed: await claiming([theirs]),
    owner: await claiming({ [theirs]: 'owner' }),
    spaced: await claiming({ [` ${theirs}`]: 'admin', [`${theirs} `]: 'admin', [`0${theirs}`]: 'admin' }),
    nulls: await claiming({ [theirs]: null, '*': 'admin', '': 'admin', null: 'admin' }),
    joined: await claiming({
      [`${ours},${theirs}`]: 'admin',
      [`${ours}, ${theirs}`]: 'admin',
      [ours]: 'admin',
    }),
    nested: await claiming({ [ours]: { [theirs]: 'admin' } }),
    theirExpired: await signed({ ...their, exp: Math.floor(Date.now() / 1_000) - 3_600 }),
    theirForged: await signed(their, { secret: foreignSecret }),
    theirOtherAlgorithm: await signed(their, { alg: 'HS512' }),
    theirUnsigned: new UnsecuredJWT({
      ...their,
      role: 'authenticated',
      iss: issuer,
      aud: 'authenticated',
    }).encode(),
    theirAnon: await signed({ ...their, role: 'anon' }),
    theirOtherIssuer: await signed({ ...their, iss: 'https://elsewhere.test/auth/v1' }),
    theirOtherAudience: await signed({ ...their, aud: 'somebody else' }),
    theirUnending: await signed({ ...their, exp: undefined }),
    theirNobody: await signed({ ...their, sub: undefined }),
    removed: await signed({ sub: removedUser, app_metadata: {} }),
    publishable: file.supabase.publishableKey,
  }
}
