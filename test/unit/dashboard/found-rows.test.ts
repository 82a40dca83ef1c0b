import { describe, expect, it } from 'vitest'
import { foundBy } from '../../../worker/dashboard/src/board/found-rows.ts'

const estimated = { rows: 20_000, isEstimate: true, beganAsEstimate: true }

/** The pagination of a page of 100, of which `next` follows. */
function page(number: number, total: number, { isEstimate = false, hasNext = false } = {}) {
  const pagination = { page: number, per_page: 100, total, total_pages: Math.ceil(total / 100) }
  return {
    ...pagination,
    ...(isEstimate ? { total_is_estimate: true as const } : {}),
    next_cursor: hasNext ? 'next' : null,
  }
}

describe('of a board whose first page estimates its rows', () => {
  it('the last page tells the end, exactly', () => {
    expect(foundBy(estimated, page(183, 18_250))).toEqual({ rows: 18_250, isEstimate: false })
  })

  it('so does a page past it', () => {
    expect(foundBy(estimated, page(200, 18_250))).toEqual({ rows: 18_250, isEstimate: false })
  })

  it('a page with more after the estimated end makes room for them', () => {
    const more = page(200, 20_001, { isEstimate: true, hasNext: true })
    expect(foundBy(estimated, more)).toEqual({ rows: 20_001, isEstimate: true })
  })

  it('a page within tells nothing, even after the end was found before what was estimated', () => {
    const within = page(7, 20_000, { isEstimate: true, hasNext: true })
    expect(foundBy(estimated, within)).toBeNull()
    expect(foundBy({ ...estimated, rows: 18_250, isEstimate: false }, within)).toBeNull()
  })

  it('what is known is not told again', () => {
    const known = { rows: 18_250, isEstimate: false, beganAsEstimate: true }
    expect(foundBy(known, page(183, 18_250))).toBeNull()
  })
})

it('of a board that was counted, no page tells another number', () => {
  const counted = { rows: 500, isEstimate: false, beganAsEstimate: false }
  expect(foundBy(counted, page(5, 499))).toBeNull()
})
