import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { workerTestBindings } from '../support/worker-bindings.ts'

const withToken = { Authorization: `Bearer ${workerTestBindings.METRICS_TOKEN}` }

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(`https://boardcache.test${path}`, {
    ...init,
    headers: { ...withToken, ...init.headers },
  })
}

const madeSchema = z
  .union([
    z.object({ timestamp: z.string() }),
    z.object({ data: z.object({ timestamp: z.string() }) }).transform(({ data }) => data),
  ])
  .transform(({ timestamp }) => timestamp)

describe.each(['/health', '/metrics', '/api/cache-settings/health', '/api/cache-settings/status'])(
  '%s',
  (path) => {
    it('is made once for all requests of the same time, and each of them gets a whole answer', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, each) =>
          ask(path, { headers: { 'Cache-Control': each % 2 === 0 ? 'no-cache' : 'max-age=0' } }),
        ),
      )
      const made = await Promise.all(answers.map(async (answer) => madeSchema.parse(await answer.json())))
      expect(new Set(made).size).toBe(1)
      expect(new Set(answers.map(({ headers }) => headers.get('X-Request-ID'))).size).toBe(50)
      for (const { headers } of answers) expect(headers.get('Cache-Control')).toBe('no-store')
    })

    it('is answered to GET, to HEAD without its body, to preflights, and to no other method', async () => {
      const [get, head] = [await ask(path), await ask(path, { method: 'HEAD' })]
      expect(head.status).toBe(get.status)
      expect(head.headers.get('Content-Type')).toBe(get.headers.get('Content-Type'))
      expect(await head.text()).toBe('')
      const refused = await ask(path, { method: 'POST', body: '{}' })
      expect(refused.status).toBe(405)
      expect(refused.headers.get('Allow')).toBe('GET, HEAD, OPTIONS')
    })
  },
)

it('/metrics needs its token, whatever was answered a moment ago', async () => {
  expect((await ask('/metrics')).status).toBe(200)
  expect((await ask('/metrics', { headers: { Authorization: 'Bearer another' } })).status).toBe(401)
})

it('the health of the cache has one form, in its own answer and as a part of the status', async () => {
  const stats = {
    ...{ hits: expect.any(Number), misses: expect.any(Number), sets: expect.any(Number) },
    ...{ deletes: expect.any(Number), errors: expect.any(Number), total: expect.any(Number) },
    hitRate: expect.stringMatching(/^\d+\.\d\d%$/),
  }
  const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  const healthCheck = { healthy: expect.any(Boolean), stats, timestamp }
  const [health, status] = await Promise.all([
    ask('/api/cache-settings/health'),
    ask('/api/cache-settings/status'),
  ])
  expect(await health.json()).toEqual({ success: true, data: healthCheck })
  expect(await status.json()).toEqual({
    success: true,
    data: { cacheStats: stats, healthCheck, redisEnabled: expect.any(Boolean), timestamp },
  })
})

it('/openapi.json names every route, including its own', async () => {
  const answers = await Promise.all([ask('/openapi.json'), ask('/openapi.json')])
  for (const answer of answers) {
    expect(await answer.json()).toMatchObject({ paths: { '/openapi.json': {}, '/health': {} } })
  }
})

describe('the format of /metrics by Accept', () => {
  const json = 'application/json'
  const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  const text = 'text/plain; version=0.0.4; charset=utf-8'
  it.each([
    ['no Accept', json, undefined],
    ['curl, fetch, Go and Python', json, '*/*'],
    [
      'Chromium',
      json,
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
    ],
    ['Firefox', json, 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['axios', json, 'application/json, text/plain, */*'],
    ['jQuery', json, 'application/json, text/javascript, */*; q=0.01'],
    ['Java', json, 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2'],
    ['Spring', json, 'text/plain, application/json, application/*+json, */*'],
    [
      'Prometheus 3',
      openMetrics,
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    ],
    [
      'Prometheus 2.40',
      openMetrics,
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    ],
    [
      'Prometheus 2.5',
      text,
      'application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    ],
    ['vmagent', text, 'text/plain;version=0.0.4;q=1,*/*;q=0.1'],
    ['a client that refuses OpenMetrics', text, 'application/openmetrics-text;q=0, TEXT/*'],
    ['a client that accepts neither', json, 'image/png'],
  ])('%s is %s', async (_, contentType, accept) => {
    const answer = await ask('/metrics', accept === undefined ? {} : { headers: { Accept: accept } })
    expect(answer.headers.get('Content-Type')).toBe(contentType)
    expect(answer.headers.get('Vary')).toContain('Accept')
  })

  it.each([
    ['json', 'text/plain', json],
    ['prometheus', 'application/json', text],
    ['prometheus', 'application/openmetrics-text', openMetrics],
  ])('format=%s with Accept: %s follows the parameter', async (format, accept, contentType) => {
    const answer = await ask(`/metrics?format=${format}`, { headers: { Accept: accept } })
    expect(answer.headers.get('Content-Type')).toBe(contentType)
  })
})
