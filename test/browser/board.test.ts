import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useDashboard } from './dashboard-tests.ts'

describe.skipIf(chromiumPath === null)('the contact board', () => {
  const given = useDashboard({})
  const lastRow = 191_662

  async function openBoard() {
    const { open, page } = await given.signedIn()
    await open('Board')
    await page.getByRole('grid').waitFor()
    return page
  }

  /** The contact whose row this is, once its page is there. */
  const contactOn = (row: number) =>
    given.dashboard.page.locator(`[data-row="${row}"][data-contact]`).getAttribute('data-contact')

  const scrollTo = (row: number) =>
    given.dashboard.page.evaluate(`document.querySelector('[role=grid]').scrollTop = ${34 * row}`)

  it('reaches the last of 191,663 contacts by one key, with some rows in the page at any time', async () => {
    const page = await openBoard()
    await page.getByText('191,663 contacts').waitFor()
    await page.getByRole('grid').focus()
    await page.keyboard.press('Control+End')
    const last = await contactOn(lastRow)
    const [row] = await given.stack.sql<{ id: string }[]>`
      select id from contacts where workspace_id = '15213' and board_id = 'board_2'
      order by created_at, id limit 1`
    expect(last).toBe(row?.id)
    expect(await page.locator('[data-row]').count()).toBeLessThan(80)
  })

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
    await contactOn(lastRow)
    expect(asked.length).toBeLessThan(40)
  })

  it('cancels a page that is scrolled past before it arrived', async () => {
    const page = await openBoard()
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    await page.route(/contacts\?page=5&/, async (route) => {
      await held
      await route.continue().catch(() => undefined)
    })
    const given = page.waitForEvent('requestfailed', (request) => request.url().includes('page=5&'))
    await Promise.all([page.waitForRequest(/contacts\?page=5&/), scrollTo(450)])
    await scrollTo(5_000)
    expect((await given).failure()?.errorText).toContain('ABORTED')
    release()
    await contactOn(5_000)
  })

  it('lists the boards one after the other, each below a heading that says its order', async () => {
    const page = await openBoard()
    await contactOn(0)
    const headings = page.getByRole('rowheader')
    const boards = await given.stack.sql<{ name: string; count: string }[]>`
      select name, (select to_char(count(*), 'FM999,999,999') from contacts c
        where c.workspace_id = b.workspace_id and c.board_id = b.id) as count
      from boards b where workspace_id = '15213' order by id`
    const textOf = (at: number) =>
      `${boards[at]?.name} · ${boards[at]?.count} contacts · by created, descending`
    expect(await headings.first().textContent()).toBe(textOf(0))
    expect(await page.locator('[aria-sort]').count()).toBe(0)
    await page.getByRole('grid').focus()
    await page.keyboard.press('Control+End')
    await contactOn(lastRow)
    await page.getByRole('combobox', { name: 'Board', exact: true }).selectOption('board_2')
    await contactOn(0)
    expect(await headings.count()).toBe(0)
    expect(await page.locator('[aria-sort="descending"]').textContent()).toMatch(/^Created/)
  })

  it('filters, searches, takes a column, and sorts', async () => {
    const page = await openBoard()
    const count = page.getByText(/^[\d,]+ contacts$/)
    await page.locator('[data-filter="open"] input').check()
    await expect.poll(() => count.textContent()).toBe('14 contacts')
    await page.locator('[data-filter="all"] input').check()
    await page.getByRole('combobox', { name: 'Board', exact: true }).selectOption('board_1')
    await page.getByRole('combobox', { name: 'Column' }).selectOption('col_11')
    const [inColumn] = await given.stack.sql<{ count: number }[]>`
      select count(*)::int as count from contacts
      where workspace_id = '15213' and board_id = 'board_1' and board_column_id = 'col_11'`
    await expect.poll(() => count.textContent()).toBe(`${inColumn?.count.toLocaleString('en')} contacts`)
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    const [first] = await given.stack.sql<{ id: string }[]>`
      select id from contacts
      where workspace_id = '15213' and board_id = 'board_1' and board_column_id = 'col_11'
      order by name, id limit 1`
    await eventually(async () => (await contactOn(0)) === first?.id)
    await page.getByRole('searchbox').fill('surely nobody is called this')
    await page.getByText('No contact matches.').waitFor()
  })

  it('keeps board, filter, search and order in the address, over a reload, back and in another browser', async () => {
    const page = await openBoard()
    await page.getByRole('combobox', { name: 'Board', exact: true }).selectOption('board_1')
    await page.locator('[data-filter="open"] input').check()
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    await page.getByRole('searchbox').pressSequentially('schmidt')
    const shared = page.url()
    expect(new URL(shared).search).toBe('?workspace=15213')
    expect(new URL(shared).hash).toBe(
      '#/board/board_1?filter=open&sort_by=name&sort_order=asc&search=schmidt',
    )
    const shown = async (here = page) => ({
      board: await here.getByRole('combobox', { name: 'Board', exact: true }).inputValue(),
      filter: await here.locator('[data-filter]:has(:checked)').getAttribute('data-filter'),
      search: await here.getByRole('searchbox').inputValue(),
      sort: await here.getByRole('combobox', { name: 'Sort by' }).inputValue(),
    })
    const all = { board: 'board_1', filter: 'open', search: 'schmidt', sort: 'name' }
    expect(await shown()).toEqual(all)
    await page.reload()
    await page.getByRole('searchbox').waitFor()
    expect(await shown()).toEqual(all)
    await page.goBack()
    expect(await shown()).toEqual({ ...all, search: '', sort: 'created_at' })
    await page.goBack()
    expect(await shown()).toEqual({ board: 'board_1', filter: 'all', search: '', sort: 'created_at' })
    const other = await given.open()
    await other.page.goto(shared)
    await other.signIn('member@boardcache.example', given.stack.password)
    await other.page.getByRole('searchbox').waitFor()
    expect(await shown(other.page)).toEqual(all)
  })

  it('moves from cell to cell by keys, and announces the position to a screen reader', async () => {
    const page = await openBoard()
    const grid = page.getByRole('grid')
    const active = () => grid.getAttribute('aria-activedescendant')
    await grid.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    expect(await active()).toBe('cell-1-1')
    await page.keyboard.press('PageDown')
    await page.keyboard.press('Home')
    const row = Number((await active())?.split('-')[1])
    expect(row).toBeGreaterThan(5)
    await page.locator(`#cell-${row}-0`).waitFor()
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(191_663 + 3 + 1))
  })
})
