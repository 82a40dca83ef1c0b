import { describe, expect, it } from 'vitest'
import { columnDeedOf } from '../../../../worker/dashboard/src/board/columns/column-keys.ts'

const where = { row: 20, rows: 50, pageRows: 5, column: 1, columns: 3, mayMove: true }
const press = (key: string, ctrlKey = false, there: Partial<typeof where> = {}) =>
  columnDeedOf({ key, ctrlKey }, { ...where, ...there })

describe('a key in a column', () => {
  it.each([
    ['ArrowDown', false, { kind: 'row', row: 21 }],
    ['ArrowUp', false, { kind: 'row', row: 19 }],
    ['PageDown', false, { kind: 'row', row: 25 }],
    ['PageUp', false, { kind: 'row', row: 15 }],
    ['Home', false, { kind: 'row', row: 0 }],
    ['End', false, { kind: 'row', row: 49 }],
    ['ArrowRight', false, { kind: 'column', column: 2 }],
    ['ArrowLeft', false, { kind: 'column', column: 0 }],
    ['Home', true, { kind: 'column', column: 0 }],
    ['End', true, { kind: 'column', column: 2 }],
    ['Enter', false, { kind: 'open' }],
    [' ', false, { kind: 'lift' }],
    ['x', false, null],
    ['Tab', false, null],
  ] as const)('does what the board says: %s, with Ctrl %s', (key, ctrlKey, deed) => {
    expect(press(key, ctrlKey)).toEqual(deed)
  })

  it('leads past neither end', () => {
    expect(press('ArrowDown', false, { row: 49 })).toEqual({ kind: 'row', row: 49 })
    expect(press('ArrowLeft', false, { column: 0 })).toBeNull()
    expect(press('ArrowRight', false, { column: 2 })).toBeNull()
  })

  it('lifts nothing for those who may not move, and opens nothing where nothing is', () => {
    expect(press(' ', false, { mayMove: false })).toBeNull()
    expect(press(' ', false, { rows: 0 })).toBeNull()
    expect(press('Enter', false, { rows: 0 })).toBeNull()
  })
})
