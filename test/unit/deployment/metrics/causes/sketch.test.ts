import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SketchData } from '../../../../../worker/deployment/metrics/causes/sketch.ts'
import {
  createSketch,
  mergeSketches,
  sketchSchema,
} from '../../../../../worker/deployment/metrics/causes/sketch.ts'
import { tallyOf } from './tallies.ts'

/** Many things, some of which come often. */
const things = fc.array(
  fc.record({
    name: fc.nat(40).map((number) => `thing-${Math.floor(number ** 1.5)}`),
    weight: fc.integer({ min: 1, max: 20 }),
  }),
  { maxLength: 300 },
)
type Things = readonly { readonly name: string; readonly weight: number }[]

function sketchOf(counted: Things, capacity: number): SketchData {
  const sketch = createSketch(capacity)
  for (const { name, weight } of counted) sketch.add(name, weight, 'contact', tallyOf(weight, 0, 0, 0))
  return sketch.data()
}

/** Checks what a sketch promises, against the things themselves. */
function expectBounds({ missedMax, tracked }: SketchData, counted: Things, capacity: number): void {
  const truth = new Map<string, number>()
  for (const { name, weight } of counted) truth.set(name, (truth.get(name) ?? 0) + weight)
  const total = counted.reduce((sum, { weight }) => sum + weight, 0)
  expect(tracked.length).toBeLessThanOrEqual(capacity)
  expect(missedMax).toBeLessThanOrEqual(total / (capacity + 1))
  const rows = new Map(tracked.map((row) => [row.name, row]))
  for (const [name, weight] of truth) {
    const row = rows.get(name)
    const least = row?.tallies['contact']?.reads ?? 0
    expect(least).toBeLessThanOrEqual(weight)
    expect(weight).toBeLessThanOrEqual((row?.excess ?? 0) + missedMax)
  }
  for (const name of rows.keys()) expect(truth.has(name)).toBe(true)
}

describe('a sketch', () => {
  it('never counts more than there was, and misses at most the total by its capacity and one', () => {
    fc.assert(
      fc.property(things, fc.integer({ min: 1, max: 12 }), (counted, capacity) => {
        expectBounds(sketchOf(counted, capacity), counted, capacity)
      }),
    )
  })

  it('keeps its bounds when any number of them is merged, in any grouping', () => {
    fc.assert(
      fc.property(
        fc.array(things, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(4),
        (parts, capacity, cut) => {
          const sketches = parts.map((part) => sketchOf(part, capacity))
          const [left, right] = [sketches.slice(0, cut), sketches.slice(cut)]
          const grouped = [mergeSketches(left, capacity), mergeSketches(right, capacity)]
          expectBounds(mergeSketches(sketches, capacity), parts.flat(), capacity)
          expectBounds(mergeSketches(grouped, capacity), parts.flat(), capacity)
        },
      ),
    )
  })

  it('tracks everything that has a larger share than one by its capacity and one', () => {
    fc.assert(
      fc.property(things, fc.integer({ min: 1, max: 12 }), (counted, capacity) => {
        const total = counted.reduce((sum, { weight }) => sum + weight, 0)
        const names = new Set(sketchOf(counted, capacity).tracked.map(({ name }) => name))
        for (const { name } of counted) {
          const weight = counted
            .filter((each) => each.name === name)
            .reduce((sum, each) => sum + each.weight, 0)
          if (weight > total / (capacity + 1)) expect(names).toContain(name)
        }
      }),
    )
  })

  it('is exact while there are no more things than it may track', () => {
    const counted = Array.from({ length: 200 }, (_, index) => ({ name: `thing-${index % 8}`, weight: 1 }))
    const { missedMax, tracked } = sketchOf(counted, 8)
    expect(missedMax).toBe(0)
    expect(tracked.map(({ excess }) => excess)).toEqual(Array.from({ length: 8 }, () => 25))
  })

  it('adds up what happened, by resource', () => {
    const sketch = createSketch(4)
    sketch.add('15213', 1, 'contact', tallyOf(1, 1, 0, 20))
    sketch.add('15213', 1, 'contact', tallyOf(1, 0, 0, 2))
    sketch.add('15213', 1, 'lead', tallyOf(1, 1, 1, 5))
    expect(sketch.data().tracked[0]?.tallies).toEqual({
      contact: tallyOf(2, 1, 0, 22),
      lead: tallyOf(1, 1, 1, 5),
    })
  })

  it('survives being stored as JSON', () => {
    const data = sketchOf([{ name: 'a', weight: 2 }], 3)
    expect(sketchSchema.parse(JSON.parse(JSON.stringify(data)))).toEqual(data)
  })
})
