import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { accountOf, type DashboardPage, operator } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'
import { addresses, faultsOf, narrowest, viewNames, widthWithPartsAway } from './view-states.ts'

const views = ['Live', 'Board', 'Mail', 'Queues', 'Workspace', 'Inspector', 'Activity', 'Deployment'] as const
/** Those that the navigation offers to operators. The causes have tests of their own. */
const offeredToOperators = ['Live', 'Causes', ...views.slice(1)] as const

describe.skipIf(chromiumPath === null)('the dashboard in a browser', () => {
  const given = useDashboard({ contacts: 2_000 })

  /** Opens a view, with everything it loads by itself and with the result of its main action. */
  async function show(page: DashboardPage, view: (typeof views)[number]) {
    await page.open(view)
    if (view === 'Live') {
      await page.panel('Tiers and breakers').getByRole('rowheader', { name: 'Redis' }).waitFor()
      await page.panel('Requests').locator('canvas').waitFor()
    } else if (view === 'Board') await page.page.locator('[data-row="0"][data-contact]').waitFor()
    else if (view === 'Mail') {
      await page.panel('The last 24 hours').getByText('Received').waitFor()
      await page.panel('Limits of senders').getByRole('button', { name: 'Save limits' }).waitFor()
    } else if (view === 'Queues') {
      await page.panel('All queues').getByRole('rowheader', { name: 'webhooks' }).waitFor()
      await page.panel('Jobs of messages').getByText('No job has failed.').waitFor()
    } else if (view === 'Workspace') {
      await page.panel('Actions').getByRole('button', { name: 'Test performance' }).click()
      await page.panel('Actions').getByRole('table').waitFor()
      await page.panel('Cache settings').getByRole('switch').first().waitFor()
    } else if (view === 'Deployment') {
      await page.panel('Workspaces').getByText('15214', { exact: true }).waitFor()
      await page.panel('Done lately').getByText('Nothing yet.').waitFor()
    } else if (view === 'Activity') {
      await page.panel('What happened').getByRole('listitem').first().waitFor()
    } else {
      await page.page.getByRole('button', { name: 'Explain' }).click()
      await page.panel('Explanation').getByText('Judged by').waitFor()
    }
  }

  it('shows live figures, and its plots move under load', async () => {
    const { panel, page } = await given.signedIn()
    const plot = panel('Requests')
    await plot.locator('canvas').waitFor()
    const picture = () => page.evaluate('document.querySelectorAll(".plot canvas")[1].toDataURL()')
    const before = await picture()
    const latest = async () => {
      const label = (await plot.getByRole('img').getAttribute('aria-label')) ?? ''
      return Number.parseFloat(/latest: Requests (\d[\d.]*)/.exec(label)?.[1] ?? '0')
    }
    const api = given.stack.api()
    await eventually(
      async () => {
        await Promise.all([1, 2, 3, 4].map((number) => api.page('board_123', `page=${number}`)))
        return (await latest()) > 0 && (await picture()) !== before
      },
      { deadlineMs: 30_000 },
    )
    await panel('Where answers come from').getByText('Memory').waitFor()
    await expect.poll(() => page.locator('.heads').textContent()).toMatch(/Hit rate[\d.]+ %/)
  })

  it('shows the values under the pointer in every plot, and the range that is marked, typed or remembered', async () => {
    const { page, panel, seriousFaults } = await given.signedIn()
    const plot = panel('Requests')
    await plot.locator('canvas').waitFor()
    const legend = plot.locator('.legend')
    const points = async (of = plot) => Number(await of.locator('.canvas').getAttribute('data-points'))
    await eventually(async () => (await points()) > 3)
    expect(await legend.textContent()).toMatch(/^Latest/)
    const over = await plot.locator('.u-over').boundingBox()
    if (over === null) throw new Error('the plot is not shown')
    await page.mouse.move(over.x + over.width * 0.6, over.y + over.height / 2)
    await expect
      .poll(() => legend.textContent())
      .toMatch(/^\d\d:\d\d:\d\dRequests [\d.]+4xx [\d.]+5xx [\d.]+$/)
    await expect.poll(() => panel('Latency').locator('.legend').textContent()).toMatch(/^\d\d:/)
    await page.mouse.down()
    await page.mouse.move(over.x + over.width * 0.9, over.y + over.height / 2)
    await page.mouse.up()
    await page.waitForURL(/from=\d+&to=\d+/)
    const shown = page.url()
    await page.reload()
    await page.getByRole('textbox', { name: 'From' }).or(page.locator('input[name="from"]')).first().waitFor()
    expect(page.url()).toBe(shown)
    await page.locator('input[name="from"]').fill('2026-01-01T10:00:00')
    await page.locator('input[name="to"]').fill('2026-01-01T09:00:00')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('The end must be at least half a minute after the beginning.').waitFor()
    expect(await seriousFaults()).toEqual([])
    await page.getByText('15 min', { exact: true }).click()
    await page.waitForURL(/#\/live\?range=15min$/)
    await page.goto(`${given.stack.worker}/`)
    await plot.locator('canvas').waitFor()
    expect(await page.getByRole('radio', { name: '15 min' }).isChecked()).toBe(true)
  })

  it('says refusals and failures apart, and names the percentiles of the last minute', async () => {
    const { page } = await given.signedIn()
    await given.stack.api().page('board_123', 'page=1')
    await page.getByText('Hit rate', { exact: true }).first().waitFor()
    await eventually(async () => {
      await ask(`${given.stack.worker}/api/contacts/contact_none`, {
        headers: { Authorization: `Bearer ${given.stack.tokens.admin}`, 'X-Workspace-ID': '15213' },
      })
      return /Errors \(5xx\)0\s*[1-9]\d* reads? with 4xx/.test(
        (await page.locator('.heads').textContent()) ?? '',
      )
    })
    await expect
      .poll(() => page.locator('.heads').textContent(), { timeout: 20_000 })
      .toMatch(/p50[\d.]+ m?slast minute.*p95[\d.]+ m?slast minute.*p99[\d.]+ m?slast minute/)
  })

  it.each([
    { width: 1_280, height: 900 },
    { width: 390, height: 844 },
  ])('moves nothing that is already there while it is loading: %o', async (look) => {
    const { page } = await given.signedIn(look)
    await page.waitForURL(/#\/live/)
    await page.addInitScript(`globalThis.shifts = []
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries())
          globalThis.shifts.push([value, sources.map(({ node }) => node?.className ?? node?.nodeName).join(' ')])
      }).observe({ type: 'layout-shift', buffered: true })`)
    for (const view of viewNames) {
      await page.evaluate(`location.hash = ${JSON.stringify(addresses[view])}`)
      await page.reload()
      await page.getByRole('main', { name: view }).waitFor()
      await page.locator('.waiting').first().waitFor({ state: 'detached' })
      if (view === 'Live') await page.locator('.plot canvas').first().waitFor()
      const shifts = z
        .array(z.tuple([z.number(), z.string()]))
        .parse(await page.evaluate('globalThis.shifts'))
      const sum = shifts.reduce((total, [value]) => total + value, 0)
      expect(sum, `${view}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(0.02)
    }
  })

  it('draws its plots in the colours of the theme, as soon as that is chosen', async () => {
    const { panel, page } = await given.signedIn({ theme: 'light' })
    await panel('Requests').locator('canvas').waitFor()
    /** Whether any pixel of a plot has this colour, which is that of the lines behind its figures. */
    const has = (red: number, green: number, blue: number) =>
      page.evaluate(`[...document.querySelectorAll('.plot canvas')].some((canvas) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
        copy.drawImage(canvas, 0, 0)
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
        for (let at = 0; at < data.length; at += 4)
          if (data[at] === ${red} && data[at + 1] === ${green} && data[at + 2] === ${blue} && data[at + 3] === 255) return true
        return false
      })`)
    await eventually(() => has(223, 228, 232))
    await accountOf(page).click()
    await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark')
    await eventually(async () => (await has(38, 48, 58)) && !(await has(223, 228, 232)))
  })

  it('shows a tier that is away, and its breaker', async () => {
    const { panel } = await given.signedIn()
    const redis = panel('Tiers and breakers').getByRole('row', { name: /^Redis/ })
    await redis.waitFor()
    await given.stack.pieces.redis?.stop()
    try {
      const api = given.stack.api()
      let page = 10
      await eventually(
        async () => {
          page += 1
          await api.page('board_123', `page=${page % 19}&per_page=${10 + (page % 80)}`)
          expect(await redis.textContent()).toMatch(/(failing|away).*open/)
        },
        { deadlineMs: 40_000 },
      )
    } finally {
      await given.stack.pieces.redis?.start()
    }
  })

  it('says that the connection was lost, and continues where it was interrupted', async () => {
    const { page, panel } = await given.signedIn()
    await panel('Requests').locator('canvas').waitFor()
    await page.route('**/api/monitoring/stream', (route) => route.abort())
    await given.stack.pieces.worker.stop()
    await page.getByText('Reconnecting.').waitFor()
    await page.setViewportSize(narrowest)
    expect(await faultsOf(page, 'Live, without a connection')).toEqual([])
    await given.stack.pieces.worker.start()
    await page.unroute('**/api/monitoring/stream')
    await page.getByText('Reconnecting.').waitFor({ state: 'detached', timeout: 40_000 })
  })

  it('shows a view whose script could not be loaded once the network is back, and the others meanwhile', async () => {
    const { page, open, expectComplaints, seriousFaults } = await given.signedIn()
    expectComplaints(/preload assets/)
    await page.getByText('Hit rate', { exact: true }).first().waitFor()
    await page.context().setOffline(true)
    await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click()
    const notice = page.getByRole('alert').filter({ hasText: 'the board could not be loaded' })
    await notice.waitFor()
    expect(await seriousFaults()).toEqual([])
    await page.getByRole('navigation').getByRole('link', { name: 'Live' }).click()
    await page.getByText('Hit rate', { exact: true }).first().waitFor()
    await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click()
    await notice.waitFor()
    await page.context().setOffline(false)
    await page.locator('[data-row="0"][data-contact]').waitFor()
    await open('Live')
  })

  it('offers to reload when its scripts have been replaced by a newer version', async () => {
    const { page } = await given.signedIn()
    await page.getByText('Hit rate', { exact: true }).first().waitFor()
    await page.route('**/dashboard/board-view*', (route) =>
      route.fulfill({ status: 404, json: { success: false } }),
    )
    const newer = '<!doctype html><script type="module" src="/dashboard/index-newer.js"></script>'
    const isPage = (url: URL) => url.pathname === '/'
    await page.route(isPage, (route) => route.fulfill({ contentType: 'text/html', body: newer }))
    await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click()
    await page.getByText('A new version of the dashboard is there').waitFor()
    await page.unroute(isPage)
    await page.unroute('**/dashboard/board-view*')
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.locator('[data-row="0"][data-contact]').waitFor()
  })

  it('confines an error of a view to that view, which can be shown again', async () => {
    const { page, open, expectComplaints, seriousFaults } = await given.signedIn()
    expectComplaints(/dates are broken/)
    await page.evaluate(`globalThis.format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format')
      Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
        configurable: true,
        get() { throw new Error('dates are broken') },
      })`)
    await open('Board')
    await page.getByText('An error of this page has ended this view').waitFor()
    expect(await seriousFaults()).toEqual([])
    await page.evaluate("Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', globalThis.format)")
    await page.getByRole('button', { name: 'Show it again' }).click()
    await page.locator('[data-row="0"][data-contact]').waitFor()
  })

  it('tells a member who sees live figures, which is no error', async () => {
    const { page, openByAddress } = await given.signedIn({ email: 'member@boardcache.example' })
    await openByAddress('Live')
    await page.getByText('Only operators see live figures and alerts.').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it.each([
    { email: operator, first: 'Live', offered: [...offeredToOperators] },
    { email: 'admin@boardcache.example', first: 'Live', offered: [...offeredToOperators] },
    {
      email: 'manager@xenia.example',
      first: 'Board',
      offered: ['Causes', 'Board', 'Mail', 'Queues', 'Workspace', 'Inspector', 'Activity'],
    },
    { email: 'member@boardcache.example', first: 'Board', offered: ['Board', 'Workspace'] },
    { email: 'reception@xenia.example', first: 'Board', offered: ['Board', 'Workspace'] },
  ])('lands $email where they may be, and offers nothing that they may not see', async (user) => {
    const { page, seriousFaults } = await given.signedIn({ email: user.email })
    await page.getByRole('main', { name: user.first }).waitFor()
    const offered = () => page.getByRole('navigation').getByRole('link').allTextContents()
    await expect.poll(offered, { timeout: 20_000 }).toEqual(user.offered)
    for (const view of user.offered) {
      await page.getByRole('navigation').getByRole('link', { name: view }).click()
      await page.getByRole('main', { name: view }).waitFor()
      await expect.poll(() => page.title()).toMatch(new RegExp(`^${view} · .+ · Boardcache$`))
      await page.locator('.waiting').first().waitFor({ state: 'detached' })
      expect(await page.getByRole('alert').count()).toBe(0)
    }
    expect(await seriousFaults()).toEqual([])
  })

  it('says that there is nothing at an address that it does not know, and where to go instead', async () => {
    const { page, seriousFaults } = await given.open()
    await page.goto(`${given.stack.worker}/?workspace=99999#/bored/there`)
    await given.dashboard.signIn('member@boardcache.example', given.stack.password)
    await page.getByRole('main', { name: 'Not found' }).waitFor()
    await page.getByText('The address names workspace 99999, which you are not a member of.').waitFor()
    expect(await page.title()).toMatch(/^Not found · /)
    expect(await seriousFaults()).toEqual([])
    await page.getByRole('main').getByRole('link', { name: 'Board' }).click()
    await page.locator('[data-row="0"][data-contact]').waitFor()
    await page.evaluate("location.hash = '#/board/no-such-board'")
    await page.getByText('This workspace has no board no-such-board.').waitFor()
  })

  describe.each(['light', 'dark'] as const)('in %s', (theme) => {
    it('has nothing that axe calls serious or critical in any view', async () => {
      const page = await given.reloaded({ theme })
      const faults: string[] = []
      for (const view of views) {
        await show(page, view)
        faults.push(...(await page.seriousFaults()).map((fault) => `${view}: ${fault}`))
      }
      expect(faults).toEqual([])
    })

    it('has nothing that axe calls serious or critical: the sign-in form', async () => {
      const dashboard = await given.open({ theme })
      await dashboard.signIn(operator, 'not the password')
      await dashboard.page.getByRole('alert').waitFor()
      expect(await dashboard.seriousFaults()).toEqual([])
    })
  })

  it('fits into 390 and 320 pixels without scrolling sideways in any view', async () => {
    const page = await given.reloaded({ width: 390, height: 844 })
    const wide: string[] = []
    for (const view of views) {
      await page.page.setViewportSize({ width: 390, height: 844 })
      await show(page, view)
      for (const width of [390, 320]) {
        await page.page.setViewportSize({ width, height: 844 })
        const shown = await page.page.evaluate('document.documentElement.scrollWidth')
        if (shown !== width) wide.push(`${view}: ${shown} of ${width}`)
      }
    }
    await show(page, 'Live')
    expect(await page.page.evaluate(widthWithPartsAway)).toBe(320)
    expect(wide).toEqual([])
  })

  it('gets the page with a strict policy, and everything else as JSON', async () => {
    await given.open()
    const page = await ask(`${given.stack.worker}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('Content-Security-Policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; .*frame-ancestors 'none'$/,
    )
    expect(page.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(page.headers.get('Referrer-Policy')).toBe('no-referrer')
    const [, script = ''] = /src="(\/dashboard\/[^"]+)"/.exec(page.text) ?? []
    const file = await ask(`${given.stack.worker}${script}`)
    expect(file.headers.get('Cache-Control')).toContain('immutable')
    for (const [path, init, status] of [
      ['/', { method: 'POST' }, 405],
      ['/index.html', {}, 404],
      ['/dashboard/nothing.js', {}, 404],
      ['/dashboard/%00', {}, 400],
    ] as const) {
      const refused = await ask(`${given.stack.worker}${path}`, init)
      expect(refused.status).toBe(status)
      expect(JSON.parse(refused.text)).toMatchObject({ success: false })
    }
  })

  it.each(['light', 'dark'] as const)(
    'follows the theme of the device (%s), or the one that was chosen, which a reload keeps',
    async (device) => {
      const { page } = await given.signedIn({ theme: device })
      const light = 'rgb(20, 26, 32) on rgb(243, 245, 246)'
      const dark = 'rgb(228, 234, 238) on rgb(13, 18, 22)'
      const shown = () =>
        page.evaluate(
          '(({ color, backgroundColor }) => color + " on " + backgroundColor)(getComputedStyle(document.body))',
        )
      const choice = page.getByRole('combobox', { name: 'Theme' })
      expect(await shown()).toBe(device === 'light' ? light : dark)
      await accountOf(page).click()
      await choice.selectOption('dark')
      expect(await shown()).toBe(dark)
      await choice.selectOption('light')
      expect(await shown()).toBe(light)
      await page.reload()
      await page.getByRole('navigation').waitFor()
      expect(await shown()).toBe(light)
      await accountOf(page).click()
      await choice.selectOption('system')
      expect(await shown()).toBe(device === 'light' ? light : dark)
    },
  )

  it('can be used with the Tab key alone, and has a link past the navigation', async () => {
    const { page } = await given.signedIn()
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    await page.evaluate('document.body.focus()')
    const reached: string[] = []
    for (let press = 0; press < 18; press += 1) {
      await page.keyboard.press('Tab')
      reached.push(
        String(await page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent')),
      )
    }
    for (const name of ['Skip to the view', ...offeredToOperators, `Account ${operator}`])
      expect(reached).toContain(name)
    await page.getByRole('button', { name: 'Skip to the view' }).press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('view')
  })
})
