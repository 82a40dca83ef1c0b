import { z } from 'zod'
import { describeAnswer, parseJson } from '../probe-contact.ts'
import type { Check } from '../run.ts'

const requestsMax = 2_000
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
  requestsMax: () => requestsMax,
  writes: "the member's user is refused for about a minute afterwards",
  async run(run) {
    for (let each = 0; each < requestsMax; each += 1) {
      const answer = await run.ask(readPath, { as: 'member', isTimed: true })
      if (answer.status !== 429) continue
      const refusal = refusalSchema.safeParse(parseJson(answer.text))
      if (!refusal.success || Number(answer.headers.get('Retry-After')) !== refusal.data.retryAfter)
        run.fail('a 429 says when to come back, in its body and in Retry-After', describeAnswer(answer))
      run.note(`refused after ${each} requests`)
      return
    }
    run.fail(`a user who asks ${requestsMax} times in a row gets 429`, 'none')
  },
}
