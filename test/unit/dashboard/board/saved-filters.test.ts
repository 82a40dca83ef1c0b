import { describe, expect, it } from 'vitest'
import {
  type SavedFilter,
  savedFilterLimits,
  savedFiltersIn,
  sharedAddress,
  withoutFilter,
  withRenamed,
  withSaved,
} from '../../../../worker/dashboard/src/board/saved/saved-filters.ts'

const mine: SavedFilter = { name: 'Mine', address: '#/board/board_1?filter=assigned_to_me' }
const open: SavedFilter = { name: 'Open', address: '#/board?filter=open&view=columns' }

describe('saved filters', () => {
  it('come back from what the browser kept, and anything else counts as none', () => {
    expect(savedFiltersIn(JSON.stringify([mine, open]))).toEqual([mine, open])
    for (const text of [null, '', '{', '[1]', '{"name":"a"}', JSON.stringify([{ ...mine, more: 1 }])])
      expect(savedFiltersIn(text)).toEqual([])
  })

  it('lead to the board alone: an address of another place is not taken', () => {
    for (const address of ['https://elsewhere.example', 'javascript:alert(1)', '#/boards', '#/live'])
      expect(savedFiltersIn(JSON.stringify([{ name: 'x', address }]))).toEqual([])
    expect(withSaved([], 'x', '#/live')).toMatchObject({ kind: 'refused' })
  })

  it('are added at the end, and replaced in their place under the same name', () => {
    expect(withSaved([mine], ' Open ', '#/board?view=columns&filter=open')).toEqual({
      kind: 'saved',
      filters: [mine, open],
    })
    expect(withSaved([mine, open], 'Mine', '#/board')).toEqual({
      kind: 'saved',
      filters: [{ name: 'Mine', address: '#/board' }, open],
    })
  })

  it('are bounded in their number, their names and their addresses', () => {
    const full = Array.from({ length: savedFilterLimits.filtersMax }, (_, n) => ({ ...mine, name: `${n}` }))
    expect(withSaved(full, 'one more', '#/board')).toMatchObject({ kind: 'refused' })
    expect(withSaved(full, '7', '#/board')).toMatchObject({ kind: 'saved' })
    expect(withSaved([], ' ', '#/board')).toMatchObject({ kind: 'refused' })
    expect(withSaved([], 'x'.repeat(61), '#/board')).toMatchObject({ kind: 'refused' })
    expect(withSaved([], 'x', `#/board?search=${'y'.repeat(1_000)}`)).toMatchObject({ kind: 'refused' })
  })

  it('are renamed, but not to the name of another one, and removed', () => {
    expect(withRenamed([mine, open], 'Mine', 'My own')).toEqual({
      kind: 'saved',
      filters: [{ ...mine, name: 'My own' }, open],
    })
    expect(withRenamed([mine, open], 'Mine', 'Open')).toMatchObject({ kind: 'refused' })
    expect(withRenamed([mine, open], 'Mine', '')).toMatchObject({ kind: 'refused' })
    expect(withoutFilter([mine, open], 'Mine')).toEqual([open])
  })
})

it('an address that is shared has every choice in one order, and not the contact that is open', () => {
  expect(sharedAddress('#/board/b?view=columns&contact=c_1&filter=open')).toBe(
    '#/board/b?filter=open&view=columns',
  )
  expect(sharedAddress('#/board/b?contact=c_1')).toBe('#/board/b')
})
