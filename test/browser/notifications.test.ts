import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { useDashboard } from './dashboard-tests.ts'

describe.skipIf(chromiumPath === null)('the notifications of the dashboard', () => {
  const given = useDashboard({ contacts: 2_000 })

  it('say how many are unread, open by keyboard, and are marked as read', async () => {
    await given.stack.sql`
      insert into private.notifications (workspace_id, id, user_id, kind, title)
      select m.workspace_id, 'n' || n, m.user_id, 'export.finished', 'Your export is ready'
      from public.memberships m, generate_series(1, 2) n
      where m.workspace_id = '15213' and m.role = 'admin'`
    const { page, seriousFaults } = await given.signedIn()
    const button = page.getByRole('button', { name: 'Notifications, 2 unread' })
    await button.press('Enter')
    const list = page.getByRole('list', { name: 'Notifications' })
    await list.waitFor()
    expect(await list.getByRole('listitem').count()).toBe(2)
    expect(await seriousFaults()).toEqual([])
    await page.getByRole('button', { name: 'Mark as read' }).click()
    await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await list.waitFor({ state: 'hidden' })
  })
})
