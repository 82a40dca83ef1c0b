import { describe, expect, it } from 'vitest'
import { users } from '../../origin/local/tokens.ts'
import { chromiumPath } from '../support/chromium.ts'
import { useDashboard } from './dashboard-tests.ts'

describe.skipIf(chromiumPath === null)('the notifications of the dashboard', () => {
  const given = useDashboard({ contacts: 2_000 })

  it('say how many are unread, open by keyboard, and are marked as read', async () => {
    await given.stack.sql`
      insert into private.notifications (workspace_id, id, user_id, kind, title)
      select '15213', 'n' || n, ${users.operator}, 'export.finished', 'Your export is ready'
      from generate_series(1, 2) n`
    const { page, seriousFaults } = await given.signedIn()
    const button = page.getByRole('button', { name: 'Notifications 2 unread' })
    await button.press('Enter')
    const list = page.getByRole('list', { name: 'Notifications' })
    await list.waitFor()
    expect(await list.getByRole('listitem').count()).toBe(2)
    expect(await seriousFaults()).toEqual([])
    await page.getByRole('button', { name: 'Mark as read' }).click()
    await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await list.waitFor({ state: 'hidden' })
    // Nothing stays over a view that the user has gone to.
    await page.setViewportSize({ width: 320, height: 700 })
    await page.getByRole('button', { name: 'Notifications', exact: true }).click()
    await list.waitFor()
    const { x, width } = (await list.boundingBox()) ?? { x: -1, width: 0 }
    expect([x >= 0, x + width <= 320]).toEqual([true, true])
    await page.getByRole('main').click({ position: { x: 2, y: 200 } })
    await list.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Notifications', exact: true }).press('Enter')
    await list.waitFor()
    await page.keyboard.press('Shift+Tab')
    await list.waitFor({ state: 'hidden' })
  })
})
