import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boardWidthPx,
  columnAt,
  columnSpaceOf,
  columnStartPx,
  columnsInView,
  edgeScrollPx,
  scrolledTo,
} from '../../../../worker/dashboard/src/board/columns/column-space.ts'

const widths = fc.integer({ min: 280, max: 3_000 })
const numbers = fc.integer({ min: 1, max: 500 })

describe('columns side by side', () => {
  it('share the width if all fit, and leave the next one in sight on a phone', () => {
    expect(columnSpaceOf(1_200, 3)).toEqual({ columns: 3, columnPx: 392, gapPx: 12 })
    expect(columnSpaceOf(2_000, 2).columnPx).toBe(420)
    expect(columnSpaceOf(1_200, 12).columnPx).toBe(264)
    expect(columnSpaceOf(296, 6).columnPx).toBe(260)
  })

  it('fill the width or are wider than it, and none begins where another one is', () => {
    fc.assert(
      fc.property(widths, numbers, (widthPx, columns) => {
        const space = columnSpaceOf(widthPx, columns)
        expect(space.columnPx).toBeGreaterThanOrEqual(200)
        expect(boardWidthPx(space)).toBe(columnStartPx(space, columns - 1) + space.columnPx)
        for (let column = 1; column < Math.min(columns, 5); column += 1)
          expect(columnStartPx(space, column)).toBeGreaterThan(
            columnStartPx(space, column - 1) + space.columnPx,
          )
      }),
    )
  })

  it('are in the page if any of them is in view or is kept, and never all of many', () => {
    fc.assert(
      fc.property(widths, numbers, fc.nat(200_000), fc.nat(499), (widthPx, columns, scrolledPx, kept) => {
        const space = columnSpaceOf(widthPx, columns)
        const leftPx = Math.min(scrolledPx, Math.max(0, boardWidthPx(space) - widthPx))
        const shown = columnsInView(space, { leftPx, widthPx }, [kept])
        for (let column = 0; column < columns; column += 1) {
          const startPx = columnStartPx(space, column)
          const isInView = startPx < leftPx + widthPx && startPx + space.columnPx > leftPx
          if (isInView || column === kept) expect(shown).toContain(column)
        }
        expect(shown.length).toBeLessThanOrEqual(Math.ceil(widthPx / space.columnPx) + 5)
        expect(shown).toEqual([...shown].sort((one, other) => one - other))
      }),
    )
  })

  it('are found under a pointer, also in the gap beside them, and not past the last', () => {
    const space = columnSpaceOf(1_000, 8)
    for (const column of [0, 3, 7]) {
      const startPx = columnStartPx(space, column)
      expect(columnAt(space, startPx)).toBe(column)
      expect(columnAt(space, startPx + space.columnPx - 1)).toBe(column)
      expect(columnAt(space, startPx + space.columnPx + 5)).toBe(column)
    }
    expect(columnAt(space, columnStartPx(space, 8))).toBeNull()
    expect(columnAt(space, -20)).toBeNull()
  })

  it('are scrolled to by no more than is needed', () => {
    const space = columnSpaceOf(600, 8)
    const view = { leftPx: columnStartPx(space, 2), widthPx: 600 }
    expect(scrolledTo(space, view, 2)).toBe(view.leftPx)
    expect(scrolledTo(space, view, 1)).toBe(columnStartPx(space, 1))
    expect(scrolledTo(space, view, 5)).toBe(columnStartPx(space, 5) + space.columnPx - 600)
  })
})

it('a card that is held near an edge scrolls the board to that side, the faster the nearer', () => {
  expect(edgeScrollPx(500, 0, 1_000)).toBe(0)
  expect(edgeScrollPx(0, 0, 1_000)).toBe(-18)
  expect(edgeScrollPx(1_000, 0, 1_000)).toBe(18)
  expect(edgeScrollPx(980, 0, 1_000)).toBeLessThan(18)
  expect(edgeScrollPx(50, 0, 100)).toBe(0)
})
