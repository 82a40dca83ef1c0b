import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alertReportAnswerSchema } from '../../shared/contract/alerts.ts'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { type DashboardPage, type Look, operator } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const answerSchema = z.object({ success: z.literal(true), data: alertReportAnswerSchema })

describe.skipIf(chromiumPath === null)('the thresholds of alerts in a browser', () => {
  const given = useDashboard({ contacts: 2_000 })

  /** Opens the form of a rule. `before` prepares the page before the sign-in. */
  async function openForm(
    name: string,
    look: Look = {},
    before: (page: DashboardPage['page']) => Promise<unknown> = async () => undefined,
  ) {
    const { page, panel, signIn } = await given.open(look)
    await before(page)
    await signIn(operator, given.stack.password)
    await panel('Alerts').getByText('Thresholds', { exact: true }).press('Enter')
    await panel('Alerts').locator('.thresholds summary').filter({ hasText: name }).click()
    const form = panel('Alerts').getByRole('form', { name, exact: true })
    return { page, form, alerts: panel('Alerts'), field: (label: string) => form.getByLabel(label) }
  }

  /** The settings of a rule according to the API. */
  async function ruleInForce(name: string) {
    const headers = { Authorization: `Bearer ${given.stack.tokens.admin}` }
    const { text } = await ask(`${given.stack.worker}/api/monitoring/alerts`, { headers })
    return answerSchema.parse(JSON.parse(text)).data.rules.find(({ rule }) => rule === name)
  }

  function postsOf({ page }: { page: DashboardPage['page'] }): string[] {
    const posts: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/alerts/settings')) posts.push(request.url())
    })
    return posts
  }

  it('take effect when they are saved: an alert fires by them, and the defaults come back', async () => {
    const { form, alerts, field } = await openForm('Response time')
    for (const [label, text] of [
      ['Fires above', '0'],
      ['Fires after', '0'],
      ['Resolves at', '0'],
      ['Resolves after', '0'],
      ['Silent below', '1'],
    ] as const) {
      await field(label).fill(text)
    }
    await form.getByRole('button', { name: 'Save' }).click()
    await form
      .getByRole('status')
      .getByText(/Saved at .*: fires above 0 ms \(was 100 ms\)/)
      .waitFor()
    expect(await ruleInForce('response_time')).toMatchObject({ fire_at: 0, for_seconds: 0, min_count: 1 })
    const api = given.stack.api()
    for (const page of [1, 2, 3, 4]) await api.page('board_123', `page=${page}`)
    const firing = alerts.locator('.alert-line').filter({ hasText: 'firing' })
    await firing.getByText('Response time').waitFor()

    await form.getByRole('button', { name: 'Defaults' }).click()
    await form.getByRole('status').getByText('The defaults are filled in').waitFor()
    expect(await field('Fires above').inputValue()).toBe('100')
    await form.getByRole('button', { name: 'Save' }).click()
    await form
      .getByRole('status')
      .getByText(/Saved at .*fires above 100 ms \(was 0 ms\)/)
      .waitFor()
    const rule = await ruleInForce('response_time')
    expect(rule).toMatchObject(rule?.defaults ?? {})
  })

  it('are not sent if one is not valid: the fault is shown at its field, and nothing typed is lost', async () => {
    const { page, form, field } = await openForm('Error rate')
    const posts = postsOf({ page })
    await field('Fires above').fill('five')
    await field('Fires after').fill('45')
    await field('Looks back').fill('2')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByRole('status').getByText('Not saved, to be corrected: Fires above, Looks back.').waitFor()
    const wrong = field('Fires above')
    expect(await wrong.getAttribute('aria-invalid')).toBe('true')
    expect(await page.evaluate('document.activeElement.name')).toBe('fire_at')
    const described = await wrong.getAttribute('aria-describedby')
    expect(await page.locator(`[id="${described}"]`).textContent()).toBe('Enter a number such as 30 or 0.5.')
    await form.getByText('At least 5 s.').waitFor()
    expect(await given.dashboard.seriousFaults()).toEqual([])
    expect(await wrong.inputValue()).toBe('five')
    expect(await field('Fires after').inputValue()).toBe('45')
    expect(posts).toEqual([])

    await wrong.fill('7.5')
    await field('Looks back').fill('120')
    await page.keyboard.press('Enter')
    await form.getByRole('status').getByText('fires above 7.5 % (was 5 %)').waitFor()
    expect(await ruleInForce('error_rate')).toMatchObject({
      fire_at: 0.075,
      for_seconds: 45,
      window_seconds: 120,
    })
    expect(posts).toHaveLength(1)
  })

  it('switch a rule off and on', async () => {
    const { form, alerts } = await openForm('Queue length')
    await form.getByRole('checkbox', { name: 'Watched' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByRole('status').getByText('no longer watched').waitFor()
    await alerts.locator('summary').getByText('switched off').waitFor()
    expect(await ruleInForce('queue_length')).toMatchObject({ enabled: false })
    await form.getByRole('button', { name: 'Defaults' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await form
      .getByRole('status')
      .getByText(/: watched/)
      .waitFor()
  })

  it("keep the typed values if the API refuses or cannot be reached, and show the API's own sentence", async () => {
    const { page, form, field } = await openForm('Outbox behind')
    const refusal = (status: number, code: string, error: string, details: object[]) => ({
      status,
      json: { success: false, error, code, details, requestId: 'r-1' },
    })
    const faults = [{ parameter: 'rules.outbox_age.fire_at', message: 'is too much' }]
    await field('Fires above').fill('31')
    for (const [answer, told] of [
      [
        refusal(403, 'operator_required', 'Only an operator of the deployment may do this.', []),
        /Only an operator/,
      ],
      [
        refusal(400, 'invalid_body', 'The body does not have the shape.', faults),
        /outbox_age\.fire_at.*is too much/,
      ],
      [null, /cannot be reached/],
    ] as const) {
      await page.route('**/alerts/settings', (route) =>
        answer === null ? route.abort() : route.fulfill(answer),
      )
      await form.getByRole('button', { name: 'Save' }).click()
      await form.getByRole('alert').filter({ hasText: told }).waitFor()
      expect(await field('Fires above').inputValue()).toBe('31')
      await page.unroute('**/alerts/settings')
    }
    await form.getByRole('button', { name: 'Discard changes' }).click()
    expect(await field('Fires above').inputValue()).toBe('30')
    expect(await form.getByRole('alert').count()).toBe(0)
  })

  it('are shown to users who may not change them, and name those who may', async () => {
    const { form, alerts, field } = await openForm('Tier away', {}, (page) =>
      page.route('**/api/monitoring/alerts', async (route) => {
        const response = await route.fetch()
        const { data } = answerSchema.parse(await response.json())
        await route.fulfill({
          response,
          json: { success: true, data: { ...data, changeable_by: 'internal_key' } },
        })
      }),
    )
    await alerts.getByText(/Only who holds the internal key may change these/).waitFor()
    expect(await field('Fires after').inputValue()).toBe('30')
    expect(await field('Fires after').isEditable()).toBe(false)
    expect(await form.getByRole('checkbox', { name: 'Watched' }).isDisabled()).toBe(true)
    expect(await form.getByRole('button').count()).toBe(0)
    expect(await given.dashboard.seriousFaults()).toEqual([])
  })

  it('are changed by keys alone', async () => {
    const { page, form, alerts } = await openForm('Hit rate low')
    await alerts.locator('.thresholds summary').filter({ hasText: 'Hit rate low' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.name')).toBe('fire_at')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('80')
    await page.keyboard.press('Enter')
    await form.getByRole('status').getByText('fires below 80 % (was 85 %)').waitFor()
  })

  it.each(['light', 'dark'] as const)(
    'have nothing that axe calls serious or critical, and fit into 390 pixels: %s',
    async (theme) => {
      const { page, form, field } = await openForm('Hit rate far too low', { theme, width: 390, height: 844 })
      await field('Fires below').fill('101')
      await form.getByRole('button', { name: 'Save' }).click()
      await form.getByText('At most 100 %.').waitFor()
      expect(await given.dashboard.seriousFaults()).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    },
  )
})
