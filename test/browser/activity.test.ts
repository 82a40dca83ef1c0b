import { describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { accountOf, type DashboardPage, operator } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const member = 'member@boardcache.example'
/** A script of a view may be on its way. */
const patiently = { timeout: 30_000 } as const

describe.skipIf(chromiumPath === null)(
  'the activity, first steps, palette and glossary of the dashboard',
  () => {
    const given = useDashboard({ contacts: 2_000, hasFirstSteps: true })

    const rows = ({ panel }: DashboardPage) =>
      panel('What happened')
        .getByRole('list', { name: /^Activity/ })
        .getByRole('button', { expanded: false })
    const move = (contactId: string) =>
      given.stack.invalidate({
        ...{ workspaceId: '15213', boardId: 'board_123', contactId, action: 'contact_moved' },
        ...{ fromColumnId: 'col_1', toColumnId: 'col_2' },
      })

    it('begin with what to try for an operator, in light and dark', async () => {
      const dashboard = await given.signedIn()
      const { page, panel, seriousFaults } = dashboard
      await page.getByRole('main', { name: 'First steps' }).waitFor()
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      await panel('At the API').getByRole('button', { name: 'Copy the line: Count the contacts' }).click()
      await page.getByText('Copied.', { exact: true }).waitFor({ state: 'attached' })
      const line = String(await page.evaluate('navigator.clipboard.readText()'))
      expect(line).toContain(`"${given.stack.worker}/api/cache-settings/workspace/15213/counts"`)
      await panel('At the API')
        .getByRole('button', { name: /^Copy export TOKEN=/ })
        .click()
      await eventually(async () =>
        String(await page.evaluate('navigator.clipboard.readText()')).startsWith('export TOKEN=ey'),
      )
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await seriousFaults()).toEqual([])
      }
      await page.getByRole('button', { name: 'Do not open this page by itself again' }).click()
      await page.goto(given.stack.worker)
      await page.getByRole('main', { name: 'Live' }).waitFor()
    })

    it('show what moved and what happened, by whom, with tags and version, and lead to what was touched', async () => {
      const dashboard = await given.reloaded()
      const { page, open, panel, seriousFaults } = dashboard
      const { version } = await move('contact_000001')
      await given.stack.api().changeSettings({ features: { search: true } })
      await given.stack.api().changeSettings({ features: { search: false } })
      await open('Activity')
      const list = panel('What happened')
      await list.getByText(/^Version \S+ runs$/).waitFor()
      await list
        .getByText(/Search on → off/)
        .first()
        .waitFor()
      const moved = rows(dashboard).filter({ hasText: 'moved a contact: contact_000001 from col_1 to col_2' })
      await moved.click()
      await list.getByText(String(version)).waitFor()
      await list.getByRole('button', { name: 'Copy contactId' }).waitFor()
      await list
        .getByRole('list', { name: 'Moved tags' })
        .getByText(/of its 16 filters/)
        .first()
        .waitFor()
      expect(await seriousFaults()).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await seriousFaults()).toEqual([])
      const inspect = list.getByRole('link', { name: 'Inspect contact contact_000001' })
      expect(await inspect.getAttribute('href')).toBe('#/inspector/contact?id=contact_000001')
      await list.getByRole('link', { name: /^Board / }).click()
      await page.getByRole('main', { name: 'Board' }).waitFor()
      expect(page.url()).toContain('#/board/board_123')
    })

    it('open a contact that an item names, over a reload too, and say so if it is gone', async () => {
      const { page, open, panel } = await given.reloaded()
      const [found] = await given.stack.sql<{ id: string }[]>`
        select id from contacts where workspace_id = '15213' and board_id = 'board_123' limit 1`
      const { id = '' } = found ?? {}
      for (const contactId of [id, 'contact_gone']) await move(contactId)
      const shown = page.getByRole('complementary')
      for (const [contactId, seen] of [
        [id, shown.getByRole('form', { name: 'Contact' })],
        ['contact_gone', shown.getByText('This workspace has no such contact.')],
      ] as const) {
        await open('Activity')
        const item = panel('What happened').getByRole('button', { name: `moved a contact: ${contactId} ` })
        await item.first().click()
        await panel('What happened').getByRole('link', { name: contactId, exact: true }).click()
        await seen.waitFor()
        expect(new URL(page.url()).hash).toBe(`#/board/board_123?contact=${contactId}`)
        await page.reload()
        await seen.waitFor()
      }
    })

    it('have what an operator does to a workspace once, and show such deeds alone', async () => {
      const { page, open, panel } = await given.reloaded()
      await open('Deployment')
      await panel('Workspaces').getByRole('checkbox', { name: /15214/ }).check()
      await page.getByRole('button', { name: 'Warm up' }).click()
      await page.getByRole('button', { name: 'Yes, warm up' }).click()
      await page.getByText('All of them have an answer.').waitFor()
      await open('Activity')
      await panel('What happened').getByLabel('Kind').selectOption('Operator')
      const deed = panel('What happened').getByText('A warm-up of workspace 15214 was started by you')
      await deed.waitFor()
      expect(await deed.count()).toBe(1)
      const kinds = await panel('What happened').locator('.activity-head .state').allTextContents()
      expect(new Set(kinds)).toEqual(new Set(['Operator']))
      expect(page.url()).toContain('kind=deed')
    })

    it('wait while they are paused and say what came, and are filtered by kind and cause in the address', async () => {
      const dashboard = await given.reloaded()
      const { page, open, panel } = dashboard
      await move('contact_000002')
      await open('Activity')
      const list = panel('What happened')
      await list.getByText('contact_000002').first().waitFor()
      await page.getByRole('button', { name: 'Pause' }).press('Enter')
      await list.getByText('Paused.').waitFor()
      await move('contact_000003')
      await list.getByText(/Paused\. \d+ came meanwhile\./).waitFor()
      expect(await list.getByText('contact_000003').count()).toBe(0)
      await page.getByRole('button', { name: 'Go on' }).press('Enter')
      await list.getByText('contact_000003').first().waitFor()

      await list.getByLabel('Cause').selectOption("The CRM's backend")
      await expect.poll(() => page.url(), patiently).toContain('cause=api')
      await list.getByText('contact_000003').first().waitFor()
      expect(await list.getByText(/^Version \S+ runs$/).count()).toBe(0)
      await list.getByLabel('Kind').selectOption('Deploy')
      await list.getByText('Nothing of this kind can be seen by you.').waitFor()
      await page.goBack()
      await page.reload()
      await list.getByText('contact_000003').first().waitFor()
      await rows(dashboard).first().focus()
      await page.keyboard.press('ArrowDown')
      expect(
        await page.evaluate('document.activeElement === document.querySelectorAll(".activity-head")[1]'),
      ).toBe(true)
    })

    it('page through more items than a page has, and say why if they cannot be loaded', async () => {
      const dashboard = await given.reloaded({ width: 390, height: 844 })
      const { page, open, panel, seriousFaults } = dashboard
      const events = Array.from({ length: 220 }, (_, number) => ({
        ...{
          workspaceId: '15213',
          boardId: 'board_123',
          contactId: `many_${number}`,
          action: 'contact_updated',
        },
      }))
      const headers = {
        Authorization: `Bearer ${given.stack.internalAuthKey}`,
        'Content-Type': 'application/json',
      }
      const body = JSON.stringify({ events })
      await ask(`${given.stack.worker}/api/cache/invalidate`, { method: 'POST', headers, body })
      await open('Activity')
      const list = panel('What happened')
      await list.getByText('many_219').waitFor()
      await list.getByRole('button', { name: 'Look further back' }).click()
      await list.getByText(/1 to 100 of 1\d\d/).waitFor()
      // The button at the end stays in its place while the list is scrolled, so a press meets it.
      const height = () => page.evaluate('document.documentElement.scrollHeight')
      const heightAtFirst = await height()
      await list.getByRole('button', { name: 'Look further back' }).scrollIntoViewIfNeeded()
      await list.locator('li').first().scrollIntoViewIfNeeded()
      expect(await height()).toBe(heightAtFirst)
      // The tabs scroll in a row: the chosen one is in sight, and the row says that there are others.
      const tabs = page.getByRole('navigation', { name: 'Views' })
      await eventually(async () => /^(both|start)$/.test((await tabs.getAttribute('data-more')) ?? ''))
      const chosen = await tabs.getByRole('link', { name: 'Activity' }).boundingBox()
      expect(chosen?.x).toBeGreaterThanOrEqual(0)
      expect((chosen?.x ?? 390) + (chosen?.width ?? 0)).toBeLessThanOrEqual(390)
      await list.getByRole('button', { name: 'Look further back' }).click()
      await list.getByRole('button', { name: 'Older' }).click()
      await list.getByText(/^101 to /).waitFor()
      const isWider = (width: number) => page.evaluate(`document.documentElement.scrollWidth > ${width}`)
      expect(await isWider(390)).toBe(false)
      await page.setViewportSize({ width: 320, height: 844 })
      expect(await isWider(320)).toBe(false)
      await page.route('**/api/activity?*', (route) => route.fulfill({ status: 503, json: unavailable }))
      await list.getByText('Not current: the last look failed.').waitFor()
      await page.reload()
      await list.getByRole('alert').getByText('The ledger of the workspace did not answer.').waitFor()
      expect(await seriousFaults()).toEqual([])
      // It tries again by itself, too.
      await page.unrouteAll()
      await list.getByText('many_219').waitFor()
    })

    it.each([
      { email: operator, role: 'admin of 15213', offers: true, word: 'Clear a Redis database' },
      {
        email: 'manager@xenia.example',
        role: 'admin of 15214',
        offers: true,
        word: 'Invalidate this workspace',
      },
      { email: member, role: 'member of 15213', offers: false, word: 'Warm up this workspace' },
    ])('are reached by $email as far as the role allows, from the palette and the menu', async (user) => {
      const { page, seriousFaults, signOut } = await given.signedIn({ email: user.email })
      await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click()
      await expect
        .poll(() => page.getByRole('navigation').getByRole('link', { name: 'Activity' }).count(), patiently)
        .toBe(user.offers ? 1 : 0)
      await page.keyboard.press('Control+k')
      const palette = page.getByRole('dialog', { name: 'Go to' })
      const field = palette.getByRole('combobox')
      await field.fill(user.word)
      await palette.getByRole('option', { name: user.word }).waitFor()
      expect(await palette.getByRole('option', { name: user.word }).getAttribute('aria-selected')).toBe(
        'true',
      )
      expect(await seriousFaults()).toEqual([])
      await field.fill('zzzz')
      await palette.locator('.palette-none').waitFor()
      await field.fill('ledgr')
      await page.keyboard.press('Enter')
      await page.getByRole('main', { name: 'Glossary' }).waitFor()
      await expect.poll(() => page.evaluate('document.activeElement.id'), patiently).toBe('word-ledger')
      await page.getByLabel('Find a word').fill('no such word at all')
      await page.getByText('There is no such word.').waitFor()
      await page.getByLabel('Find a word').fill('')
      expect(await seriousFaults()).toEqual([])

      await accountOf(page).press('Enter')
      await page.getByText(user.role).waitFor()
      await page.getByRole('link', { name: 'First steps' }).waitFor()
      expect(await page.getByRole('link', { name: 'API documentation' }).getAttribute('href')).toBe('/docs')
      await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark')
      expect(await seriousFaults()).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('combobox', { name: 'Theme' }).waitFor({ state: 'hidden' })
      if (!user.offers) {
        await page.evaluate("location.hash = '#/activity'")
        await page
          .getByText('Only admins of the workspace and operators can see what happened here.')
          .waitFor()
      }
      await signOut()
      await page.getByRole('button', { name: 'Sign in' }).waitFor()
    })
  },
)

const unavailable = {
  success: false,
  error: 'The ledger of the workspace did not answer.',
  code: 'ledger_unavailable',
  requestId: 'r-1',
}
