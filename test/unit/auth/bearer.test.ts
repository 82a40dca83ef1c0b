import { exportSPKI, UnsecuredJWT } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bearer } from '../../../shared/auth/bearer.ts'
import { createBearer } from '../../../shared/auth/bearer.ts'
import { limits } from '../../../shared/limits.ts'
import type { Issuer } from './issuer.ts'
import { asymmetricKey, audience, createIssuer, issuerUrl, secret, secretKey, userId } from './issuer.ts'

const jwksUrl = `${issuerUrl}/.well-known/jwks.json`

let issuer: Issuer
beforeEach(async () => {
  issuer = await createIssuer()
})

function bearerWith(keys: { jwtSecret?: string; jwksUrl?: string }): Bearer {
  return createBearer({
    issuer: issuerUrl,
    audience,
    jwtSecret: keys.jwtSecret ?? null,
    jwksUrl: keys.jwksUrl ?? null,
    unknownKey: 'token_invalid',
    clock: issuer.clock,
    fetch: issuer.fetch,
  })
}

const withSecret = () => bearerWith({ jwtSecret: secret })
const withKeys = () => bearerWith({ jwksUrl })

async function codeOf(bearer: Bearer, token: string): Promise<string> {
  const answer = await bearer.authenticate(`Bearer ${token}`)
  return answer.ok ? 'ok' : answer.error.code
}

function forged(header: object, payload: object, signature = 'c2ln'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(payload)}.${signature}`
}

describe('a good token', () => {
  test('of the shared secret speaks for its subject until it expires', async () => {
    const token = await issuer.sign()
    expect(await withSecret().authenticate(`Bearer ${token}`)).toEqual({
      ok: true,
      value: { userId, token, workspaces: null, expiresAtMs: issuer.clock.now() + 3_600_000 },
    })
  })

  test.each(['es256', 'rs256'] as const)(
    'signed with %s is verified with the published key',
    async (name) => {
      expect(await codeOf(withKeys(), await issuer.sign({}, issuer[name]))).toBe('ok')
    },
  )

  test('is signed by a public key if both kinds are configured: HS256 is not accepted then', async () => {
    const bearer = bearerWith({ jwtSecret: secret, jwksUrl })
    expect(await codeOf(bearer, await issuer.sign())).toBe('token_invalid')
    expect(await codeOf(bearer, await issuer.sign({}, issuer.es256))).toBe('ok')
  })

  test('carries its workspaces and roles', async () => {
    const token = await issuer.sign({ app_metadata: { workspaces: { '15213': 'admin', w2: 'member' } } })
    const answer = await withSecret().authenticate(`bearer ${token}`)
    expect(answer.ok && answer.value.workspaces).toEqual(
      new Map([
        ['15213', 'admin'],
        ['w2', 'member'],
      ]),
    )
  })

  test.each([
    { name: 'an unknown role', claim: { workspaces: { '15213': 'owner' } } },
    { name: 'a list', claim: { workspaces: ['15213'] } },
    { name: 'nothing of workspaces', claim: { provider: 'email' } },
    { name: 'text', claim: 'admin' },
  ])('whose app_metadata is $name grants no membership by itself', async ({ claim }) => {
    const answer = await withSecret().authenticate(`Bearer ${await issuer.sign({ app_metadata: claim })}`)
    expect(answer.ok && answer.value.workspaces).toBeNull()
  })

  test.each([
    { name: 'expired', claims: () => ({ exp: issuer.clock.now() / 1000 - limits.tokenSkewSeconds + 1 }) },
    { name: 'not valid yet', claims: () => ({ nbf: issuer.clock.now() / 1000 + limits.tokenSkewSeconds }) },
  ])('is taken though $name, within the skew', async ({ claims }) => {
    expect(await codeOf(withSecret(), await issuer.sign(claims()))).toBe('ok')
  })
})

test.each([null, ''])('no token, the header being %j, is token_missing', async (header) => {
  expect(await withSecret().authenticate(header)).toEqual({ ok: false, error: { code: 'token_missing' } })
})

test.each(['Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearerabc', 'Bearera.b.c'])(
  'a header without a bearer token, %j, is token_invalid',
  async (header) => {
    expect(await withSecret().authenticate(header)).toEqual({ ok: false, error: { code: 'token_invalid' } })
  },
)

test('a token without the scheme Bearer is token_invalid', async () => {
  const token = await issuer.sign()
  for (const header of [token, `Token ${token}`, `Bearer${token}`]) {
    expect(await withSecret().authenticate(header)).toEqual({ ok: false, error: { code: 'token_invalid' } })
  }
})

describe('a bad token is token_invalid and nothing more', () => {
  async function expectInvalid(bearer: Bearer, token: string): Promise<void> {
    expect(await bearer.authenticate(`Bearer ${token}`)).toEqual({
      ok: false,
      error: { code: 'token_invalid' },
    })
  }

  test.each(['x', 'a.b', 'a.b.c', 'a.b.c.d', 'a b.c.d', '..', 'é.é.é', '\u0000.a.b'])(
    'when malformed: %j',
    (token) => expectInvalid(bearerWith({ jwtSecret: secret, jwksUrl }), token),
  )

  test('when its parts are not JSON', () =>
    expectInvalid(
      withSecret(),
      `${Buffer.from('nope').toString('base64url')}.${Buffer.from('{').toString('base64url')}.c2ln`,
    ))

  test('when longer than a token may be, good or not', async () => {
    const token = await issuer.sign({ padding: 'x'.repeat(limits.tokenCharactersMax) })
    await expectInvalid(withSecret(), token)
  })

  test('when signed with another secret', async () =>
    expectInvalid(withSecret(), await issuer.sign({}, secretKey(`${secret}!`))))

  test.each(['ES256', 'RS256'] as const)('when signed with another %s key of the same id', async (alg) => {
    const impostor = await asymmetricKey(alg, alg === 'ES256' ? 'es-1' : 'rs-1')
    await expectInvalid(withKeys(), await issuer.sign({}, impostor))
  })

  test('when a claim was changed after signing', async () => {
    const [header, , signature] = (await issuer.sign()).split('.')
    const claims = { iss: issuerUrl, aud: audience, sub: 'someone-else', exp: 4_000_000_000 }
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
    await expectInvalid(withSecret(), `${header}.${payload}.${signature}`)
  })

  test.each(['none', 'None', 'NONE', ''])('when it says alg %j', async (alg) => {
    const claims = { iss: issuerUrl, aud: audience, sub: userId, exp: 4_000_000_000 }
    const both = bearerWith({ jwtSecret: secret, jwksUrl })
    await expectInvalid(both, forged({ alg }, claims))
    await expectInvalid(both, forged({ alg }, claims, ''))
    await expectInvalid(both, new UnsecuredJWT(claims).encode())
  })

  test('when signed HS256 with the public key as the secret', async () => {
    const spki = issuer.rs256.publicKey === null ? '' : await exportSPKI(issuer.rs256.publicKey)
    const confused = { ...secretKey(spki), kid: issuer.rs256.kid }
    const token = await issuer.sign({}, confused)
    await expectInvalid(withKeys(), token)
    await expectInvalid(bearerWith({ jwtSecret: secret, jwksUrl }), token)
  })

  test('when HS256 and no secret is configured', async () => expectInvalid(withKeys(), await issuer.sign()))

  test.each(['es256', 'rs256'] as const)('when %s and no key set is configured', async (name) =>
    expectInvalid(withSecret(), await issuer.sign({}, issuer[name])),
  )

  test('when HS512, even with the right secret', async () => {
    await expectInvalid(withSecret(), await issuer.sign({}, { ...secretKey(secret), alg: 'HS512' }))
  })

  test.each([
    { name: 'another issuer', claims: { iss: 'https://else.test' } },
    { name: 'no issuer', claims: { iss: undefined } },
    { name: 'another audience', claims: { aud: 'anon' } },
    { name: 'no audience', claims: { aud: undefined } },
    { name: 'no expiry', claims: { exp: undefined } },
    { name: 'an expiry that is not a number', claims: { exp: '4000000000' } },
    { name: 'no subject', claims: { sub: undefined } },
    { name: 'an empty subject', claims: { sub: '' } },
    { name: 'a subject that is no identifier', claims: { sub: 'a b/c' } },
  ])('with $name', async ({ claims }) => expectInvalid(withSecret(), await issuer.sign(claims)))

  test('before it is valid', async () => {
    const nbf = issuer.clock.now() / 1000 + limits.tokenSkewSeconds + 1
    await expectInvalid(withSecret(), await issuer.sign({ nbf }))
  })
})

describe('an expired token', () => {
  test('is token_expired past the skew', async () => {
    const exp = issuer.clock.now() / 1000 - limits.tokenSkewSeconds
    expect(await codeOf(withSecret(), await issuer.sign({ exp }))).toBe('token_expired')
  })

  test('of another signer is token_invalid, because only the issuer may learn that it expired', async () => {
    const token = await issuer.sign({ exp: 1 }, secretKey(`${secret}!`))
    expect(await codeOf(withSecret(), token)).toBe('token_invalid')
  })
})

describe('remembered tokens', () => {
  test('are not verified again', async () => {
    const bearer = withKeys()
    const token = await issuer.sign({}, issuer.es256)
    await codeOf(bearer, token)
    const verify = vi.spyOn(crypto.subtle, 'verify')
    expect(await codeOf(bearer, token)).toBe('ok')
    expect(verify).not.toHaveBeenCalled()
    verify.mockRestore()
  })

  test('are the same in every spelling of their header', async () => {
    const bearer = withSecret()
    const token = await issuer.sign()
    await bearer.authenticate(`Bearer ${token}`)
    const verify = vi.spyOn(crypto.subtle, 'verify')
    for (const header of [`bearer ${token}`, `BEARER   ${token}`]) {
      expect(await bearer.authenticate(header)).toMatchObject({ ok: true, value: { token } })
    }
    expect(await bearer.authenticateToken(token)).toMatchObject({ ok: true })
    expect(verify).not.toHaveBeenCalled()
    verify.mockRestore()
  })

  test('are refused once they expired', async () => {
    const bearer = withSecret()
    const token = await issuer.sign()
    expect(await codeOf(bearer, token)).toBe('ok')
    issuer.advanceSeconds(3_600 + limits.tokenSkewSeconds - 1)
    expect(await codeOf(bearer, token)).toBe('ok')
    issuer.advanceSeconds(1)
    expect(await codeOf(bearer, token)).toBe('token_expired')
    expect(await codeOf(bearer, token)).toBe('token_expired')
  })

  test('are at most as many as the limit', async () => {
    const bearer = withSecret()
    const first = await issuer.sign({ sub: 'first' })
    await codeOf(bearer, first)
    const verify = vi.spyOn(crypto.subtle, 'verify')
    for (let number = 0; number < limits.isolateTokensMax; number += 1) {
      await codeOf(bearer, await issuer.sign({ sub: `user-${number}` }))
    }
    verify.mockClear()
    expect(await codeOf(bearer, first)).toBe('ok')
    expect(verify).toHaveBeenCalledOnce()
    verify.mockRestore()
  })

  test('do not include refused ones, so a key that is published later is accepted', async () => {
    const bearer = withKeys()
    await issuer.publish(issuer.rs256)
    const token = await issuer.sign({}, issuer.es256)
    expect(await codeOf(bearer, token)).toBe('token_invalid')
    await issuer.publish(issuer.rs256, issuer.es256)
    issuer.advanceSeconds(30)
    expect(await codeOf(bearer, token)).toBe('ok')
  })

  test('are dropped with the keys', async () => {
    const bearer = withKeys()
    const token = await issuer.sign({}, issuer.es256)
    expect(await codeOf(bearer, token)).toBe('ok')
    await issuer.publish(issuer.rs256)
    expect(await codeOf(bearer, token)).toBe('ok')
    bearer.forgetKeys()
    expect(await codeOf(bearer, token)).toBe('token_invalid')
  })
})
