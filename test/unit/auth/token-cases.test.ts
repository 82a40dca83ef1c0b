import { webcrypto } from 'node:crypto'
import { exportSPKI } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createBearer } from '../../../shared/auth/bearer.ts'
import type { CaseSigner } from '../../support/token-cases.ts'
import { makeToken, secretSigner, tokenCases } from '../../support/token-cases.ts'
import type { Issuer, SigningKey } from './issuer.ts'
import { asymmetricKey, audience, createIssuer, issuerUrl, secret } from './issuer.ts'

let issuer: Issuer
beforeAll(async () => {
  issuer = await createIssuer()
})

const algorithms = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
} as const

function signerOf({ alg, kid, privateKey }: SigningKey): CaseSigner {
  if (privateKey instanceof Uint8Array || (alg !== 'ES256' && alg !== 'RS256')) throw new Error('no such key')
  return {
    alg,
    kid,
    sign: async (bytes) => new Uint8Array(await webcrypto.subtle.sign(algorithms[alg], privateKey, bytes)),
  }
}

const signers: Record<string, () => Promise<CaseSigner>> = {
  'the secret (HS256)': () => secretSigner(secret),
  'a public key (ES256)': async () => signerOf(issuer.es256),
  'a public key (RS256)': async () => signerOf(issuer.rs256),
}

describe.each(Object.keys(signers))('with %s', (name) => {
  async function codeOf(token: string): Promise<string | null> {
    const hasSecret = name.includes('HS256')
    const bearer = createBearer({
      issuer: issuerUrl,
      audience,
      jwtSecret: hasSecret ? secret : null,
      jwksUrl: hasSecret ? null : `${issuerUrl}/.well-known/jwks.json`,
      unknownKey: 'token_invalid',
      clock: issuer.clock,
      fetch: issuer.fetch,
    })
    const answer = await bearer.authenticateToken(token)
    return answer.ok ? null : answer.error.code
  }

  async function optionsOf(signer: CaseSigner) {
    return { issuer: issuerUrl, audience, nowSeconds: issuer.clock.now() / 1_000, signer }
  }

  test.each(tokenCases)('a token $name: $refusal', async (made) => {
    const signer = await (signers[name]?.() ?? secretSigner(secret))
    expect(await codeOf(await makeToken(made, await optionsOf(signer)))).toBe(made.refusal)
  })

  test('a token of every other kind of key is token_invalid, whatever algorithm it names', async () => {
    const publicKey = issuer.rs256.publicKey
    const spki = publicKey === null ? '' : await exportSPKI(publicKey)
    const others: CaseSigner[] = [
      { ...(await secretSigner(spki)), kid: issuer.rs256.kid },
      signerOf(await asymmetricKey('RS256', issuer.rs256.kid)),
      signerOf(await asymmetricKey('ES256', issuer.es256.kid)),
      ...(name.includes('HS256')
        ? [signerOf(issuer.es256), signerOf(issuer.rs256)]
        : [await secretSigner(secret)]),
    ]
    for (const signer of others) {
      for (const alg of ['HS256', 'ES256', 'RS256', 'none']) {
        for (const kid of [undefined, issuer.es256.kid, issuer.rs256.kid]) {
          const made = { name: '', refusal: 'token_invalid', header: { alg, kid } } as const
          expect(await codeOf(await makeToken(made, await optionsOf(signer)))).toBe('token_invalid')
        }
      }
    }
  })
})
