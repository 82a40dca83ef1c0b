import { expect, it } from 'vitest'
import { simulate } from './simulation.ts'

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)

it('keeps every promise in 200 random worlds', async () => {
  for (const seed of seeds) {
    const run = await simulate(seed)
    expect(run, `npm run simulate -- --seed ${seed}`).toMatchObject({ ok: true })
  }
})

it('gives the same answers for the same seed', async () => {
  const [first, again, other] = [await simulate(7), await simulate(7), await simulate(8)]
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})
