import { createServer } from 'node:http'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bearer } from '../../../shared/auth/bearer.ts'
import { createBearer } from '../../../shared/auth/bearer.ts'
import type { Behaviour, Issuer } from './issuer.ts'
import { asymmetricKey, audience, createIssuer, issuerUrl } from './issuer.ts'

let issuer: Issuer
let bearer: Bearer
beforeEach(async () => {
  issuer = await createIssuer()
  bearer = createBearer({
    issuer: issuerUrl,
    audience,
    jwtSecret: null,
    jwksUrl: `${issuerUrl}/.well-known/jwks.json`,
    unknownKey: 'token_invalid',
    clock: issuer.clock,
    fetch: issuer.fetch,
  })
})

const subjects = Array.from({ length: 50 }, (_, number) => `user-${number}`)

/** Authenticates with a new token, so that no remembered result answers. */
async function codeOf(key = issuer.es256, subject: string = crypto.randomUUID()): Promise<string> {
  const answer = await bearer.authenticate(`Bearer ${await issuer.sign({ sub: subject }, key)}`)
  return answer.ok ? 'ok' : answer.error.code
}

describe("the issuer's keys", () => {
  test('are fetched once, however many tokens wait for them', async () => {
    const codes = await Promise.all(subjects.map((subject) => codeOf(issuer.es256, subject)))
    expect(new Set(codes)).toEqual(new Set(['ok']))
    expect(issuer.fetches()).toBe(1)
  })

  test.each(['es256', 'rs256'] as const)('are fetched over HTTP, and verify a token of %s', async (name) => {
    const jwks = await (
      await issuer.fetch('', { signal: AbortSignal.abort(), redirect: 'manual', headers: {} })
    ).text()
    const server = createServer((_request, response) => response.end(jwks))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      bearer = createBearer({
        issuer: issuerUrl,
        audience,
        jwtSecret: null,
        jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
        unknownKey: 'token_invalid',
        clock: issuer.clock,
        fetch: (url, init) => fetch(url, init),
      })
      expect(await codeOf(issuer[name])).toBe('ok')
      expect(await codeOf(await asymmetricKey('ES256', issuer.es256.kid))).toBe('token_invalid')
    } finally {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
  })

  test('are fetched again when a token names an unknown one', async () => {
    await codeOf()
    const next = await asymmetricKey('ES256', 'es-2')
    await issuer.publish(issuer.es256, next)
    issuer.advanceSeconds(30)
    expect(await codeOf(next)).toBe('ok')
    expect(issuer.fetches()).toBe(2)
  })

  test('are not fetched again and again for a flood of tokens that name unknown ones', async () => {
    await codeOf()
    const unknown = await asymmetricKey('ES256', 'invented')
    issuer.advanceSeconds(30)
    const codes = await Promise.all(subjects.map((subject) => codeOf(unknown, subject)))
    expect(new Set(codes)).toEqual(new Set(['token_invalid']))
    expect(await codeOf(unknown)).toBe('token_invalid')
    expect(issuer.fetches()).toBe(2)
  })

  test('are fetched again every ten minutes, so that a withdrawn one is refused', async () => {
    expect(await codeOf()).toBe('ok')
    await issuer.publish(issuer.rs256)
    issuer.advanceSeconds(599)
    expect(await codeOf()).toBe('ok')
    issuer.advanceSeconds(1)
    expect(await codeOf()).toBe('token_invalid')
  })
})

describe('while the issuer cannot be reached', () => {
  const waysToFail: Behaviour[] = ['refuses', 'answers 500', 'answers nonsense']

  test.each(waysToFail)(
    '(it %s) a token that cannot be judged is auth_unavailable, not refused',
    async (way) => {
      issuer.behave(way)
      const answer = await bearer.authenticate(`Bearer ${await issuer.sign({}, issuer.es256)}`)
      expect(answer).toEqual({ ok: false, error: { code: 'auth_unavailable', retryAfterSeconds: 1 } })
    },
  )

  test('(it hangs) the answer is auth_unavailable at the deadline', async () => {
    issuer.behave('hangs')
    const token = await issuer.sign({}, issuer.es256)
    const answer = bearer.authenticate(`Bearer ${token}`)
    await vi.waitUntil(() => issuer.fetches() === 1, 10_000)
    issuer.advanceSeconds(2)
    expect(await answer).toMatchObject({ ok: false, error: { code: 'auth_unavailable' } })
  })

  test('it is called at most once a second', async () => {
    issuer.behave('refuses')
    for (const subject of subjects) expect(await codeOf(issuer.es256, subject)).toBe('auth_unavailable')
    expect(issuer.fetches()).toBe(1)
    issuer.behave('answers')
    issuer.advanceSeconds(1)
    expect(await codeOf()).toBe('ok')
  })

  test('the known keys are used for a day and no longer', async () => {
    expect(await codeOf()).toBe('ok')
    issuer.behave('refuses')
    issuer.advanceSeconds(86_399)
    expect(await codeOf()).toBe('ok')
    issuer.advanceSeconds(1)
    expect(await codeOf()).toBe('auth_unavailable')
  })

  test('an unknown key is auth_unavailable, because the issuer may have published it', async () => {
    await codeOf()
    issuer.behave('refuses')
    issuer.advanceSeconds(30)
    const next = await asymmetricKey('ES256', 'es-2')
    expect(await codeOf(next)).toBe('auth_unavailable')
    expect(await codeOf(next)).toBe('auth_unavailable')
    expect(issuer.fetches()).toBe(2)
  })
})

describe('behind a verifier that accepted the token already, with keys that may be newer', () => {
  beforeEach(() => {
    bearer = createBearer({
      issuer: issuerUrl,
      audience,
      jwtSecret: null,
      jwksUrl: `${issuerUrl}/.well-known/jwks.json`,
      unknownKey: 'auth_unavailable',
      clock: issuer.clock,
      fetch: issuer.fetch,
    })
  })

  test('an unknown key is fetched, and then auth_unavailable until the issuer publishes it', async () => {
    const next = await asymmetricKey('ES256', 'es-2')
    await codeOf()
    issuer.advanceSeconds(30)
    const token = await issuer.sign({}, next)
    expect(await bearer.authenticateToken(token)).toEqual({
      ok: false,
      error: { code: 'auth_unavailable', retryAfterSeconds: 1 },
    })
    expect(issuer.fetches()).toBe(2)
    await issuer.publish(issuer.es256, next)
    issuer.advanceSeconds(30)
    expect(await bearer.authenticateToken(token)).toMatchObject({ ok: true })
  })

  test('a flood of invented keys causes one fetch in half a minute', async () => {
    const invented = await asymmetricKey('ES256', 'invented')
    await codeOf()
    issuer.advanceSeconds(30)
    const codes = await Promise.all(subjects.map((subject) => codeOf(invented, subject)))
    expect(new Set(codes)).toEqual(new Set(['auth_unavailable']))
    expect(issuer.fetches()).toBe(2)
  })

  test('a known key that did not make the signature is token_invalid all the same', async () => {
    expect(await codeOf(await asymmetricKey('ES256', issuer.es256.kid))).toBe('token_invalid')
  })
})

test('keys that are dropped while they are fetched are not kept', async () => {
  issuer.behave('answers when released')
  const first = codeOf()
  await vi.waitUntil(() => issuer.fetches() === 1, 10_000)
  await issuer.publish(issuer.rs256)
  bearer.forgetKeys()
  issuer.release()
  expect(await first).toBe('auth_unavailable')
  issuer.behave('answers')
  expect(await codeOf()).toBe('token_invalid')
  expect(issuer.fetches()).toBe(2)
})
