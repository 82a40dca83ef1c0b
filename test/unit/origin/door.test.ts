import { describe, expect, test } from 'vitest'
import { createBearer } from '../../../shared/auth/bearer.ts'
import { wireErrors } from '../../../shared/contract/errors.ts'
import { makeToken, secretSigner, tokenCases } from '../../support/token-cases.ts'
import { asymmetricKey, audience, createIssuer, issuerUrl } from '../auth/issuer.ts'
import { bodyDoors, createOriginWithDoors, memberDoors, withKey } from './doors.ts'
import { alice, createOrigin, internalAuthKey, issuer, jwtSecret, nowMs, read } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'
import { createWatchedBody } from './watched-body.ts'

const readers = ['membership', 'boards', 'needs', 'settings'].map((name) => `/workspaces/15213/${name}`)

describe.each(tokenCases)('a token $name ($refusal)', (made) => {
  const token = secretSigner(jwtSecret).then((signer) =>
    makeToken(made, {
      issuer,
      audience: 'authenticated',
      nowSeconds: nowMs / 1_000,
      signer,
      claims: { app_metadata: { workspaces: {} } },
    }),
  )

  test.each(bodyDoors)('at $route', async ({ method, path, headers, refusal }) => {
    const database = createStubDatabase()
    const body = createWatchedBody()
    const { app } = createOriginWithDoors({ database })
    const response = await app.request(path, { method, headers: headers(await token), ...body.init })
    const { code } = (await response.json()) as { code: string }
    if (made.refusal === null) {
      // The token is valid, but its user is in no workspace.
      expect([response.status, code]).toEqual([refusal === 'invalid_body' ? 400 : 403, refusal])
      return
    }
    expect([response.status, code]).toEqual([401, made.refusal])
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer error="invalid_token", error_description="${wireErrors[made.refusal].sentence}"`,
    )
    expect(database.calls).toHaveLength(0)
    expect(body.pulls).toBe(0)
  })

  test('at the routes that the Worker reads', async () => {
    const database = createStubDatabase()
    const { app } = createOrigin({ database })
    if (made.refusal === null) return
    for (const path of readers) {
      const headers = { ...withKey, 'X-Caller-Token': await token }
      expect(await read(await app.request(path, { headers }))).toMatchObject({
        status: 401,
        body: { code: made.refusal },
      })
    }
    expect(database.calls).toHaveLength(0)
  })
})

describe('a request without a token', () => {
  test.each(bodyDoors)('at $route gets an error that says so, and its body is not read', async (door) => {
    const database = createStubDatabase()
    const body = createWatchedBody()
    const { Authorization, 'X-Caller-Token': _token, ...others } = door.headers(alice)
    // Without X-Caller-Token the backend writes for itself, so no token is missing.
    const headers = memberDoors.includes(door) ? others : { ...others, Authorization: `${Authorization}x` }
    const response = await createOriginWithDoors({ database }).app.request(door.path, {
      method: door.method,
      headers,
      ...body.init,
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer( error="invalid_token", .+)?$/)
    expect([database.calls.length, body.pulls]).toEqual([0, 0])
  })

  test('is challenged without an error code, as RFC 6750, section 3.1 requires', async () => {
    const { app, request } = createOrigin({ database: createStubDatabase() })
    for (const response of [
      await app.request('/contacts', { method: 'POST' }),
      await app.request('/metrics'),
      await request('/workspaces/15213/membership', {}, null),
    ]) {
      expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer'])
    }
  })
})

describe('a body', () => {
  test('is read once its request is admitted', async () => {
    const database = createPromptDatabase(() => ({ outcome: 'contact_not_found' }))
    const body = createWatchedBody('{"name":"Ada"}')
    const headers = { Authorization: `Bearer ${alice}`, 'X-Workspace-ID': '15213' }
    const { app } = createOrigin({ database })
    const response = await app.request('/contacts/c1', { method: 'PATCH', headers, ...body.init })
    expect([response.status, body.pulls > 0]).toEqual([404, true])
  })
})

test('the internal key is accepted in any case of its scheme, and refused with one letter more', async () => {
  const { app } = createOrigin({ database: createPromptDatabase(() => emptyPage) })
  const statusOf = async (Authorization: string) =>
    (await app.request('/metrics', { headers: { Authorization } })).status
  expect(await statusOf(`bearer ${internalAuthKey}`)).toBe(200)
  for (const header of [
    `Bearer ${internalAuthKey} x`,
    `Bearer x${internalAuthKey}`,
    'Bearer ',
    internalAuthKey,
  ]) {
    expect(await statusOf(header)).toBe(401)
  }
})

test('a key id that the origin does not know is a 503 with Retry-After, and no remembered 401', async () => {
  const keys = await createIssuer()
  const bearer = createBearer({
    issuer: issuerUrl,
    audience,
    jwtSecret: null,
    jwksUrl: `${issuerUrl}/jwks.json`,
    unknownKey: 'auth_unavailable',
    clock: keys.clock,
    fetch: keys.fetch,
  })
  const database = createStubDatabase()
  const { request } = createOrigin({ database, bearer })
  const next = await asymmetricKey('ES256', 'next')
  const token = await keys.sign({}, next)
  const refused = await request('/workspaces/15213/boards', {}, token)
  expect(refused.headers.get('Retry-After')).toBe('1')
  expect(await read(refused)).toMatchObject({
    status: 503,
    body: { code: 'auth_unavailable', retryAfter: 1 },
  })
  expect(database.calls).toHaveLength(0)

  await keys.publish(next)
  keys.advanceSeconds(30)
  const boards = request('/workspaces/15213/boards', {}, token)
  const call = await database.call(0)
  call.answer({ ok: true, value: { outcome: 'ok', boards: [] } })
  expect((await boards).status).toBe(200)
})

test('every answer forbids sniffing its type and demands https', async () => {
  const { app, request } = createOrigin({ database: createPromptDatabase(() => emptyPage) })
  for (const response of [
    await app.request('/health'),
    await app.request('/none'),
    await request('/metrics'),
  ]) {
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(response.headers.get('Strict-Transport-Security')).toMatch(/^max-age=\d{8}$/)
  }
})
