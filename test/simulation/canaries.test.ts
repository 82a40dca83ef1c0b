import { describe, expect, it } from 'vitest'
import { canaries } from './canaries.ts'
import { markCanaries } from './mark-canaries.ts'
import { simulateWith } from './planted.ts'
import { redisCanaries } from './redis-canaries.ts'
import { rolloutCanaries } from './rollout-canaries.ts'
import type { Failure } from './simulation.ts'

const seedsMax = 300

/** The first failure in the seeds from `first` on, or null if there is none. */
async function firstFailure(
  simulate: Awaited<ReturnType<typeof simulateWith>>,
  first: number,
): Promise<Failure | null> {
  for (let seed = first; seed < first + seedsMax; seed += 1) {
    const run = await simulate(seed)
    if (!run.ok) return run.error
  }
  return null
}

describe('a bug planted in production is caught:', () => {
  it.for([...canaries, ...markCanaries, ...redisCanaries, ...rolloutCanaries])(
    '$bug',
    async ({ breaks, replacements, firstSeed = 1 }) => {
      const failure = await firstFailure(await simulateWith(replacements), firstSeed)
      expect(failure?.promise).toMatch(breaks)
    },
  )

  it('a bug that could not be planted does not count as caught', async () => {
    const nowhere = { file: 'worker/cache/freshness.ts', find: 'no such text', replace: '' }
    await expect(simulateWith([nowhere])).rejects.toThrow('does not contain exactly once')
  })
})
