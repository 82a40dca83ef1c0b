import { describe, expect, it } from 'vitest'
import { withRateLimits } from '../../../worker/http/rate-limit-headers.ts'
import type { Allowance } from '../../../worker/rate-limits/limiter.ts'

const user: Allowance = {
  scope: 'user',
  requestsMax: 600,
  windowSeconds: 60,
  remaining: 599,
  resetSeconds: 42,
}
const workspace: Allowance = { ...user, scope: 'workspace', requestsMax: 30_000, remaining: 29_000 }
const taken = (allowance: Allowance, refusal: Promise<boolean> | null = null) => ({
  allowance,
  isRefused: false,
  refusal,
})

describe('an answer to one who is limited', () => {
  it('says of each limit what it is and what remains, as structured fields', async () => {
    const answer = await withRateLimits([taken(user), taken(workspace)], new Response('{}'), 'request-1')
    expect(answer.headers.get('RateLimit-Policy')).toBe('"user";q=600;w=60, "workspace";q=30000;w=60')
    expect(answer.headers.get('RateLimit')).toBe('"user";r=599;t=42, "workspace";r=29000;t=42')
  })

  it('is a 429 in its place where the platform refused meanwhile', async () => {
    const answer = await withRateLimits([taken(user, Promise.resolve(true))], new Response('{}'), 'request-1')
    expect(answer.status).toBe(429)
    expect(answer.headers.get('Retry-After')).toBe('42')
    expect(answer.headers.get('RateLimit')).toBe('"user";r=0;t=42')
    expect(await answer.json()).toMatchObject({
      code: 'rate_limited',
      retryAfter: 42,
      requestId: 'request-1',
    })
  })

  it('is as it was without limits', async () => {
    const response = new Response('{}')
    expect(await withRateLimits([], response, 'request-1')).toBe(response)
    expect([...response.headers.keys()]).toEqual(['content-type'])
  })
})
