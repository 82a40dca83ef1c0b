import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import type { DashboardPage, Look } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const member = 'member@boardcache.example'
const admin = 'admin@boardcache.example'
const manager = 'manager@xenia.example'

async function boxOf(place: Locator) {
  await place.waitFor()
  const box = await place.boundingBox()
  if (box === null) throw new Error('it is not in view')
  return box
}

/** Playwright's touchscreen can only tap. */
async function dragByFinger(page: Page, from: Locator, to: Locator): Promise<void> {
  const [start, end] = [await boxOf(from), await boxOf(to)]
  const session = await page.context().newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number, y: number) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  const [x, y] = [start.x + 5, start.y + 5]
  await touch('touchStart', x, y)
  await touch('touchMove', x + 20, y + 20)
  await touch('touchMove', end.x + 80, end.y + 120)
  await touch('touchEnd', 0, 0)
}

describe.skipIf(chromiumPath === null)('a board as columns', () => {
  const given = useDashboard({ contacts: 500 })

  afterEach(async () => {
    await given.stack.sql`delete from role_permissions where workspace_id = '15213'`
  })

  /** Signs in and goes to a place of the board: `board_1?view=columns`. */
  async function openAt(place: string, as: Look & { readonly email?: string } = {}): Promise<DashboardPage> {
    const dashboard = await given.signedIn(as)
    await dashboard.page.waitForURL(/#\/\w/)
    await dashboard.page.evaluate(`location.hash = '#/board/${place}'`)
    await dashboard.page.getByRole('main', { name: 'Board' }).waitFor()
    return dashboard
  }

  const column = (page: Page, id: string) => page.locator(`[data-column="${id}"]`)
  const card = (page: Page, id: string) => page.locator(`[data-contact="${id}"]`)
  const countOf = (page: Page, id: string) =>
    column(page, id).locator('[data-count]').getAttribute('data-count')

  async function columnOf(contactId: string): Promise<string | undefined> {
    const [row] = await given.stack.sql<{ id: string }[]>`
      select board_column_id as id from contacts where workspace_id = '15213' and id = ${contactId}`
    return row?.id
  }

  /** The contacts of each column, as the database has them. */
  async function contactsIn(boardId: string): Promise<Record<string, number>> {
    const rows = await given.stack.sql<{ id: string; count: number }[]>`
      select board_column_id as id, count(*)::integer as count from contacts
      where workspace_id = '15213' and board_id = ${boardId} group by 1`
    return Object.fromEntries(rows.map(({ id, count }) => [id, count]))
  }

  /** The newest contact of a column, which is its first card. */
  async function firstIn(columnId: string, boardId = 'board_123'): Promise<string> {
    const [row] = await given.stack.sql<{ id: string }[]>`
      select id from contacts where workspace_id = '15213' and board_id = ${boardId} and board_column_id = ${columnId}
      order by created_at desc, id desc limit 1`
    return row?.id ?? ''
  }

  async function shows(page: Page, boardId: string): Promise<void> {
    const counts = await contactsIn(boardId)
    await eventually(async () => {
      const shown = await Promise.all(Object.keys(counts).map((id) => countOf(page, id)))
      return shown.join() === Object.values(counts).join()
    })
  }

  it('has exact counts in columns and chips, which change with the database, and survive a reload', async () => {
    const { page, seriousFaults } = await openAt('board_1?view=columns', { width: 1_440 })
    await shows(page, 'board_1')
    const first = await firstIn('col_11', 'board_1')
    await card(page, first).locator('.card-handle').waitFor()
    await page.getByRole('button', { name: 'Saved filters' }).click()
    expect(await seriousFaults()).toEqual([])
    await page.keyboard.press('Escape')
    await given.stack.sql`
      update contacts set board_column_id = 'col_12', status = 'open'
      where workspace_id = '15213' and id = ${first}`
    await column(page, 'col_12').locator(`[data-contact="${first}"]`).waitFor()
    await shows(page, 'board_1')
    // The head says of all columns in view what it says of a list.
    await page.getByText(/^Current as of version \+[\d,]+, [\d.]+ (s|min) ago$/).waitFor()
    await page.context().setOffline(true)
    await page.getByText(/^Offline: as of version \+[\d,]+, /).waitFor()
    await page.context().setOffline(false)
    await page.getByText(/^Current as of version \+[\d,]+, /).waitFor()
    const [found] = await given.stack.sql<{ open: number; all: number }[]>`
      select count(*) filter (where status = 'open')::integer as open, count(*)::integer as all
      from contacts where workspace_id = '15213' and board_id = 'board_1'`
    const chip = (name: string) =>
      page.locator(`[data-filter="${name}"] [data-count]`).getAttribute('data-count')
    await eventually(async () => (await chip('open')) === `${found?.open}`)
    expect(await chip('all')).toBe(`${found?.all}`)
    await page.getByRole('group', { name: 'Filter' }).getByRole('radio', { name: /^Open/ }).check()
    await eventually(
      async () => (await countOf(page, 'col_12')) !== `${(await contactsIn('board_1'))['col_12']}`,
    )
    expect(page.url()).toContain('#/board/board_1?view=columns&filter=open')
    await page.reload()
    await card(page, first).waitFor()
    expect(await page.getByRole('radio', { name: /^Open/ }).isChecked()).toBe(true)
    await page.getByRole('group', { name: 'Shown as' }).getByRole('radio', { name: 'List' }).check()
    await page.locator(`[role=row][data-contact="${first}"]`).click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Copy id' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('menu').count()).toBe(0)
    await page.goBack()
    await column(page, 'col_12').locator(`[data-contact="${first}"]`).waitFor()
  })

  it('moves a card by the pointer at once, in other windows too, and takes a refused move back with its reason', async () => {
    const other = await openAt('board_123?view=columns', { email: member, width: 1_800 })
    const { page } = await openAt('board_123?view=columns', { email: admin, width: 1_800 })
    const id = await firstIn('col_1')
    const drag = async () => {
      const from = await boxOf(card(page, id).locator('.card-name'))
      const to = await boxOf(column(page, 'col_3'))
      await page.mouse.move(from.x + 10, from.y + 8)
      await page.mouse.down()
      await page.mouse.move(from.x + 40, from.y + 30, { steps: 3 })
      await page.mouse.move(to.x + 60, to.y + 200, { steps: 4 })
      await page.locator('.column-target[data-column="col_3"]').waitFor()
      await page.mouse.up()
    }
    await card(page, id).locator('.card-handle').waitFor()
    await page.route(`**/api/contacts/${id}/move`, (route) =>
      route.fulfill({
        status: 403,
        json: { success: false, error: 'Not on a Friday.', code: 'admin_required', requestId: 'r' },
      }),
    )
    await drag()
    await page.getByRole('alert').getByText('Not on a Friday.').waitFor()
    await column(page, 'col_1').locator(`[data-contact="${id}"]`).waitFor()
    expect(await columnOf(id)).toBe('col_1')
    await page.unrouteAll()
    await drag()
    await column(page, 'col_3').locator(`[data-contact="${id}"]`).waitFor()
    await eventually(async () => (await columnOf(id)) === 'col_3')
    await column(other.page, 'col_3').locator(`[data-contact="${id}"]`).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    // A drag is no click: nothing was opened. A click is none of a drag.
    expect(page.url()).not.toContain('contact=')
    await card(page, id).locator('.card-name').click()
    expect(page.url()).toContain(`contact=${id}`)
    await dragByFinger(page, card(page, id).locator('.card-handle'), column(page, 'col_2'))
    await column(other.page, 'col_2').locator(`[data-contact="${id}"]`).waitFor()
    // Beside the open contact there is no room for all columns.
    await page.locator('#contact-panel').getByRole('button', { name: 'Close the contact' }).click()
    await shows(page, 'board_123')
    await shows(other.page, 'board_123')
  })

  it('moves a contact of the list from its menu, by mouse, finger and keys, and takes a refused move back', async () => {
    const { page, seriousFaults } = await openAt('board_123?sort_by=name', { email: admin })
    const row = page.locator('[role=row][data-contact][aria-rowindex="2"]')
    await row.waitFor()
    const id = (await row.getAttribute('data-contact')) ?? ''
    const placeOf = () => row.locator('.cell-column').textContent()
    const place = await placeOf()
    const moves = page.getByRole('menuitem', { name: /^Move to / })
    await page.route(`**/api/contacts/${id}/move`, (route) =>
      route.fulfill({
        status: 403,
        json: { success: false, error: 'Not on a Friday.', code: 'admin_required', requestId: 'r' },
      }),
    )
    await row.hover()
    await row.locator('.row-menu').click()
    await page.getByRole('menuitem', { name: 'Inspect' }).waitFor()
    expect(await page.getByRole('menuitem', { name: `Move to ${place}`, exact: true }).count()).toBe(0)
    await moves.first().click()
    await page.getByRole('alert').getByText('Not on a Friday.').waitFor()
    await eventually(async () => (await placeOf()) === place)
    expect(await seriousFaults()).toEqual([])
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click()
    await page.unrouteAll()
    const open = {
      async finger() {
        const button = await boxOf(row.locator('.row-menu'))
        const session = await page.context().newCDPSession(page)
        const at = { x: button.x + button.width / 2, y: button.y + button.height / 2 }
        await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] })
        await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
      },
      async keys() {
        await page.getByRole('grid', { name: 'Contacts' }).focus()
        await page.keyboard.press('Control+Home')
        await page.keyboard.press('Shift+F10')
      },
    }
    for (const way of ['finger', 'keys'] as const) {
      await open[way]()
      const title = (await moves.first().textContent())?.replace('Move to ', '') ?? ''
      await moves.first().press('Enter')
      await eventually(async () => (await placeOf()) === title)
      await eventually(async () => {
        const [stored] = await given.stack.sql<{ name: string }[]>`
          select name from board_columns where workspace_id = '15213' and board_id = 'board_123'
          and id = ${(await columnOf(id)) ?? ''}`
        return stored?.name === title
      })
      await page.getByText(`is in ${title} now.`).waitFor({ state: 'attached' })
    }
    // A click on the button opens nothing else.
    expect(page.url()).not.toContain('contact=')
    await row.locator('.cell-name').click()
    await page
      .locator('#contact-panel')
      .getByRole('link', { name: /^Inspect/ })
      .click()
    await page.getByRole('main', { name: 'Inspector' }).waitFor()
    expect(page.url()).toContain(`#/inspector/contact?id=${id}`)
  })

  it('moves a card by keys alone, says each step, and the focus follows it', async () => {
    const { page } = await openAt('board_123?view=columns', { email: member, width: 1_000 })
    const id = await firstIn('col_2')
    const grid = (name: string) => column(page, name).getByRole('grid')
    const said = page.locator('.columns-panel > [aria-live]')
    await card(page, id).locator('.card-handle').waitFor()
    await grid('col_2').focus()
    await page.keyboard.press('Space')
    await expect.poll(() => said.textContent()).toMatch(/^Lifted .*, column 2 of 6\./)
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => said.textContent()).toMatch(/^Over .*, column 3 of 6\.$/)
    await page.keyboard.press('Escape')
    await expect.poll(() => said.textContent()).toMatch(/stays in .*\. Nothing was moved\.$/)
    expect(await columnOf(id)).toBe('col_2')
    await page.keyboard.press('Space')
    for (let steps = 0; steps < 4; steps += 1) await page.keyboard.press('ArrowRight')
    await page.locator('.column-target[data-column="col_6"]').waitFor()
    await page.keyboard.press('Enter')
    await eventually(async () => (await columnOf(id)) === 'col_6')
    await expect.poll(() => said.textContent()).toMatch(/ is in .* now\.$/)
    await eventually(async () => {
      const active = await grid('col_6').getAttribute('aria-activedescendant')
      return (await page.locator(`[data-contact="${id}"] #${active}`).count()) === 1
    })
    expect(await page.evaluate('document.activeElement.closest("[data-column]").dataset.column')).toBe(
      'col_6',
    )
    await page.keyboard.press('Enter')
    expect(page.url()).toContain(`contact=${id}`)
  })

  it('has no handles for a member who may not move, whose keys and menu move nothing either', async () => {
    await given.stack.sql`
      insert into role_permissions (workspace_id, role, permission, is_allowed)
      values ('15213', 'member', 'contacts.move', false)`
    const { page, seriousFaults } = await openAt('board_123?view=columns', { email: member, theme: 'dark' })
    await page.getByText('Your role does not let you move contacts').waitFor()
    const id = await firstIn('col_1')
    await card(page, id).locator('.card-menu').click()
    const menu = page.getByRole('menu')
    expect(await menu.getByRole('menuitem').allTextContents()).toEqual(['Open', 'Copy id', 'Copy as curl'])
    expect(await seriousFaults()).toEqual([])
    await page.keyboard.press('Escape')
    await column(page, 'col_1').getByRole('grid').focus()
    await page.keyboard.press('Space')
    expect(await page.locator('.card-handle, .card-carried').count()).toBe(0)
  })

  it('has those columns in the page that are in view, of however many, and the last by one key', async () => {
    await given.stack.sql`insert into boards (workspace_id, id, name) values ('15214', 'board_wide', 'Wide')`
    await given.stack.sql`
      insert into board_columns (workspace_id, board_id, id, name, position)
      select '15214', 'board_wide', 'wide_' || n, 'Stage ' || n, n from generate_series(1, 60) n`
    const { page, seriousFaults } = await openAt('board_wide?view=columns', {
      email: manager,
      width: 320,
      height: 700,
    })
    await column(page, 'wide_1').getByText('No contact is here.').waitFor()
    expect(await page.locator('[data-column]').count()).toBeLessThan(6)
    await column(page, 'wide_1').getByRole('grid').focus()
    await page.keyboard.press('Control+End')
    await column(page, 'wide_60').getByText('No contact is here.').waitFor()
    expect(await page.locator('[data-column]').count()).toBeLessThan(6)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(await seriousFaults()).toEqual([])
  })

  it('exports what is shown, without formulas, and copies ids and requests by keys', async () => {
    const id = await firstIn('col_21', 'board_2')
    await given.stack.sql`
      update contacts set name = '=1+1', status = 'open' where workspace_id = '15213' and id = ${id}`
    const { page } = await openAt('board_2?filter=open&view=columns', { email: member })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await card(page, id).getByText('=1+1').waitFor()
    await page.getByRole('button', { name: 'Export and copy' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Export rows as CSV' }).click(),
    ])
    const [open] = await given.stack.sql<{ count: number }[]>`
      select count(*)::integer as count from contacts
      where workspace_id = '15213' and board_id = 'board_2' and status = 'open'`
    const file = await readFile(await download.path(), 'utf8')
    expect(file.trimEnd().split('\r\n')).toHaveLength(1 + (open?.count ?? 0))
    expect(file).toContain(`"${id}","'=1+1",`)
    await page.getByText(`${open?.count} rows were written.`).waitFor()
    await page.evaluate(`location.hash = '#/board/board_123?view=columns'`)
    await page.route(/cursor=/, () => undefined)
    await page.getByRole('button', { name: 'Export and copy' }).click()
    await page.keyboard.press('Enter')
    await page.getByText(/^100 of \d+ rows$/).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled after 100 rows. No file was made.').waitFor()
    await page.goBack()
    await card(page, id).waitFor()
    const copied = () => page.evaluate<string>('navigator.clipboard.readText()')
    await column(page, 'col_21').getByRole('grid').focus()
    await page.keyboard.press('Shift+F10')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText(`Copied the id ${id}.`).waitFor()
    expect(await copied()).toBe(id)
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Copy as curl' }).press('Enter')
    await page.getByText('Copied the request as curl.').waitFor()
    expect(await copied()).toBe(
      `curl -H "Authorization: Bearer $TOKEN" -H 'X-Workspace-ID: 15213' '${given.stack.worker}/api/contacts/${id}'`,
    )
  })

  it('keeps filters by name for a user and a workspace, to go to, to rename and to remove', async () => {
    const { page } = await openAt('board_1?filter=open&sort_by=name&view=columns', { email: admin })
    const button = page.getByRole('button', { name: /^Saved/ })
    await button.click()
    await page.getByLabel('Name for what is shown').fill('Open by name')
    await page.getByLabel('Name for what is shown').press('Enter')
    await page.getByRole('button', { name: 'Saved: Open by name' }).waitFor()
    await page.evaluate(`location.hash = '#/board'`)
    await page.reload()
    await page.getByRole('button', { name: 'Saved filters' }).click()
    const list = page.getByRole('list', { name: 'Saved filters' })
    await list.getByRole('link', { name: 'Open by name' }).click()
    await page.getByRole('region', { name: 'Columns of Support' }).waitFor()
    expect(page.url()).toContain('#/board/board_1?filter=open&sort_by=name&view=columns')
    await list.getByRole('button', { name: 'Rename' }).click()
    await page.getByLabel('New name of Open by name').fill('Mine')
    await page.keyboard.press('Enter')
    await list.getByRole('link', { name: 'Mine' }).waitFor()
    await list.getByRole('button', { name: 'Remove Mine' }).click()
    await page.getByText('None yet.').waitFor()
  })
})
