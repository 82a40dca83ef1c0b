import { describe, expect, it } from 'vitest'
import { simulateLiveWith } from '../planted.ts'
import type { Failure } from '../simulation.ts'
import { simulateLive } from './live.ts'
import { liveCanaries } from './live-canaries.ts'

const seeds = Array.from({ length: 12 }, (_, index) => index + 1)
/** A canary's `firstSeed` is near one that catches it, so that few runs are enough. */
const seedsMax = 20

/** The first failure of this promise in the seeds from `first` on, or null if there is none. */
async function firstFailure(simulate: typeof simulateLive, first: number, breaks: RegExp): Promise<Failure | null> {
  for (let seed = first; seed < first + seedsMax; seed += 1) {
    const run = await simulate(seed)
    if (!run.ok && breaks.test(run.error.promise)) return run.error
  }
  return null
}

describe('live boards', () => {
  it('are current within the bound, or say that they are not, in a dozen random worlds', async () => {
    for (const seed of seeds)
      expect(await simulateLive(seed), `npm run simulate -- --live --seed ${seed}`).toMatchObject({ ok: true })
  })

  it('show the same for the same seed', async () => {
    const [first, again, other] = [await simulateLive(7), await simulateLive(7), await simulateLive(8)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it.for(liveCanaries)(
    'are wrong, and that is noticed, if $bug',
    async ({ breaks, replacements, firstSeed = 1 }) => {
      const failure = await firstFailure(await simulateLiveWith(replacements), firstSeed, breaks)
      expect(failure?.promise).toMatch(breaks)
    },
  )
})
