import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useDashboard } from './dashboard-tests.ts'

const member = 'member@boardcache.example'

/** Notes the contacts that flash, and those that are on the screen twice in any frame. */
const watching = `(() => {
  const seen = { flashed: [], doubles: [], frames: 0 }
  window.seen = seen
  const look = () => {
    const rows = [...document.querySelectorAll('[data-contact]')]
    const ids = rows.map((row) => row.dataset.contact)
    seen.frames += 1
    seen.doubles.push(...ids.filter((id, at) => ids.indexOf(id) !== at))
    for (const row of rows) if (row.classList.contains('grid-row-flash')) seen.flashed.push(row.dataset.contact)
    requestAnimationFrame(look)
  }
  look()
})()`

interface Seen {
  readonly flashed: readonly string[]
  readonly doubles: readonly string[]
  readonly frames: number
}

describe.skipIf(chromiumPath === null)('a live board', () => {
  const given = useDashboard({ contacts: 3_000 })

  /** Opens the board of a user, who sees it live. */
  async function openBoard(email?: string, hash = '#/board/board_123'): Promise<Page> {
    const { page } = await given.signedIn(email === undefined ? {} : { email })
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
    await page.locator('[data-row][data-contact]').first().waitFor()
    await page.getByText(/^Current as of version \+[\d,]+, [\d.]+ (s|min) ago$/).waitFor()
    await page.evaluate(watching)
    return page
  }

  const seenOn = (page: Page) => page.evaluate<Seen>('window.seen')
  const contactAt = async (page: Page, row: number) =>
    (await page.locator(`[data-row="${row}"][data-contact]`).getAttribute('data-contact')) ?? ''
  const cell = (page: Page, id: string, field: number) =>
    page.locator(`[data-contact="${id}"] [role="gridcell"]`).nth(field)
  const versionOn = async (page: Page) => Number(await page.locator('.freshness data').getAttribute('value'))
  const rename = (id: string, name: string) => given.stack.sql`
    update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
  const stored = async (id: string) => {
    const [row] = await given.stack.sql<{ name: string; board_column_id: string }[]>`
      select name, board_column_id from contacts where workspace_id = '15213' and id = ${id}`
    return row
  }

  it('shows a change of the database in two windows, lets it flash, and says as of which version it is', async () => {
    const both = [await openBoard(), await openBoard(member)] as const
    const id = await contactAt(both[0], 0)
    const before = await Promise.all(both.map(versionOn))
    await rename(id, 'Changed by hand')
    for (const [at, page] of both.entries()) {
      await eventually(async () => (await cell(page, id, 0).textContent()) === 'Changed by hand')
      await eventually(async () => (await versionOn(page)) > (before[at] ?? 0))
      expect(new Set((await seenOn(page)).flashed)).toEqual(new Set([id]))
    }
    const [page] = both
    // Its age changes every second, so only the kind of freshness is announced.
    const isAnnounced = `document.querySelector('.freshness').closest('[role=status], [aria-live]') !== null`
    expect(await page.evaluate(isAnnounced)).toBe(false)
    await page.getByRole('status').filter({ hasText: 'The list is live.' }).waitFor({ state: 'attached' })
    await page.context().setOffline(true)
    await page.getByText(/^Offline: as of version \+[\d,]+, /).waitFor()
    await page.context().setOffline(false)
    await page.getByText(/^Current as of version/).waitFor()
  })

  it('shows no row twice and keeps the screen in its place when rows come in above it', async () => {
    const page = await openBoard()
    await page.evaluate(`document.querySelector('[role=grid]').scrollTop = ${34 * 300}`)
    const id = await contactAt(page, 305)
    const topOf = () =>
      page.evaluate<number>(
        `Math.round(document.querySelector('[data-contact="${id}"]').getBoundingClientRect().top)`,
      )
    const top = await topOf()
    await given.stack.sql`
      insert into contacts (workspace_id, id, board_id, board_column_id, name)
      select '15213', 'made_' || gen_random_uuid(), 'board_123', board_column_id, 'Inserted'
      from (select board_column_id from contacts where workspace_id = '15213' and board_id = 'board_123' limit 1) place,
        generate_series(1, 7)`
    await eventually(async () => (await contactAt(page, 312)) === id && (await topOf()) === top)
    const { doubles, frames } = await seenOn(page)
    expect(frames).toBeGreaterThan(5)
    expect(doubles).toEqual([])
    expect(await page.getByRole('grid').getAttribute('aria-activedescendant')).toBe('cell-7-0')
  })

  it('changes and moves a contact in the panel at once, takes back what is refused, and others see it', async () => {
    const page = await openBoard()
    const other = await openBoard(member)
    const id = await contactAt(page, 1)
    const { name = '' } = (await stored(id)) ?? {}
    await page.locator(`[data-contact="${id}"]`).click()
    const form = page.getByRole('form', { name: 'Contact' })
    await form.waitFor()
    const { held, release } = await holdWrites(page)
    await form.getByLabel('Name').fill('Written in the panel')
    await form.getByLabel('Name').press('Enter')
    await held
    await form.getByText('Saving …').waitFor()
    await eventually(async () => (await cell(page, id, 0).textContent()) === 'Written in the panel')
    expect((await stored(id))?.name).toBe(name)
    release()
    await form.getByText('Saving …').waitFor({ state: 'detached' })
    expect((await stored(id))?.name).toBe('Written in the panel')
    await eventually(async () => (await cell(other, id, 0).textContent()) === 'Written in the panel')

    await form.getByLabel('Name').fill('x'.repeat(limits.nameCharactersMax + 1))
    await form.getByLabel('Name').press('Enter')
    await form.getByText('Not saved, and taken back.').waitFor()
    expect(await form.getByLabel('Name').inputValue()).toBe('Written in the panel')
    expect(await cell(page, id, 0).textContent()).toBe('Written in the panel')

    // A change by somebody else must not mix with what is about to be typed.
    await form.getByLabel('Name').blur()
    await form.getByLabel('Name').focus()
    await rename(id, 'By another hand')
    await form.getByText('Somebody has changed it meanwhile: By another hand').waitFor()
    expect(await form.getByLabel('Name').inputValue()).toBe('Written in the panel')
    await form.getByLabel('Name').blur()
    expect(await form.getByLabel('Name').inputValue()).toBe('By another hand')

    const column = page.getByLabel('Move to column')
    const titles = await column.locator('option').allTextContents()
    const before = await column.locator('option:checked').textContent()
    const title = titles.find((each) => each !== before) ?? ''
    await column.selectOption({ label: title })
    for (const each of [page, other])
      await eventually(async () => (await cell(each, id, 5).textContent()) === title)
    expect((await stored(id))?.board_column_id).toBe(await column.inputValue())
  })

  it('shows the way of a change to the screen, step by step, and is open over a reload, by keys and back', async () => {
    const page = await openBoard()
    const id = await contactAt(page, 2)
    await page.getByRole('grid').focus()
    for (let row = 0; row < 2; row += 1) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('complementary').waitFor()
    expect(new URL(page.url()).hash).toBe(`#/board/board_123?contact=${id}`)
    await eventually(() => page.evaluate('document.activeElement.id === "contact-panel"'))
    await page.getByRole('form', { name: 'Contact' }).waitFor()
    await rename(id, 'On its way')
    await page.getByRole('heading', { name: 'On its way' }).waitFor()
    const times = await eventually(async () => {
      const steps = await page.evaluate<{ step: string; at?: string }[]>(
        `[...document.querySelectorAll('[data-step]')].map(({ dataset }) => ({ ...dataset }))`,
      )
      return steps.length === 4 && steps.every(({ at }) => at !== undefined) && steps
    })
    expect(times.map(({ step }) => step)).toEqual(['commit', 'outbox', 'version', 'screen'])
    const instants = times.map(({ at }) => Number(at))
    expect(instants).toEqual(instants.toSorted((one, another) => one - another))

    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      expect(await given.dashboard.seriousFaults()).toEqual([])
    }
    await page.reload()
    await page.getByRole('heading', { name: 'On its way' }).waitFor()
    await page.locator('[data-row][data-contact]').first().waitFor()
    await page.setViewportSize({ width: 320, height: 700 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    await page.getByRole('button', { name: 'Close the contact' }).press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await eventually(() => page.evaluate('document.activeElement.id === "contacts"'))
    await page.goBack()
    await page.getByRole('heading', { name: 'On its way' }).waitFor()
  })

  it('asks each board once for a word, and keeps the rows until those that match are there', async () => {
    const page = await openBoard(undefined, '#/board')
    // All that match are on the first pages.
    const [named] = await given.stack.sql<{ word: string }[]>`
      select split_part(name, ' ', 2) as word from contacts
      where workspace_id = '15213' and name ~ '^[A-Za-z]+ [A-Za-z]{4,}$'
      group by 1 having count(*) < 100 order by count(*) desc limit 1`
    const { word } = named ?? { word: '' }
    const asked: string[] = []
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route(/[?&]search=/, async (route) => {
      asked.push(new URL(route.request().url()).searchParams.get('search') ?? '')
      await released
      await route.continue().catch(() => undefined)
    })
    const shownBefore = await contactAt(page, 0)
    // All letters are typed in one moment, however slow this machine is.
    await page.evaluate(`(() => {
      const field = document.querySelector('input[type=search]')
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set
      for (const letter of ${JSON.stringify(word)}) {
        set.call(field, field.value + letter)
        field.dispatchEvent(new Event('input', { bubbles: true }))
      }
    })()`)
    await page.locator('[role="grid"][aria-busy="true"]').waitFor()
    await eventually(() => asked.length > 0)
    expect(await contactAt(page, 0)).toBe(shownBefore)
    await page.getByText(/^Looking: what you see is from before/).waitFor()
    release()
    await page.locator('[role="grid"][aria-busy="false"]').waitFor()
    const [found] = await given.stack.sql<{ boards: number }[]>`
      select count(distinct board_id)::int as boards from contacts where workspace_id = '15213'`
    await page.locator('[data-contact]').first().waitFor()
    expect(asked.length).toBeLessThanOrEqual(found?.boards ?? 0)
    expect(new Set(asked)).toEqual(new Set([word]))
  })

  it('has a token that is refused renewed with the session, and is back at the door if the new one is refused too', async () => {
    const { page } = await given.signedIn()
    await page.getByRole('combobox', { name: 'Workspace' }).waitFor()
    // A token says when it was issued in whole seconds, so one of the same second would be the refused one again.
    const signedInAtSecond = Math.floor(Date.now() / 1_000)
    await eventually(() => Math.floor(Date.now() / 1_000) > signedInAtSecond)
    const renewals: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('grant_type=refresh_token')) renewals.push(request.url())
    })
    let refusalsMax = 1
    let refusals = 0
    const refuse = { success: false, error: 'The bearer token has expired.', code: 'token_expired' }
    await page.route(/\/api\/boards\//, async (route) => {
      if (refusals >= refusalsMax) return route.continue()
      refusals += 1
      await route.fulfill({ status: 401, json: { ...refuse, requestId: 'r-1' } })
    })
    await page.evaluate("location.hash = '#/board/board_123'")
    await page.locator('[data-row="0"][data-contact]').waitFor()
    expect([refusals, renewals.length]).toEqual([1, 1])
    refusalsMax = Number.POSITIVE_INFINITY
    await page.evaluate("location.hash = '#/board/board_123?filter=closed'")
    await page.getByText('Your session has ended. The bearer token has expired. Sign in again.').waitFor()
  })

  it('offers no change to a member whose workspace does not allow it', async () => {
    await given.stack.sql`
      insert into role_permissions (workspace_id, role, permission, is_allowed)
      values ('15213', 'member', 'contacts.update', false), ('15213', 'member', 'contacts.move', false)`
    const page = await openBoard(member)
    const id = await contactAt(page, 3)
    const { name = '' } = (await stored(id)) ?? {}
    await page.locator(`[data-contact="${id}"]`).click()
    const panel = page.getByRole('complementary')
    await panel.getByRole('definition').filter({ hasText: name }).first().waitFor()
    // The list has asked already, for its menu.
    const isAnswered = `performance.getEntriesByType('resource')
      .some(({ name, responseEnd }) => name.includes('/permissions') && responseEnd > 0)`
    await eventually(() => page.evaluate<boolean>(isAnswered))
    expect(await panel.getByRole('form').count()).toBe(0)
    expect(await panel.getByLabel('Move to column').count()).toBe(0)
    const admin = await openBoard()
    await admin.locator(`[data-contact="${id}"]`).click()
    await admin.getByRole('form', { name: 'Contact' }).waitFor()
  })

  async function holdWrites(page: Page) {
    const { promise: held, resolve: hold } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route(/\/api\/contacts\//, async (route) => {
      if (route.request().method() === 'PATCH') {
        hold()
        await released
      }
      await route.continue()
    })
    return { held, release }
  }
})
