import { z } from 'zod'
import { NotApplicable, Unmet } from '../check-endings.ts'
import { describeAnswer, parseJson } from '../probe-contact.ts'
import type { Check } from '../run.ts'

/** The greatest limit that is spent, and the requests past it that may still be let through while counts are on their way. */
const limitMax = 2_000
const graceMax = 100
const readPath = '/api/users/me/permissions'
const refusalSchema = z.object({ code: z.literal('rate_limited'), retryAfter: z.number().positive() })

/** Spends the limit of the member's user, whom the deployment then refuses for about a window. Nobody else's limit is spent. */
export const spentLimit: Check = {
  name: 'spent-limit',
  title: 'a user past the limit gets 429, and is told when to come back',
  needsCanary: false,
  skippedBecause({ maySpendLimit, tokens }) {
    if (!maySpendLimit) return '--spend-limit is not given'
    return tokens.member === null ? 'VALIDATE_MEMBER_TOKEN is not set' : null
  },
  requestsMax: () => 1 + limitMax + graceMax,
  writes: "the member's user is refused for about a minute afterwards",
  async run(run) {
    const { headers } = await run.ask(readPath, { as: 'member' })
    const limit = Number(/^"user";q=(\d+)/.exec(headers.get('RateLimit-Policy') ?? '')?.[1] ?? Number.NaN)
    if (Number.isNaN(limit)) throw new Unmet('users have a limit', 'no RateLimit-Policy')
    if (limit > limitMax) throw new NotApplicable(`a limit of ${limit} requests is too large to be spent`)
    for (let each = 1; each < limit + graceMax; each += 1) {
      const answer = await run.ask(readPath, { as: 'member', isTimed: true })
      if (answer.status !== 429) continue
      const refusal = refusalSchema.safeParse(parseJson(answer.text))
      if (!refusal.success || Number(answer.headers.get('Retry-After')) !== refusal.data.retryAfter)
        run.fail('a 429 says when to come back, in its body and in Retry-After', describeAnswer(answer))
      run.note(`refused after ${each} requests`)
      return
    }
    run.fail(`a user who asks ${limit + graceMax} times in a row gets 429`, 'none')
  },
}
