import type { Allowance, Taken } from '../rate-limits/limiter.ts'
import { respondError } from './answers.ts'

/**
 * Adds the headers about rate limits. If the platform refused the request while the answer was made, a 429 takes its place. The
 * fields are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026), unchanged since 08: structured fields with one item
 * for each limit, with its quota `q` and window `w`, and with the quota `r` that remains for the next `t` seconds.
 */
export async function withRateLimits(
  taken: readonly Taken[],
  response: Response,
  requestId: string,
): Promise<Response> {
  if (taken.length === 0) return response
  let answer = response
  let refusedBy: Allowance | null = null
  for (const { refusal, allowance } of taken) {
    if (refusal !== null && (await refusal)) refusedBy = { ...allowance, remaining: 0 }
  }
  if (refusedBy !== null) {
    const { resetSeconds } = refusedBy
    answer = respondError({ code: 'rate_limited', retryAfterSeconds: resetSeconds }, requestId)
  }
  const allowances = taken.map(({ allowance }) =>
    allowance.scope === refusedBy?.scope ? refusedBy : allowance,
  )
  answer.headers.set('RateLimit-Policy', allowances.map(policyOf).join(', '))
  answer.headers.set('RateLimit', allowances.map(allowanceOf).join(', '))
  return answer
}

const policyOf = ({ scope, requestsMax, windowSeconds }: Allowance) =>
  `"${scope}";q=${requestsMax};w=${windowSeconds}`

const allowanceOf = ({ scope, remaining, resetSeconds }: Allowance) =>
  `"${scope}";r=${remaining};t=${resetSeconds}`
