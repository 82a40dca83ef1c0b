import type { Role } from '../../shared/ids.ts'
import { makeToken, secretSigner } from './token-cases.ts'
import { workerTestBindings } from './worker-bindings.ts'

/** A valid token for the Worker of the tests, of a user with these roles. */
export async function workerTokenFor(
  workspaces: Readonly<Record<string, Role>>,
  user?: string,
): Promise<string> {
  return makeToken(
    { name: 'a good one', refusal: null },
    {
      issuer: 'https://example.supabase.co/auth/v1',
      audience: 'authenticated',
      nowSeconds: Math.floor(Date.now() / 1_000),
      signer: await secretSigner(workerTestBindings.SUPABASE_JWT_SECRET),
      claims: { ...(user === undefined ? {} : { sub: user }), app_metadata: { workspaces } },
    },
  )
}
