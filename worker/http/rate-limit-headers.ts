import type { Standing, Taken } from '../rate-limits/limiter.ts'
import { respondError } from './answers.ts'

/**
 * The answer with what it says of limits, or a 429 in its place where the platform refused while it was made. The fields are
 * those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026), alike since 08: structured fields, one item a limit, with its
 * quota `q` and window `w`, and with the quota `r` that is left for the next `t` seconds.
 */
export async function withRateLimits(
  taken: readonly Taken[],
  response: Response,
  requestId: string,
): Promise<Response> {
  if (taken.length === 0) return response
  let answer = response
  let refusedBy: Standing | null = null
  for (const { refusal, standing } of taken) {
    if (refusal !== null && (await refusal)) refusedBy = { ...standing, remaining: 0 }
  }
  if (refusedBy !== null) {
    const { resetSeconds } = refusedBy
    answer = respondError({ code: 'rate_limited', retryAfterSeconds: resetSeconds }, requestId)
  }
  const standings = taken.map(({ standing }) => (standing.scope === refusedBy?.scope ? refusedBy : standing))
  answer.headers.set('RateLimit-Policy', standings.map(policyOf).join(', '))
  answer.headers.set('RateLimit', standings.map(standingOf).join(', '))
  return answer
}

const policyOf = ({ scope, requestsMax, windowSeconds }: Standing) =>
  `"${scope}";q=${requestsMax};w=${windowSeconds}`

const standingOf = ({ scope, remaining, resetSeconds }: Standing) =>
  `"${scope}";r=${remaining};t=${resetSeconds}`
