import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import type { Look } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const total = 10_000_000
const lastRow = total - 1
const rowPx = 34

interface Answered {
  readonly total: number
  /** The total that the API gives if it only estimates. */
  readonly estimate?: number
}

/** Totals by filter; without a filter there are ten million contacts. Some estimates are too high, others too low. */
const totals: Readonly<Record<string, Answered>> = {
  all: { total },
  open: { total: 12 },
  closed: { total: 3_000_000 },
  favorites: { total: 21_234, estimate: 30_000 },
  archived: { total: 21_234, estimate: 20_000 },
}

/** Ten million contacts, each named after its row, in the form of the API's answers. */
async function answerForTenMillion(page: Page): Promise<string[]> {
  const refused: string[] = []
  await page.route(/\/api\/boards\/[^/]+\/contacts\?/, async (route) => {
    const { searchParams } = new URL(route.request().url())
    const number = Number(searchParams.get('page') ?? 1)
    const perPage = Number(searchParams.get('per_page'))
    if (!(number >= 1 && number <= 1_000_000)) refused.push(route.request().url())
    const before = (number - 1) * perPage
    const { total: all, estimate } = totals[searchParams.get('filter') ?? 'all'] ?? { total: 0 }
    const rows = Math.max(Math.min(perPage, all - before), 0)
    const contacts = Array.from({ length: rows }, (_, index) => contactOn(before + index))
    const hasMore = before + rows < all
    const said =
      estimate === undefined || !hasMore
        ? { total: all }
        : { total: Math.max(estimate, before + rows + 1), total_is_estimate: true }
    const pagination = {
      ...{ page: number, per_page: perPage, ...said, total_pages: Math.ceil(said.total / perPage) },
      next_cursor: hasMore ? 'next' : null,
    }
    const _cache = {
      status: 'HIT',
      source: 'memory',
      ttl: 180,
      ...{ age: 1, proved_age: 1 },
      edge_location: 'X',
      response_time_ms: 1,
    }
    await route.fulfill({ json: { success: true, data: { contacts, pagination, _cache } } })
  })
  return refused
}

function contactOn(row: number) {
  const at = '2026-01-01T00:00:00Z'
  return {
    id: `row-${row}`,
    workspace_id: '15213',
    board_id: 'board_123',
    board_column_id: 'col_1',
    name: `Row ${row}`,
    email: null,
    phone: null,
    status: 'open',
    priority: 'low',
    assigned_to: null,
    needs_response: false,
    follow_up: false,
    is_favorite: false,
    is_archived: false,
    sentiment: null,
    source: null,
    lead_status: null,
    tags: [],
    last_message: null,
    last_activity_at: at,
    created_at: at,
    updated_at: at,
  }
}

describe.skipIf(chromiumPath === null)('a board of 10,000,000 contacts', () => {
  const given = useDashboard({ contacts: 500 })

  async function openBoard(look?: Look): Promise<Page> {
    const { open, page } = await given.signedIn(look)
    const refused = await answerForTenMillion(page)
    await open('Board')
    await page.getByRole('combobox', { name: 'Board', exact: true }).selectOption('board_123')
    await page.getByText('10,000,000 contacts').waitFor()
    expect(refused).toEqual([])
    return page
  }

  /** The rows on the screen below the headings, in order: number, content, and distance from the top. */
  const rowsOf = (page: Page) =>
    page.evaluate<{ row: number; index: number; contact: string | null; y: number }[]>(`(() => {
      const grid = document.querySelector('[role=grid]')
      const { top, bottom } = grid.getBoundingClientRect()
      return [...grid.querySelectorAll('[data-row]')]
        .map((each) => ({
          row: Number(each.dataset.row),
          index: Number(each.getAttribute('aria-rowindex')),
          contact: each.dataset.contact ?? null,
          y: each.getBoundingClientRect().top - top,
        }))
        .filter(({ y }) => y >= ${rowPx} - 1 && y + ${rowPx} <= bottom - top + 1)
        .sort((one, other) => one.y - other.y)
    })()`)

  /**
   * Waits until all rows on the screen have loaded: they follow each other without a gap, each with its own contact.
   */
  async function seenRows(page: Page): Promise<number[]> {
    const rows = await eventually(async () => {
      const seen = await rowsOf(page)
      return seen.length > 5 && seen.every(({ contact }) => contact !== null) && seen
    })
    for (const [at, { row, index, contact, y }] of rows.entries()) {
      expect({ row, index, contact }).toEqual({ row, index: row + 2, contact: `row-${row}` })
      expect(row).toBe((rows[0]?.row ?? 0) + at)
      expect(y).toBeCloseTo((rows[0]?.y ?? 0) + at * rowPx, 0)
    }
    return rows.map(({ row }) => row)
  }

  const scrollTo = (page: Page, share: number) =>
    page.evaluate(`(() => {
      const grid = document.querySelector('[role=grid]')
      grid.scrollTop = ${share} * (grid.scrollHeight - grid.clientHeight)
    })()`)

  it('loads the pages where a drag across the whole list ends, and not those on the way', async () => {
    const page = await openBoard()
    const asked: string[] = []
    page.on('request', (request) => {
      if (/\/contacts\?/.test(request.url())) asked.push(request.url())
    })
    await page.evaluate(`(async () => {
      const grid = document.querySelector('[role=grid]')
      const step = grid.scrollHeight / 200
      for (let top = 0; top < grid.scrollHeight; top += step) {
        grid.scrollTop = top
        await new Promise((next) => requestAnimationFrame(next))
      }
      grid.scrollTop = grid.scrollHeight
    })()`)
    expect((await seenRows(page)).at(-1)).toBe(lastRow)
    expect(asked.length).toBeLessThan(40)
  })

  it('can be scrolled to its last and its first contact with the scrollbar', async () => {
    const page = await openBoard()
    await scrollTo(page, 1)
    expect((await seenRows(page)).at(-1)).toBe(lastRow)
    await scrollTo(page, 0.5)
    const middle = await seenRows(page)
    expect((middle[0] ?? 0) / total).toBeCloseTo(0.5, 2)
    await scrollTo(page, 0)
    expect((await seenRows(page))[0]).toBe(0)
  })

  it.each([
    ['on a fine screen, magnified', { scale: 8, width: 700, height: 600 }],
    ['in a low window', { width: 1_280, height: 330 }],
    ['in a high window', { width: 2_000, height: 1_800 }],
  ])('has its last contact in reach %s', async (_, look) => {
    const page = await openBoard(look)
    await scrollTo(page, 1)
    expect((await seenRows(page)).at(-1)).toBe(lastRow)
    const grid = page.getByRole('grid')
    await grid.focus()
    await page.keyboard.press('Control+Home')
    expect((await seenRows(page))[0]).toBe(0)
    await page.keyboard.press('Control+End')
    expect((await seenRows(page)).at(-1)).toBe(lastRow)
    await page.keyboard.press('PageUp')
    await page.keyboard.press('ArrowUp')
    const [active] = /\d+/.exec((await grid.getAttribute('aria-activedescendant')) ?? '') ?? []
    expect(await seenRows(page)).toContain(Number(active))
  })

  it('begins at its first contact when it becomes shorter and longer by a filter, and ends at its last', async () => {
    const page = await openBoard()
    for (const [name, shown] of [
      ['closed', '3,000,000 contacts'],
      ['open', '12 contacts'],
      ['all', '10,000,000 contacts'],
    ] as const) {
      await scrollTo(page, 1)
      await page.locator(`[data-filter="${name}"] input`).check()
      await page.getByText(shown, { exact: true }).waitFor()
      expect((await seenRows(page))[0]).toBe(0)
      await scrollTo(page, 1)
      expect((await seenRows(page)).at(-1)).toBe((totals[name]?.total ?? 0) - 1)
    }
  })

  it.each(['favorites', 'archived'])(
    'ends at the last contact although the first page only estimates the total (%s)',
    async (name) => {
      const page = await openBoard()
      await page.locator(`[data-filter="${name}"] input`).check()
      await page.getByText(/^About 2|^About 3/).waitFor()
      await page.getByRole('grid').focus()
      await eventually(async () => {
        await page.keyboard.press('Control+End')
        return (await page.getByText('21,234 contacts', { exact: true }).count()) === 1
      })
      await page.keyboard.press('Control+End')
      expect((await seenRows(page)).at(-1)).toBe(21_233)
      expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('21235')
      await scrollTo(page, 0.5)
      await seenRows(page)
      await page.getByText('21,234 contacts', { exact: true }).waitFor()
    },
  )

  it('moves to its last contact with one key, back with another, and row by row from there', async () => {
    const page = await openBoard()
    const grid = page.getByRole('grid')
    await grid.focus()
    await page.keyboard.press('Control+End')
    expect((await seenRows(page)).at(-1)).toBe(lastRow)
    expect(await grid.getAttribute('aria-activedescendant')).toBe(`cell-${lastRow}-7`)
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(total + 1))
    await page.keyboard.press('PageUp')
    await page.keyboard.press('ArrowUp')
    const active = Number((await grid.getAttribute('aria-activedescendant'))?.split('-')[1])
    expect(active).toBeLessThan(lastRow - 5)
    expect(await seenRows(page)).toContain(active)
    await page.keyboard.press('Control+Home')
    expect((await seenRows(page))[0]).toBe(0)
  })

  it('brings the active row back into view from anywhere, and goes on from there', async () => {
    const page = await openBoard()
    await page.getByRole('grid').focus()
    await page.keyboard.press('ArrowDown')
    await scrollTo(page, 0.4)
    await seenRows(page)
    await page.keyboard.press('ArrowDown')
    expect(await seenRows(page)).toContain(2)
    await scrollTo(page, 0.4)
    const [first = 0] = await seenRows(page)
    await page.locator(`#cell-${first + 3}-0`).click()
    for (let time = 0; time < 3; time += 1) await page.keyboard.press('PageDown')
    const active = Number((await page.getByRole('grid').getAttribute('aria-activedescendant'))?.split('-')[1])
    expect(active).toBeGreaterThan(first + 10)
    expect(active).toBeLessThan(first + 200)
    expect(await seenRows(page)).toContain(active)
  })

  it('moves under the wheel by as many pixels as it turns, in its middle too, and stays where it came to rest', async () => {
    const page = await openBoard()
    await scrollTo(page, 0.6)
    const [before = 0] = await seenRows(page)
    const position = () => page.evaluate<number>(`document.querySelector('[role=grid]').scrollTop`)
    const restedPx = await position()
    const box = await page.getByRole('grid').boundingBox()
    await page.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) + 200)
    await page.mouse.wheel(0, 10 * rowPx)
    await eventually(async () => (await seenRows(page))[0] === before + 10)
    // The scrollbar moves back to the position of the rows among all rows, which is a fraction of a pixel further; the rows do not move.
    await eventually(async () => Math.abs((await position()) - restedPx) < 9 * rowPx)
    expect((await seenRows(page))[0]).toBe(before + 10)
  })
})
