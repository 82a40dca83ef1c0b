import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { users } from '../../origin/local/tokens.ts'
import { chromiumPath } from '../support/chromium.ts'
import { type CuttableNetwork, startCuttableNetwork } from '../support/cuttable-network.ts'
import { accountOf, operator } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'
import { handOn, hasHalfDays } from './hand.ts'
import { tours, walkThrough } from './keyboard-tour.ts'
import { beginTask, findMisses, findStaleness, makeMisses, makeStale, moveContact, ways } from './tasks.ts'
import {
  addresses,
  faultsOf,
  goTo,
  isData,
  loaded,
  narrowest,
  refuse,
  type ViewName,
  viewNames,
} from './view-states.ts'

const member = 'member@boardcache.example'
const manager = 'manager@xenia.example'

describe.skipIf(chromiumPath === null)('the whole dashboard', () => {
  const given = useDashboard({ contacts: 2_000 })
  let staleAtMs = 0
  let network: CuttableNetwork

  beforeAll(async () => {
    network = await startCuttableNetwork(given.stack.worker)
    await given.stack.sql`
      insert into private.notifications (workspace_id, id, user_id, kind, title)
      values ('15213', 'n1', ${users.operator}, 'export.finished', 'Your export is ready')`
    staleAtMs = await makeStale(given.stack)
    await makeMisses(given.stack, 60)
  })
  afterAll(() => network?.stop())

  describe.each(ways)('answers with %s alone', (way) => {
    it('why a board was stale at a time of the past, and which workspace causes the misses', async () => {
      const { page } = await given.reloaded()
      const hand = handOn(page)
      await beginTask(page, 'live')
      expect(await findStaleness(hand, way, staleAtMs, await hasHalfDays(page))).toBe(
        'A committed change has waited in the outbox for too long: readers may see older data.',
      )
      await page.getByLabel('Until').fill('2026-01-01T10:02')
      await page.getByLabel('Until').press('Enter')
      await page.getByText('Nothing has happened that fits.').waitFor()
      await beginTask(page, 'live')
      expect(await findMisses(hand, way)).toMatch(/Ξένια.*15214.*\d+.*Contact/s)
      expect(way === 'keys' ? hand.clicks : hand.hiddenFocus.length).toBe(0)
      expect(hand.hiddenFocus).toEqual([])
    })

    it('that others see a contact which was moved', async () => {
      const [others, own] = await Promise.all([given.signedIn({ email: member }), given.reloaded()])
      const other = handOn(others.page)
      const hand = handOn(own.page)
      await beginTask(other.page, 'board')
      await beginTask(hand.page, 'live')
      const [moved, seen] = await moveContact(hand, other, way)
      expect(seen).toEqual(moved)
      expect(moved.version).toMatch(/^\d+$/)
    })
  })

  it('can be signed in to, used for every task and signed out of with keys alone, and always shows the focus', async () => {
    const { page } = await given.open()
    const hand = handOn(page)
    await hand.tabTo(page.getByLabel('E-mail'))
    await hand.type(operator)
    await hand.tabTo(page.getByLabel('Password'))
    await hand.type(given.stack.password)
    await hand.press('Enter')
    await accountOf(page).waitFor()
    for (const { task, view, run } of tours) {
      await page.evaluate(`location.hash = '#/${view}'`)
      await loaded(page)
      await run(hand, given.stack).catch((error: unknown) => {
        throw new Error(`cannot ${task}`, { cause: error })
      })
    }
    await hand.tabTo(accountOf(page))
    await hand.press('Enter')
    await hand.tabTo(page.getByRole('button', { name: 'Sign out' }))
    await hand.press('Enter')
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(hand.hiddenFocus).toEqual([])
    expect(hand.clicks).toBe(0)
  })

  it('lets the Tab key through every view and out again, with the focus in sight', async () => {
    const { page } = await given.reloaded()
    const hand = handOn(page)
    for (const view of viewNames) {
      await goTo(page, view, ':scope')
      await loaded(page)
      const stops = await walkThrough(hand)
      expect(stops.length, view).toBeGreaterThan(12)
    }
    expect(hand.hiddenFocus).toEqual([])
  })

  describe('at 320 pixels, in light and dark, has nothing that axe calls serious and never scrolls sideways', () => {
    it('while everything is being loaded, and when nothing can be', async () => {
      const { page } = await given.reloaded(narrowest)
      await page.waitForURL(/#\/\w/)
      const faults: string[] = []
      const { promise: released, resolve: release } = Promise.withResolvers<void>()
      await page.route(isData, async (route) => {
        await released
        await route.abort().catch(() => undefined)
      })
      for (const view of viewNames) {
        await goTo(page, view, ':scope')
        faults.push(...(await faultsOf(page, `${view}, loading`)))
      }
      await page.unroute(isData)
      await page.route(isData, refuse)
      release()
      for (const view of viewNames.filter(hasData)) {
        await goTo(page, view, '[role=alert]')
        faults.push(...(await faultsOf(page, `${view}, refused by the server`)))
      }
      expect(faults).toEqual([])
    })

    it('with names that are long, cannot be broken, or run from right to left', async () => {
      await nameAtLength()
      const { page } = await narrow(operator, network.url)
      const faults: string[] = []
      for (const view of viewNames) {
        await goTo(page, view, ':scope')
        await loaded(page)
        faults.push(...(await faultsOf(page, `${view}, long names`)))
      }
      const columns = `${addresses.Board}?view=columns&contact=contact_000001`
      await goTo(page, 'Board', '[data-column] [data-contact]', columns)
      await page.locator('#contact-panel').getByRole('heading', { name: longWord }).waitFor()
      const name = '.card-name[title^="شركة"]'
      await page.locator(name).first().waitFor()
      // A box that runs as its name does cuts the end off.
      expect(await page.evaluate(`getComputedStyle(document.querySelector('${name}')).direction`)).toBe('rtl')
      faults.push(...(await faultsOf(page, 'Columns and contact, long names')))
      await page.context().setOffline(true)
      for (const view of ['Board', 'Activity', 'Queues'] as const) {
        await goTo(page, view, ':scope')
        if (view === 'Board') await page.getByText(/^Offline: as of version/).waitFor()
        if (view === 'Activity') await page.getByText('The server cannot be reached from here.').waitFor()
        faults.push(...(await faultsOf(page, `${view}, offline`)))
      }
      // The browser's own switch leaves a stream open that is there.
      network.cut()
      await goTo(page, 'Live', ':scope')
      await page.getByText('The connection was lost.').waitFor()
      faults.push(...(await faultsOf(page, 'Live, connection lost')))
      expect(faults).toEqual([])
    })

    it('where there is nothing, and for a member who may not see it', async () => {
      const faults = await Promise.all([manager, member].map(faultsOfRole))
      expect(faults.flat()).toEqual([])
    })
  })

  it('says of every view and part whose script cannot be loaded that it cannot, and shows it once it can', async () => {
    const { page, expectComplaints } = await given.signedIn()
    expectComplaints(/preload assets/)
    await page.locator('.plot canvas').first().waitFor()
    await withoutScripts(page)
    const lazyViews = viewNames.filter((view) => view !== 'Live')
    for (const view of lazyViews) {
      await goTo(page, view, '[role=alert]')
      await isMissing(page.getByRole('main'))
    }
    await page.keyboard.press('Control+k')
    await isMissing(page.locator('body'), 'the palette')
    // A part in sight is loaded by itself, and the others when they are opened.
    await withScripts(page)
    await page.getByRole('dialog', { name: 'Go to' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('alert').first().waitFor({ state: 'detached' })
    for (const view of lazyViews) {
      await goTo(page, view, ':scope')
      await loaded(page)
      expect(await page.getByText(/could not be loaded/).count(), view).toBe(0)
    }
    await withoutScripts(page)
    await goTo(page, 'Board', '[data-contact]', `${addresses.Board}?contact=contact_000001`)
    await isMissing(page.getByRole('main'), 'the contact')
    await goTo(page, 'Board', '[role=alert]', `${addresses.Board}?view=columns`)
    await isMissing(page.getByRole('main'), 'the columns')
    await goTo(page, 'Live', 'summary')
    // Not by mouse: the line moves under the pointer when an alert begins to fire.
    await page.locator('summary').filter({ hasText: 'Thresholds' }).press('Enter')
    await isMissing(page.getByRole('main'), 'the thresholds')
    await withScripts(page)
    await page.locator('.thresholds').waitFor()
    await withoutScripts(page, /(plots|redis-panel|notifications-menu|user-menu)-/)
    await page.reload()
    for (const part of ['the plots', 'the Redis databases', 'the notifications', 'the menu of your account'])
      await isMissing(page.locator('body'), part)
    await withScripts(page)
    await accountOf(page).waitFor()
    await page.getByRole('button', { name: /^Notifications/ }).waitFor()
    await page.getByRole('button', { name: 'Clear mailboxes' }).waitFor()
    await page.locator('.plot canvas').first().waitFor()
  })

  /** Cuts the page off from scripts, and from the page itself, by which it would see that the server is there. */
  async function withoutScripts(page: Page, names = /\.(js|css)$/): Promise<void> {
    const isCut = ({ pathname }: URL) => pathname.startsWith('/dashboard/') && names.test(pathname)
    await page.route(isCut, (route) => route.abort())
    await page.route(
      ({ pathname }) => pathname === '/',
      (route) => (route.request().isNavigationRequest() ? route.fallback() : route.abort()),
    )
  }

  async function withScripts(page: Page): Promise<void> {
    await page.unrouteAll()
    await page.evaluate("window.dispatchEvent(new Event('online'))")
  }

  async function isMissing(place: Locator, part = ''): Promise<void> {
    await place.getByText(`${part} could not be loaded`).first().waitFor()
  }

  const longWord = 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft'

  async function nameAtLength(): Promise<void> {
    const { sql } = given.stack
    const rightToLeft = 'شركة الاتصالات السعودية المحدودة للخدمات اللوجستية والنقل الدولي'
    await sql`update workspaces set name = ${longWord} where id = '15214'`
    await sql`update boards set name = ${rightToLeft} where workspace_id = '15213' and id = 'board_123'`
    await sql`update board_columns set name = ${longWord} where workspace_id = '15213' and id = 'col_1'`
    await sql`update contacts set name = ${longWord} where workspace_id = '15213' and id = 'contact_000001'`
    await sql`update contacts set name = ${rightToLeft} where workspace_id = '15213' and id in (
      (select id from contacts where workspace_id = '15213' and board_id = 'board_123' order by created_at desc limit 5)
      union all (select id from contacts where workspace_id = '15213' and board_id = 'board_123'
        and board_column_id = 'col_1' order by created_at desc limit 1))`
    await sql`update private.notifications set title = ${longWord}, read_at = null where id = 'n1'`
  }

  async function narrow(email: string, through = given.stack.worker) {
    const dashboard = await given.signedIn({ email, through, ...narrowest })
    await dashboard.page.waitForURL(/#\/\w/)
    return dashboard
  }

  async function faultsOfRole(email: string): Promise<string[]> {
    const { page } = await narrow(email)
    const faults: string[] = []
    for (const view of viewNames) {
      await goTo(page, view, ':scope', view === 'Board' ? '#/board?search=nobodyiscalledthis' : '')
      await loaded(page)
      faults.push(...(await faultsOf(page, `${view}, ${email}`)))
    }
    return faults
  }

  /** Views that show words alone have nothing that can fail. */
  function hasData(view: ViewName): boolean {
    return view !== 'Glossary' && view !== 'First steps' && view !== 'Live'
  }
})
