import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useDashboard } from './dashboard-tests.ts'

const deedsOf = (workspaceId: string) => `**/api/admin/workspaces/${workspaceId}/*`

/** The workspaces that a page asked to act on, in order. */
function watchDeeds(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const found = /\/api\/admin\/workspaces\/([^/]+)\/[\w-]+$/.exec(new URL(request.url()).pathname)
    if (found !== null && request.method() === 'POST') asked.push(found[1] ?? '')
  })
  return asked
}

describe.skipIf(chromiumPath === null)('the whole deployment at once', () => {
  const given = useDashboard({ contacts: 500 })

  it('is invalidated, warmed up and tested by an operator, who is asked first and sees each result', async () => {
    const { open, panel, page, seriousFaults } = await given.signedIn()
    await open('Deployment')
    const list = panel('Workspaces')
    const acts = panel('Act on the chosen ones')
    await list.getByText('15214', { exact: true }).waitFor()
    expect(await acts.getByRole('button', { name: 'Warm up' }).isDisabled()).toBe(true)
    const asked = watchDeeds(page)

    await list.getByLabel('Find by name or id').fill('15214')
    await list.getByLabel(/^All found: 1$/).check()
    await list.getByLabel('Find by name or id').fill('')
    await list.getByLabel(/^Reference|15213/).check()
    await acts.getByText('2 workspaces chosen.').waitFor()

    await acts.getByRole('button', { name: 'Test performance' }).click()
    await acts.getByRole('alertdialog').getByText('This makes 2 requests').waitFor()
    expect(asked).toEqual([])
    await page.keyboard.press('Escape')
    expect(await acts.getByRole('alertdialog').count()).toBe(0)

    for (const deed of ['Warm up', 'Test performance', 'Invalidate']) {
      await acts.getByRole('button', { name: deed, exact: true }).click()
      await acts.getByRole('button', { name: `Yes, ${deed.toLowerCase()}` }).click()
      await acts.getByText(`${deed} is done: 2 of 2, 0 refused.`).waitFor()
    }
    expect(asked).toEqual(['15213', '15214', '15213', '15214', '15213', '15214'])
    await list
      .getByText(/tags? moved, version/)
      .first()
      .waitFor()
    await panel('Done lately').getByText('Invalidate').first().waitFor()
    expect(await panel('Done lately').getByRole('listitem').count()).toBeGreaterThanOrEqual(6)
    expect(await seriousFaults()).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await seriousFaults()).toEqual([])
  })

  it('waits when the API says so, shows a refusal with its reason, and can be paused and stopped', async () => {
    const { open, panel, page, seriousFaults } = await given.signedIn({ width: 390, height: 844 })
    const refuse = (status: number, code: string, seconds: string | null) => ({
      status,
      headers: {
        'Content-Type': 'application/json',
        ...(seconds === null ? {} : { 'Retry-After': seconds }),
      },
      body: JSON.stringify({ success: false, error: `Refused as ${code}.`, code, requestId: 'r-1' }),
    })
    let puts = 0
    await page.route(deedsOf('15213'), async (route) => {
      puts += 1
      if (puts === 1) await route.fulfill(refuse(429, 'rate_limited', '1'))
      else await route.fallback()
    })
    await page.route(deedsOf('15214'), (route) => route.fulfill(refuse(403, 'operator_required', null)))
    await open('Deployment')
    const acts = panel('Act on the chosen ones')
    const list = panel('Workspaces')
    await list.getByLabel(/^All: /).check()
    await acts.getByRole('button', { name: 'Invalidate', exact: true }).click()
    await acts.getByRole('button', { name: 'Yes, invalidate' }).click()
    await acts.getByText(/^Invalidate is done: \d+ of \d+, 1 refused\.$/).waitFor()
    expect(puts).toBe(2)
    await list.getByText('Refused as operator_required.').waitFor()
    expect(await seriousFaults()).toEqual([])

    // The first request is held until the run is paused, so that the pause comes between two workspaces.
    await page.unroute(deedsOf('15213'))
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route(deedsOf('15213'), async (route) => {
      await released
      await route.fulfill(refuse(503, 'overloaded', null))
    })
    const asked = watchDeeds(page)
    await acts.getByRole('button', { name: 'Invalidate', exact: true }).click()
    await acts.getByRole('button', { name: 'Yes, invalidate' }).click()
    await eventually(async () => asked.includes('15213'))
    await acts.getByRole('button', { name: 'Pause' }).click()
    release()
    await list.getByText('Refused as overloaded.').waitFor()
    await acts.getByText('Paused. The one under way ends first.').waitFor()
    const before = asked.length
    await acts.getByRole('button', { name: 'Stop' }).click()
    await acts.getByText('Stopped. The rest were not asked.').waitFor()
    expect(asked.length).toBe(before)
  })

  it('is taken off the tiers by an operator, who is asked first; a change is refused if another operator was quicker', async () => {
    const { open, panel, page, seriousFaults } = await given.signedIn()
    await open('Deployment')
    const rollout = panel('Rollout')
    await rollout.getByText('Nobody has changed it yet.').waitFor()
    await rollout.getByRole('radio', { name: 'Percent' }).check()
    await rollout.getByLabel('Percentage of the workspaces').fill('101')
    expect(await rollout.getByRole('button', { name: 'Change', exact: true }).isDisabled()).toBe(true)
    await rollout.getByLabel('Percentage of the workspaces').fill('12.5')
    await rollout.getByText('Single workspaces').click()
    await rollout.getByLabel(/^Always within the percentage/).fill('15213')

    // Somebody else is quicker.
    const theirs = await given.stack.api().post('/api/rollout', { percent: 99 })
    expect(theirs.status).toBe(200)
    await rollout.getByRole('button', { name: 'Change', exact: true }).click()
    await rollout.getByRole('alertdialog').getByText('100 % becomes 12.5 %.').waitFor()
    await rollout.getByRole('button', { name: 'Yes, change' }).click()
    await rollout.getByText(/Somebody else has changed the rollout meanwhile: it is on, at 99 %/).waitFor()
    await rollout.getByRole('button', { name: 'Show theirs' }).click()
    expect(await rollout.getByLabel('Percentage of the workspaces').inputValue()).toBe('99')

    await rollout.getByRole('button', { name: 'Freeze everything' }).click()
    await page.keyboard.press('Escape')
    expect(await rollout.getByRole('alertdialog').count()).toBe(0)
    await rollout.getByRole('button', { name: 'Freeze everything' }).click()
    await rollout.getByRole('button', { name: 'Yes, freeze' }).click()
    await rollout.locator('.state').getByText('Off').waitFor()
    expect(await seriousFaults()).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await seriousFaults()).toEqual([])
    await rollout.getByRole('radio', { name: 'On', exact: true }).check()
    await rollout.getByRole('button', { name: 'Change', exact: true }).click()
    await rollout.getByRole('button', { name: 'Yes, change' }).click()
    await rollout.locator('.state').getByText('On').waitFor()
  })

  it.each(['manager@xenia.example', 'member@boardcache.example'])(
    'is not offered to %s, who is no operator, and the API refuses them too',
    async (email) => {
      const { openByAddress, page } = await given.signedIn({ email })
      await openByAddress('Deployment')
      await page.getByText('Only operators of the deployment can act on all its workspaces.').waitFor()
      expect(await page.getByRole('navigation').getByRole('link', { name: 'Deployment' }).count()).toBe(0)
    },
  )
})
