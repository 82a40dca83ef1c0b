import { describe, expect, it } from 'vitest'
import { moved } from '../../../worker/dashboard/src/board/grid-keys.ts'

const extent = { rows: 191_663, fields: 8, pageRows: 15 }
const from = { row: 20, field: 3 }
const press = (key: string, ctrlKey = false) => moved(from, { key, ctrlKey }, extent)

describe('a key in the grid', () => {
  it.each([
    ['ArrowDown', false, { row: 21, field: 3 }],
    ['ArrowUp', false, { row: 19, field: 3 }],
    ['ArrowRight', false, { row: 20, field: 4 }],
    ['ArrowLeft', false, { row: 20, field: 2 }],
    ['PageDown', false, { row: 35, field: 3 }],
    ['PageUp', false, { row: 5, field: 3 }],
    ['Home', false, { row: 20, field: 0 }],
    ['End', false, { row: 20, field: 7 }],
    ['Home', true, { row: 0, field: 0 }],
    ['End', true, { row: 191_662, field: 7 }],
  ] as const)('leads where the grid pattern says: %s, with Ctrl %s', (key, ctrlKey, cell) => {
    expect(press(key, ctrlKey)).toEqual(cell)
  })

  it('never leads out of the grid, an empty one included', () => {
    expect(moved({ row: 0, field: 0 }, { key: 'ArrowUp', ctrlKey: false }, extent)).toEqual({
      row: 0,
      field: 0,
    })
    expect(moved({ row: 0, field: 0 }, { key: 'End', ctrlKey: true }, { ...extent, rows: 0 })?.row).toBe(0)
  })

  it('is left to the browser where it is none of its own', () => {
    expect(press('Tab')).toBeNull()
    expect(press('a')).toBeNull()
  })
})
