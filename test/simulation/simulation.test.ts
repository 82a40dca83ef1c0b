import { expect, it } from 'vitest'
import { type Happened, happenings, sumOf } from './happenings.ts'
import { simulate } from './simulation.ts'

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)

it('keeps every promise in 200 random worlds, in which every kind of fault of marks happens', async () => {
  let all: Happened = {}
  for (const seed of seeds) {
    const run = await simulate(seed)
    expect(run, `npm run simulate -- --seed ${seed}`).toMatchObject({ ok: true })
    if (run.ok) all = sumOf(all, run.value.happened)
  }
  expect(happenings.filter((what) => (all[what] ?? 0) === 0)).toEqual([])
})

it('gives the same answers for the same seed', async () => {
  const [first, again, other] = [await simulate(7), await simulate(7), await simulate(8)]
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})
