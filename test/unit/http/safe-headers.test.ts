import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { safeHeaders } from '../../../shared/contract/safe-headers.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createApp, routes } from '../../../worker/app.ts'
import { ConfigError } from '../../../worker/config.ts'
import type { Env } from '../../../worker/env.ts'
import type { Services } from '../../../worker/services.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const site = 'https://boardcache.test'
const browserOrigin = 'https://crm.test'
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const token = 'metrics token of these tests'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Services without users, so that a route for members answers 401, with a stream and with files of every status. */
function createServices(): Services {
  const parts: Partial<Record<keyof Services, unknown>> = {
    config: {
      ...{ allowedOrigins: [browserOrigin], internalAuthKey: 'a key', metricsToken: token },
      ...{ operatorsWorkspaceId: null, signIn: null },
      requestLog: { level: 'silent', sampleRate: 0 },
    },
    clock: createFakeClock(),
    metrics: {
      recorder: { record: () => undefined },
      causes: { count: () => undefined },
      flushSoon: () => null,
    },
    bearer: { authenticate: async () => err({ code: 'token_missing' }) },
    regions: { nearness: null },
    monitoring: {
      openStream: async () => ok(new ReadableStream()),
      alertSummary: async () => err({ code: 'figures_unavailable' }),
    },
    assets: {
      fetch: async (request: Request) =>
        request.headers.has('If-None-Match')
          ? new Response(null, { status: 304 })
          : new Response('a file', { headers: { 'Content-Type': 'text/javascript' } }),
    },
  }
  return parts as unknown as Services
}

async function answerOf(path: string, init: RequestInit = {}, servicesOf = createServices) {
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  return createApp(servicesOf).fetch(new Request(`${site}${path}`, init), {} as Env, context)
}

function expectSafe({ headers }: Response): void {
  for (const [name, value] of Object.entries(safeHeaders)) expect(headers.get(name)).toBe(value)
  expect(headers.get('X-Request-ID')).toMatch(/^[\w-]{8,128}$/)
  expect(headers.get('traceparent')).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[02]$/)
}

describe('an answer carries nosniff and HSTS', () => {
  const paths = [...new Set(routes.map(({ path }) => path.replaceAll(/\{\w+\}/g, '15213')))]
  it.each([...paths, '/', '/dashboard/a.js', '/nowhere'])('on %s, whatever the method', async (path) => {
    for (const method of methods) {
      const headers = { Origin: browserOrigin, 'Access-Control-Request-Method': 'GET' }
      expectSafe(await answerOf(path, { method, headers }))
    }
  })

  it.each([
    [200, '/dashboard/a.js', {}],
    [304, '/dashboard/a.js', { headers: { 'If-None-Match': '"a"' } }],
    [200, '/api/monitoring/stream', { headers: { Authorization: `Bearer ${token}` } }],
    [204, '/health', { method: 'OPTIONS' }],
    [400, '/health?a=%FF', {}],
    [401, '/metrics', {}],
    [404, '/%00/nowhere', {}],
    [405, '/health', { method: 'DELETE' }],
    [414, `/health?${'x'.repeat(limits.urlBytesMax)}`, {}],
    // The boundary turns an exception of a part into a 500.
    [500, '/metrics', { headers: { Authorization: `Bearer ${token}` } }],
  ])('of status %s: %.40s', async (status, path, init) => {
    const answer = await answerOf(path, init)
    expectSafe(answer)
    expect(answer.status === status || path.includes('%00')).toBe(true)
  })

  it('of a Worker whose configuration is not valid', async () => {
    const answer = await answerOf('/health', {}, () => {
      throw new ConfigError('ORIGIN_URL is missing.')
    })
    expect(answer.status).toBe(500)
    expectSafe(answer)
  })
})
