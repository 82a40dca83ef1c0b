import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import { makeToken, secretSigner, tokenCases } from '../support/token-cases.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

const issuer = 'https://example.supabase.co/auth/v1'
const signer = await secretSigner(workerTestBindings.SUPABASE_JWT_SECRET)

describe('the Worker accepts a user’s token, and no other:', () => {
  it.each(tokenCases)('a token $name: $refusal', async (made) => {
    const token = await makeToken(made, {
      issuer,
      audience: 'authenticated',
      nowSeconds: Math.floor(Date.now() / 1_000),
      signer,
      claims: { app_metadata: { workspaces: { '15213': 'member' } } },
    })
    // The token names another workspace, so an accepted token gets as far as that refusal.
    const response = await exports.default.fetch('https://boardcache.test/api/boards/board_1/contacts', {
      headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': '15214' },
    })
    const { code } = errorBodySchema.parse(await response.json())
    expect([response.status, code]).toEqual(
      made.refusal === null ? [403, 'not_a_member'] : [401, made.refusal],
    )
    expect(response.headers.get('WWW-Authenticate')).toBe(
      made.refusal === null
        ? null
        : `Bearer error="invalid_token", error_description="${wireErrors[made.refusal].sentence}"`,
    )
  })
})
