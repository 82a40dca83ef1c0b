import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../../worker/client/answer.ts'
import { ColumnsOnScreen } from '../../../../worker/dashboard/src/board/columns/columns-on-screen.ts'

const answer = (version: number | null, status: Answer<unknown>['status'] = 'current'): Answer<unknown> => ({
  ...{ data: {}, status, asOfMs: 1_000, version, isPending: false, error: null },
})
const seen = (state: 'current' | 'behind' | 'loading', version: number, ...answers: Answer<unknown>[]) => ({
  ...{ state, version },
  answers: () => answers,
})

describe('the columns on the screen', () => {
  it('are as of the lowest version that any of them is proved at, also of those that did not change', () => {
    const columns = new ColumnsOnScreen()
    // The hub has raised the version of the answer since the column was drawn.
    columns.see('a', seen('current', 5, answer(9)))
    columns.see('b', seen('current', 8, answer(8), answer(9)))
    expect(columns.read()).toMatchObject({ state: 'current', version: 8 })
    expect(columns.read().answers).toHaveLength(3)
  })

  it('are no more certain than the least certain of them, which counts no more when it is gone', () => {
    const columns = new ColumnsOnScreen()
    const before = columns.changes()
    columns.see('a', seen('current', 9, answer(9)))
    columns.see('b', seen('behind', 4, answer(9)))
    expect(columns.read()).toMatchObject({ state: 'behind', version: 4 })
    columns.see('c', seen('loading', 9, answer(null, 'loading')))
    expect(columns.read().state).toBe('loading')
    columns.leave('b')
    columns.leave('c')
    expect(columns.read()).toMatchObject({ state: 'current', version: 9 })
    expect(columns.changes()).toBeGreaterThan(before)
  })

  it('have no version while one of an answer is not known, and are loading while there is none', () => {
    const columns = new ColumnsOnScreen()
    expect(columns.read()).toEqual({ state: 'loading', version: null, answers: [] })
    columns.see('a', seen('current', 9, answer(9), answer(null)))
    expect(columns.read().version).toBeNull()
  })
})
