import pLimit from 'p-limit'
import { firstDifference } from '../../support/lasting-part.ts'
import { validateBounds as bounds } from '../bounds.ts'
import { lastingOf, put, questionsOf } from '../questions.ts'
import type { Check } from '../run.ts'

/**
 * Redis is switched by a variable of the Worker (`REDIS_ENABLED`), which nobody can change from outside. So the deployment is asked at a
 * second address, such as that of a preview version with Redis off.
 */
export const redisOff: Check = {
  name: 'redis-off',
  title: 'every answer is the same without Redis',
  needsCanary: true,
  skippedBecause: ({ withoutRedisUrl }) => (withoutRedisUrl === null ? '--without-redis is not given' : null),
  requestsMax: (given) => 2 * questionsOf({ given, canary: { rows: null, contact: null } }).length + 1,
  writes: null,
  async run(run) {
    const at = run.given.withoutRedisUrl ?? run.given.url
    const health = await run.ask('/health', { as: 'nobody', at })
    if (!/"redis":"disabled"/.test(health.text.replaceAll(/\s/g, '')))
      run.fail('Redis is off at the second address', 'it is not')
    const limit = pLimit(bounds.atOnce)
    await Promise.all(
      questionsOf(run).map((question) =>
        limit(async () => {
          const [one, other] = [await put(run.ask, question), await put(run.ask, question, { at })]
          const place = firstDifference(lastingOf(one), lastingOf(other))
          if (place !== null) run.fail(`${question.name} is the same without Redis`, `differs at ${place}`)
        }),
      ),
    )
  },
}
