import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Measures,
  placeOf,
  type ScrollSpace,
  scrollSpaceOf,
  settled,
  shiftAfterScroll,
  shiftAt,
  slotsMax,
} from '../../../worker/dashboard/src/board/scroll-space.ts'

const rowPx = 34
const heightPx = 612
/** Firefox lays out at most 2^30 sixtieths of a pixel. */
const firefoxBoundPx = 17_895_697
/** Chromium and Safari at most 2^31 sixty-fourths of a pixel of the screen. */
const screenBoundPx = 33_554_431

const totals = fc.oneof(
  fc.integer({ min: 1, max: 3 * slotsMax }),
  fc.integer({ min: 1, max: 100_000_000 }),
  fc.constantFrom(1, 2, slotsMax - 1, slotsMax, slotsMax + 1, 980_000, 10_000_000, 100_000_000),
)
const spaceWith = fc.tuple(
  totals,
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
)
const at = (share: number, count: number) => Math.min(Math.floor(share * count), count - 1)
const measuresOf = ({ slots }: ScrollSpace): Measures => ({
  rowPx,
  heightPx,
  endPx: slots * rowPx - heightPx,
})

describe('the space that a list is scrolled in', () => {
  it('is never higher than a browser can make an element, on a fine screen and magnified too', () => {
    fc.assert(
      fc.property(totals, fc.double({ min: 0.25, max: 20, noNaN: true }), (rows, screenPixels) => {
        const height = scrollSpaceOf(rows, rowPx, screenPixels).slots * rowPx
        return height < firefoxBoundPx && height * screenPixels < screenBoundPx
      }),
    )
  })

  it('is no higher than that in a browser that does not tell how far it magnifies, up to five times', () => {
    fc.assert(fc.property(totals, (rows) => scrollSpaceOf(rows, rowPx, 1).slots * rowPx * 5 < screenBoundPx))
  })

  it('has each row, where a jump to it leads, and each slot has a row', () => {
    fc.assert(
      fc.property(spaceWith, ([rows, share]) => {
        const space = scrollSpaceOf(rows, rowPx, 1)
        const row = at(share, rows)
        const { slot, shift } = placeOf(space, row)
        expect(slot + shift).toBe(row)
        expect(slot >= 0 && slot < space.slots && shift >= 0 && shift <= rows - space.slots).toBe(true)
        const other = at(share, space.slots)
        expect(other + shiftAt(space, other)).toBeLessThan(rows)
      }),
    )
  })

  it('keeps the order: a later slot has a later row, and a later row no earlier slot', () => {
    fc.assert(
      fc.property(spaceWith, ([rows, one, two]) => {
        const space = scrollSpaceOf(rows, rowPx, 1)
        const [low, high] = [at(Math.min(one, two), space.slots), at(Math.max(one, two), space.slots)]
        expect(shiftAt(space, low)).toBeLessThanOrEqual(shiftAt(space, high))
        const [early, late] = [at(Math.min(one, two), rows), at(Math.max(one, two), rows)]
        expect(placeOf(space, early).slot).toBeLessThanOrEqual(placeOf(space, late).slot)
      }),
    )
  })

  it('leads from a slot to its row and back to the slot', () => {
    fc.assert(
      fc.property(spaceWith, ([rows, share]) => {
        const space = scrollSpaceOf(rows, rowPx, 1)
        const slot = at(share, space.slots)
        const shift = shiftAt(space, slot)
        expect(placeOf(space, slot + shift)).toEqual({ slot, shift })
      }),
    )
  })

  it('is one to one at both ends, and everywhere where all rows fit', () => {
    fc.assert(
      fc.property(totals, fc.integer({ min: 0, max: Math.floor(slotsMax / 4) }), (rows, distance) => {
        const space = scrollSpaceOf(rows, rowPx, 1)
        const near = Math.min(distance, rows - 1)
        expect(placeOf(space, near)).toEqual({ slot: near, shift: 0 })
        const shift = rows - space.slots
        expect(placeOf(space, rows - 1 - near)).toEqual({ slot: space.slots - 1 - near, shift })
      }),
    )
  })
})

describe('scrolling', () => {
  it('by hand moves the rows by as many pixels, wherever it is', () => {
    fc.assert(
      fc.property(
        spaceWith,
        fc.integer({ min: -4 * heightPx, max: 4 * heightPx }),
        ([rows, share], deltaPx) => {
          const space = scrollSpaceOf(rows, rowPx, 1)
          const measures = measuresOf(space)
          const { slot, shift } = placeOf(space, at(share, rows))
          const view = { topPx: Math.min(slot * rowPx, measures.endPx), shift }
          const topPx = view.topPx + deltaPx
          fc.pre(topPx > 0 && topPx < measures.endPx - 1)
          expect(shiftAfterScroll(space, view, topPx, measures)).toBe(shift)
        },
      ),
    )
  })

  it('to the top shows the first row, and to the bottom the last, from everywhere', () => {
    fc.assert(
      fc.property(spaceWith, ([rows, share]) => {
        fc.pre(rows * rowPx > 2 * heightPx)
        const space = scrollSpaceOf(rows, rowPx, 1)
        const measures = measuresOf(space)
        const { slot, shift } = placeOf(space, at(share, rows))
        const view = { topPx: slot * rowPx, shift }
        expect(shiftAfterScroll(space, view, 0, measures)).toBe(0)
        const last = space.slots - 1 + shiftAfterScroll(space, view, measures.endPx, measures)
        expect(last).toBe(rows - 1)
      }),
    )
  })

  it('by the scrollbar leads to the share of the rows that it is dragged to', () => {
    const space = scrollSpaceOf(10_000_000, rowPx, 1)
    const measures = measuresOf(space)
    const shift = shiftAfterScroll(space, { topPx: 0, shift: 0 }, measures.endPx / 2, measures)
    expect((shift + measures.endPx / 2 / rowPx) / 10_000_000).toBeCloseTo(0.5, 3)
  })

  it('that comes to rest moves no row on the screen, and leaves the list where a jump would have led', () => {
    fc.assert(
      fc.property(
        spaceWith,
        fc.integer({ min: 0, max: rowPx - 1 }),
        ([rows, share, shiftShare], offsetPx) => {
          const space = scrollSpaceOf(rows, rowPx, 1)
          const shift = at(shiftShare, rows - space.slots + 1)
          const topPx = at(share, space.slots) * rowPx + offsetPx
          const rested = settled(space, { topPx, shift }, rowPx)
          expect(rested.topPx + rested.shift * rowPx).toBe(topPx + shift * rowPx)
          expect(settled(space, rested, rowPx)).toEqual(rested)
        },
      ),
    )
  })
})
