import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { type DashboardPage, operator, signOutOf } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

describe.skipIf(chromiumPath === null)('the dashboard in a browser', () => {
  const given = useDashboard({ contacts: 2_000 })

  /** Makes a read in the read panel, and returns what the panel shows: status, source, time. */
  async function read({ panel }: DashboardPage, boardId: string | null = null): Promise<string> {
    const reads = panel('Try a read')
    await reads.getByLabel('Resource').selectOption(boardId === null ? 'contact-counts' : 'contact-list')
    if (boardId !== null) await reads.getByRole('combobox', { name: 'Board' }).fill(boardId)
    const list = reads.locator('[data-reads]')
    const before = Number(await list.getAttribute('data-reads'))
    await reads.getByRole('button', { name: 'Read', exact: true }).click()
    await eventually(async () => Number(await list.getAttribute('data-reads')) > before)
    return (await list.getByRole('listitem').first().textContent()) ?? ''
  }

  it('lets nobody in with a wrong password, and says so', async () => {
    const dashboard = await given.open()
    await dashboard.signIn(operator, 'not the password')
    await dashboard.page
      .getByRole('alert')
      .getByText('The e-mail address or the password is not right.')
      .waitFor()
  })

  it('signs in, keeps the session over a reload, and forgets it when signed out', async () => {
    const { page } = await given.signedIn()
    await page.reload()
    await page.getByRole('navigation').waitFor()
    await signOutOf(page)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate('JSON.stringify({ ...sessionStorage })')).not.toContain('access_token')
  })

  it('shows the sign-in form when the session is no longer valid, and says why', async () => {
    const { page, open } = await given.signedIn()
    await page.route('**/auth/v1/token*', (route) =>
      route.fulfill({
        status: 400,
        headers: { 'Access-Control-Allow-Origin': '*' },
        json: { code: 'refresh_token_not_found', message: 'gone' },
      }),
    )
    await page.route('**/api/cache-settings/**', (route) =>
      route.fulfill({
        status: 401,
        json: {
          success: false,
          error: 'The bearer token has expired.',
          code: 'token_expired',
          requestId: 'r-1',
        },
      }),
    )
    await open('Workspace')
    await page.getByText(/^Your session has ended\. .*Sign in again\.$/).waitFor()
  })

  it('has a refused token renewed once, wherever it was refused, and goes on', async () => {
    const { page } = await given.signedIn()
    // The lists of the sign-in itself must not be those that are refused.
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    const renewals: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('grant_type=refresh_token')) renewals.push(request.url())
    })
    let refusals = 0
    await page.route('**/rest/v1/**', async (route) => {
      if (refusals > 0) return route.continue()
      refusals += 1
      const headers = { 'Access-Control-Allow-Origin': '*' }
      await route.fulfill({ status: 401, headers, json: { code: 'PGRST303', message: 'JWT expired' } })
    })
    const renewal = page.waitForResponse((response) => response.url().includes('grant_type=refresh_token'))
    await page.reload()
    await renewal
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    expect([refusals, renewals.length]).toEqual([1, 1])
  })

  it('replaces a token that cannot be read, or is back at the door with the reason', async () => {
    const { page } = await given.signedIn()
    /** Breaks the session once the page is left, whose own requests would otherwise end it before the next page sees it. */
    const reloadBroken = async (members: string) => {
      await page.evaluate(`addEventListener('pagehide', () => {
        for (const [key, value] of Object.entries(sessionStorage))
          if (key.startsWith('boardcache-session-'))
            sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(value), ...${members} }))
      })`)
      await page.reload()
    }
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    await reloadBroken("{ access_token: 'broken' }")
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    await reloadBroken("{ access_token: 'broken', refresh_token: 'broken' }")
    await page.getByText(/^Your session has ended\. .*Sign in again\.$/).waitFor()
    await given.dashboard.signIn(operator, given.stack.password)
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    await reloadBroken("{ user: 'broken' }")
    await page.getByText('Your session has ended. It could not be read. Sign in again.').waitFor()
    expect(await given.dashboard.seriousFaults()).toEqual([])
  })

  it('opens a view in a new tab that is signed in too, and signs both out together', async () => {
    const { page } = await given.signedIn()
    const [other] = await Promise.all([
      page.context().waitForEvent('page'),
      page
        .getByRole('navigation')
        .getByRole('link', { name: 'Board' })
        .click({ modifiers: ['Control'] }),
    ])
    await other.getByRole('main', { name: 'Board' }).waitFor()
    await page.getByRole('main', { name: 'Live' }).waitFor()
    await signOutOf(other)
    await other.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    const stored = await page.evaluate('JSON.stringify({ ...sessionStorage })')
    expect(stored).not.toContain('access_token')
  })

  it('offers the workspaces that the token names, or else those of the memberships', async () => {
    const workspacesOf = async ({ page }: DashboardPage) => {
      const options = page.getByRole('combobox', { name: 'Workspace' }).getByRole('option')
      await options.first().waitFor({ state: 'attached' })
      return options.allTextContents()
    }
    expect(await workspacesOf(await given.signedIn())).toEqual([
      expect.stringMatching(/^15213 .*\(admin\)/),
      expect.stringMatching(/^15214 .*\(admin\)/),
      expect.stringMatching(/^15215 .*\(member\)/),
    ])
    expect(await workspacesOf(await given.signedIn({ email: 'member@boardcache.example' }))).toEqual([
      expect.stringMatching(/^15213 .*\(member\)/),
    ])
  })

  it('begins with the workspace that the address names, and keeps the one that the user then chooses', async () => {
    const { page } = await given.open()
    await page.goto(`${given.stack.worker}/?workspace=15214#/board`)
    await given.dashboard.signIn(operator, given.stack.password)
    const choice = page.getByRole('combobox', { name: 'Workspace' })
    await page.getByRole('main', { name: 'Board' }).waitFor()
    expect(await choice.inputValue()).toBe('15214')
    await choice.selectOption('15215')
    await page.reload()
    await page.getByRole('main', { name: 'Board' }).waitFor()
    expect(await choice.inputValue()).toBe('15215')
  })

  it('tells a user without any membership that they have none', async () => {
    const { page } = await given.signedIn({ email: 'stranger@boardcache.example' })
    await page
      .getByText(/^You are not a member of any workspace\. .* can add stranger@boardcache\.example;/)
      .waitFor()
  })

  it('switches a feature off, and a read shows it: from the database, until it is on again', async () => {
    const page = await given.signedIn()
    await page.open('Workspace')
    const feature = page.panel('Cache settings').getByRole('switch', { name: 'Contact counts' })
    await feature.click()
    await page.panel('Cache settings').getByText('contact counts off').waitFor()
    await eventually(async () => expect(await read(page)).toContain('BYPASS'))
    expect(await read(page)).toContain('Database')
    await feature.click()
    await page.panel('Cache settings').getByText('contact counts on').waitFor()
    await eventually(async () => expect(await read(page)).toMatch(/HIT/))
  })

  it('saves lifetimes, and shows which values the API refuses', async () => {
    const { open, panel, page } = await given.signedIn()
    await open('Workspace')
    const settings = panel('Cache settings')
    await settings.getByRole('spinbutton', { name: /^Contact lists/ }).fill('240')
    await settings.getByRole('button', { name: 'Save lifetimes' }).click()
    await settings.getByText('contact lists 4 min').waitFor()
    // The browser's own validation would otherwise prevent the request.
    await page.evaluate('document.querySelector(".lifetimes").closest("form").noValidate = true')
    await settings.getByRole('spinbutton', { name: /^Contact lists/ }).fill('5')
    await settings.getByRole('button', { name: 'Save lifetimes' }).click()
    await settings.getByRole('alert').getByText('cacheConfig.contactsTTL').waitFor()
    await page.reload()
    const lifetime = settings.getByRole('spinbutton', { name: /^Contact lists/ })
    await eventually(async () => expect(await lifetime.inputValue()).toBe('240'))
  })

  it('does not take back a lifetime that another page has saved meanwhile, without asking', async () => {
    const first = await given.signedIn({ email: 'admin@boardcache.example' })
    await first.open('Workspace')
    const second = await given.signedIn()
    await second.open('Workspace')
    const settingsOf = ({ panel }: DashboardPage) => panel('Cache settings')
    const lifetime = (page: DashboardPage, name: RegExp) => settingsOf(page).getByRole('spinbutton', { name })
    const save = (page: DashboardPage) =>
      settingsOf(page).getByRole('button', { name: 'Save lifetimes' }).click()
    await lifetime(first, /^Search/).fill('61')
    await save(first)
    await settingsOf(first).getByText('search 61 s').waitFor()
    // Another lifetime of the same form is not taken back, and is shown afterwards.
    await lifetime(second, /^Contact counts/).fill('62')
    await save(second)
    await settingsOf(second).getByText('contact counts 62 s').waitFor()
    await eventually(async () => (await lifetime(second, /^Search/).inputValue()) === '61')
    await lifetime(first, /^Contact counts/).fill('63')
    await save(first)
    await settingsOf(first).getByText('Not saved: somebody else has changed the same').waitFor()
    expect(await lifetime(first, /^Contact counts/).inputValue()).toBe('63')
    expect(await first.seriousFaults()).toEqual([])
    await settingsOf(first).getByRole('button', { name: 'Save mine all the same' }).click()
    await settingsOf(first).getByText('contact counts 63 s').waitFor()
  })

  it('switches the cache off only after a confirmation', async () => {
    const { open, panel, page, seriousFaults } = await given.signedIn()
    await open('Workspace')
    const cache = panel('Cache settings').getByRole('switch', { name: /^Cache/ })
    await cache.click()
    await page.getByRole('alertdialog', { name: 'Switch the cache off?' }).waitFor()
    expect(await seriousFaults()).toEqual([])
    await page.keyboard.press('Escape')
    expect(await cache.isChecked()).toBe(true)
    await cache.click()
    await page.getByRole('button', { name: 'Yes, switch off' }).click()
    await panel('Cache settings').getByText('the cache is off').waitFor()
    await cache.click()
    await panel('Cache settings').getByText('the cache is on').waitFor()
  })

  it('invalidates only after a confirmation, shows what moved, and the next read is a miss', async () => {
    const page = await given.signedIn()
    await page.open('Workspace')
    await eventually(async () => expect(await read(page)).toContain('HIT'))
    const actions = page.panel('Actions')
    await actions.getByRole('button', { name: 'Invalidate' }).click()
    await actions.getByRole('button', { name: 'Yes, invalidate' }).click()
    await actions.getByText(/\d+ tags? moved; the workspace is at version …\d+/).waitFor()
    await eventually(async () => expect(await read(page)).toContain('MISS'))
  })

  it('warms up, and the first page of a board is there', async () => {
    const page = await given.signedIn()
    await page.open('Workspace')
    const actions = page.panel('Actions')
    await actions.getByRole('button', { name: 'Warm up' }).click()
    await actions
      .getByText(/\d+ entries are warm after .*: 3 × contact list, 1 × contact counts, .*1 × dashboard/)
      .waitFor()
    expect(await read(page, 'board_123')).toContain('HIT')
  })

  it('tests the performance, and shows each of the four times', async () => {
    const { open, panel } = await given.signedIn()
    await open('Workspace')
    await panel('Actions').getByRole('button', { name: 'Test performance' }).click()
    const rows = panel('Actions').getByRole('table').getByRole('row')
    await rows.getByText('KV').waitFor()
    const times = await panel('Actions').getByRole('table').locator('tbody tr').allTextContents()
    expect(times).toHaveLength(4)
    for (const time of times) expect(time).toMatch(/[\d.]+ (ms|s)/)
  })

  it('shows a member the settings, and lets only an admin change them', async () => {
    const { open, panel, page } = await given.signedIn({ email: 'member@boardcache.example' })
    await open('Workspace')
    await page.getByText('you are a member').waitFor()
    await panel('Cache settings').getByText('Only an admin of the workspace may change these.').waitFor()
    for (const each of await panel('Cache settings').getByRole('switch').all()) {
      expect(await each.isDisabled()).toBe(true)
    }
    expect(await page.getByRole('button', { name: /Invalidate|Save lifetimes/ }).count()).toBe(0)
  })

  it('waits as long as too many requests ask it to, and says so if that is long', async () => {
    const { page, seriousFaults } = await given.signedIn()
    let refusals = 0
    let waitSeconds = 2
    const refuse = { success: false, error: 'Too many requests. Try again later.', code: 'rate_limited' }
    await page.route('**/api/boards/board_123/contacts*', async (route) => {
      if (refusals > 0) return route.continue()
      refusals += 1
      const headers = { 'Retry-After': String(waitSeconds) }
      await route.fulfill({ status: 429, headers, json: { ...refuse, requestId: 'r-1' } })
    })
    await page.evaluate("location.hash = '#/board/board_123'")
    await page.locator('[data-row="0"][data-contact]').waitFor()
    expect(refusals).toBe(1)
    expect(await page.getByRole('alert').count()).toBe(0)
    refusals = 0
    waitSeconds = 40
    await page.evaluate("location.hash = '#/board/board_123?filter=open'")
    await page
      .getByRole('alert')
      .getByText(/^This page asks again in \d+ s\.$/)
      .waitFor()
    expect(await seriousFaults()).toEqual([])
  })

  it('shows the beginning of a name from right to left, a cut text whole, and claims no order that it lacks', async () => {
    const { page } = await given.signedIn()
    const name = 'عبد الرحمن بن محمد بن خالد الحضرمي التونسي '.repeat(3).trim()
    await page.route('**/api/boards/board_123/contacts*', async (route) => {
      const response = await route.fetch()
      const text = (await response.text()).replace(/"name":"[^"]*"/, `"name":"${name}"`)
      await route.fulfill({ response, body: text })
    })
    await page.evaluate("location.hash = '#/board/board_123'")
    const cell = page.locator('#cell-0-0')
    await cell.getByText(name).waitFor()
    expect(await page.evaluate("getComputedStyle(document.querySelector('#cell-0-0')).direction")).toBe('rtl')
    expect(await cell.getAttribute('title')).toBe(name)
    await page.locator('.grid-whole').getByText(name).waitFor()
    const sorted = page.getByRole('columnheader', { name: 'Created' })
    expect(await sorted.getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('combobox', { name: 'Board', exact: true }).selectOption('All boards')
    await page.getByRole('rowheader').first().getByText('by created, descending').waitFor()
    expect(await sorted.getAttribute('aria-sort')).toBeNull()
  })

  it('explains an answer: the tiers that were read, the stamp and the tags', async () => {
    const { open, panel, page } = await given.signedIn()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/rest/v1/boards*', async (route) => {
      await released
      await route.continue()
    })
    await open('Inspector')
    const board = page.getByRole('combobox', { name: 'Board', exact: true })
    // The boards arrive while somebody is in the field, whose text is theirs.
    await board.focus()
    release()
    await page.locator('datalist option').first().waitFor({ state: 'attached' })
    expect(await board.inputValue()).toBe('')
    await board.fill('board_123')
    await page.getByLabel('Filter').selectOption('unassigned')
    await page.getByRole('button', { name: 'Explain' }).click()
    const explanation = panel('Explanation')
    await explanation.getByText('/api/boards/board_123/contacts?filter=unassigned').waitFor()
    await explanation.getByText('a board or column: unassigned contacts').waitFor()
    await explanation.getByText(/version \+[\d,]+ of ledger/).waitFor()
    expect(await explanation.locator('.waterfall .lane').count()).toBeGreaterThan(0)
  })

  it('explains which tag made an entry outdated, and how long one is good for', async () => {
    const { open, panel, page, seriousFaults } = await given.signedIn()
    await open('Inspector')
    const explanation = panel('Explanation')
    const explain = async (freshness: string) => {
      await page.getByLabel('Freshness').selectOption(freshness)
      await page.getByRole('button', { name: 'Explain' }).click()
    }
    await page.getByRole('combobox', { name: 'Board', exact: true }).fill('board_123')
    await explain('')
    await eventually(async () => {
      await explain('')
      return /good for \d+ s more/.test((await explanation.locator('.verdict').textContent()) ?? '')
    })
    await given.stack.invalidate({
      workspaceId: '15213',
      boardId: 'board_123',
      action: 'board_updated',
    })
    await explain('no-cache')
    const held = explanation.locator('.lane-guilt').first()
    await held.getByText('Outdated by').first().waitFor()
    await held
      .getByText(/a board or column: .*, moved at version/)
      .first()
      .waitFor()
    expect(await held.locator('data').last().getAttribute('title')).toMatch(/^Version \d+$/)
    expect(await seriousFaults()).toEqual([])
  })

  it('lets only an admin explain an answer, and says so to a member', async () => {
    const { openByAddress, page } = await given.signedIn({ email: 'member@boardcache.example' })
    await openByAddress('Inspector')
    await page.getByText('Only an admin of the workspace can see').waitFor()
    expect(await page.getByRole('button', { name: 'Explain' }).count()).toBe(0)
  })

  it("shows the API's own sentence for a question that it refuses", async () => {
    const { open, panel, page } = await given.signedIn()
    await open('Inspector')
    await page.getByLabel('Per page').fill('1000')
    await page.getByRole('button', { name: 'Explain' }).click()
    const alert = panel('Explanation').getByRole('alert')
    await alert.getByText('A parameter of the request is not valid.').waitFor()
    await alert.getByText('per_page').waitFor()
  })
})
