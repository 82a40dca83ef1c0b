import { describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import type { DashboardPage } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const search = 'zebrafinch'

describe.skipIf(chromiumPath === null)('the causes of figures in a browser', () => {
  const given = useDashboard({ contacts: 2_000 })

  async function read(): Promise<void> {
    const api = given.stack.api()
    for (let time = 0; time < 3; time += 1) await api.page('board_123', 'filter=open')
    await api.page('board_123', `search=${search}`)
    await ask(`${given.stack.worker}/api/cache-settings/workspace/15214/counts`, {
      headers: { Authorization: `Bearer ${given.stack.tokens.otherAdmin}`, 'X-Workspace-ID': '15214' },
    })
  }

  const text = ({ panel }: DashboardPage, title: string) => panel(title).innerText()
  const fits = ({ page }: DashboardPage) =>
    page.evaluate('document.documentElement.scrollWidth <= innerWidth')

  it('lead an operator from a figure to resource, route, board, key and workspace', async () => {
    await read()
    const dashboard = await given.reloaded()
    const { page, panel, seriousFaults } = dashboard
    await page.getByRole('link', { name: 'Misses by resource' }).click()
    await page.getByRole('main', { name: 'Causes' }).waitFor()
    expect(page.url()).toMatch(/#\/causes\?by=resource&sort=misses$/)
    const breakdown = panel('Breakdown')
    // The page reads the hours again each minute, and a reload does so at once.
    await eventually(async () => {
      if (/Contact list/.test(await breakdown.innerText())) return true
      await page.reload()
      await breakdown.getByRole('combobox', { name: 'Order' }).waitFor()
      return false
    })
    expect(await breakdown.getByRole('combobox', { name: 'Order' }).inputValue()).toBe('misses')
    await breakdown.getByText('Route', { exact: true }).click()
    await breakdown.getByRole('rowheader', { name: '/api/boards/{boardId}/contacts' }).waitFor()
    await panel('Hottest keys').getByText('with search').first().waitFor()
    await panel('Workspaces with the most misses').getByText('15213').first().waitFor()
    expect(await page.getByRole('main').innerText()).not.toContain(search)
    expect(await seriousFaults()).toEqual([])

    await breakdown.getByText('Board', { exact: true }).click()
    await breakdown.getByRole('textbox', { name: 'Board' }).fill('board_123')
    await breakdown.getByRole('button', { name: 'Show' }).click()
    await page.waitForURL(/board=board_123/)
    await breakdown.getByLabel('Board board_123').getByText('Hit rate').waitFor()
    const list = breakdown.getByRole('row', { name: /board_123/ }).getByRole('link', { name: 'Contact list' })
    expect(await list.getAttribute('href')).toBe('#/inspector/contact-list?boardId=board_123')
    await breakdown.getByRole('textbox', { name: 'Board' }).fill('board_none')
    await breakdown.getByRole('button', { name: 'Show' }).click()
    await breakdown.getByText('Board board_none was not read, last 24 hours.').waitFor()
    expect(await text(dashboard, `Reads of ${await ownName(dashboard)}`)).toContain('Hit rate')

    await panel('Hottest keys').getByRole('link', { name: 'Contact list' }).first().click()
    await page.getByRole('main', { name: 'Inspector' }).waitFor()
  })

  it('fit a phone in the dark, without a finding of axe', async () => {
    const dashboard = await given.reloaded({ width: 320, theme: 'dark' })
    await dashboard.openByAddress('Causes')
    await dashboard.panel('Hottest keys').getByRole('table').waitFor()
    expect(await fits(dashboard)).toBe(true)
    expect(await dashboard.seriousFaults()).toEqual([])
  })

  it('have hours, marks and standings beside them in the live view', async () => {
    await read()
    const { page, panel, seriousFaults } = await given.reloaded()
    const heads = page.locator('.heads')
    await expect
      .poll(() => heads.textContent(), { timeout: 30_000 })
      .toMatch(/(ok, alerts|critical:|warning:) below/)
    await page.getByText('24 h', { exact: true }).click()
    await page.waitForURL(/range=24h/)
    await page.getByText('A point is an hour').waitFor()
    const canvas = panel('Requests').locator('.canvas')
    await expect.poll(async () => Number(await canvas.getAttribute('data-points'))).toBeGreaterThan(0)
    const mark = panel('Requests').getByRole('button', { name: /version .+ first seen/ })
    await mark.first().focus()
    await panel('Requests').locator('.plot-tip').waitFor()
    expect(await seriousFaults()).toEqual([])
    await page.reload()
    await page.getByText('A point is an hour').waitFor()
    await panel('Requests')
      .getByRole('button', { name: /first seen/ })
      .first()
      .press('Enter')
    await page.waitForURL(/from=\d+&to=\d+/)
    await page.getByRole('button', { name: 'Reset zoom' }).click()
    await page.waitForURL(/range=1h/)
    expect(await page.getByText('A point is an hour').count()).toBe(0)
  })

  it('show an admin of another workspace its own reads, and nothing of others', async () => {
    await read()
    const dashboard = await given.signedIn({ email: 'manager@xenia.example', theme: 'dark' })
    const { page, seriousFaults } = dashboard
    await dashboard.open('Causes')
    await page.getByRole('rowheader', { name: 'Contact counts' }).waitFor()
    const shown = await page.getByRole('main').innerText()
    expect(shown).toMatch(/Reads of Ξένια/)
    expect(shown).not.toMatch(/Hottest keys|15213|board_123/)
    expect(await seriousFaults()).toEqual([])
    const { worker, tokens } = given.stack
    const statusOf = async (path: string, token: string, workspaceId: string) =>
      (
        await ask(`${worker}${path}`, {
          headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId },
        })
      ).status
    expect(await statusOf('/api/monitoring/hottest', tokens.otherAdmin, '15214')).toBe(403)
    expect(await statusOf('/api/workspace/statistics', tokens.otherAdmin, '15213')).toBe(403)
    expect(await statusOf('/api/workspace/statistics', tokens.member, '15213')).toBe(403)
  })

  it('say to a member who sees them', async () => {
    const dashboard = await given.signedIn({ email: 'member@boardcache.example' })
    await dashboard.openByAddress('Causes')
    await dashboard.page.getByText('Only operators and the admins of the workspace see').waitFor()
    expect(await dashboard.page.getByRole('alert').count()).toBe(0)
  })
})

/** The name of the workspace that is shown. */
async function ownName({ page }: DashboardPage): Promise<string> {
  const [, name = ''] = (await page.title()).split(' · ')
  return name
}
