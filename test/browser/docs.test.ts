import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { seriousFaultsOf } from './axe.ts'
import { launchBrowser } from './dashboard-page.ts'

const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
const methods = ['get', 'post', 'put', 'patch', 'delete']

describe.skipIf(chromiumPath === null)('the page of the API in a browser', () => {
  let stack: TestStack
  let browser: Browser
  let page: Page
  const complaints: string[] = []
  const elsewhere: string[] = []

  // The viewer takes seconds to show so many operations, and more to open one. So there is one page for all tests.
  beforeAll(async () => {
    stack = await startTestStack({ contacts: 2_000 })
    browser = await launchBrowser()
    page = await browser.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (url.protocol !== 'data:' && url.origin !== new URL(stack.worker).origin) elsewhere.push(url.origin)
    })
    await page.goto(`${stack.worker}/docs`)
    await page.locator('.opblock').first().waitFor()
    for (const each of [0, 2, 5]) await page.locator('.opblock-summary-control').nth(each).click()
    await page.locator('.opblock .responses-table').nth(2).waitFor()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
  })

  async function look(colorScheme: 'light' | 'dark', width = 1_280) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
  }

  const shownOperations = () =>
    page
      .locator('.opblock-summary')
      .evaluateAll((summaries) =>
        summaries.map((summary) =>
          [...summary.querySelectorAll('.opblock-summary-method, .opblock-summary-path')]
            .map(({ textContent }) => (textContent ?? '').replaceAll('\u200b', '').trim())
            .join(' '),
        ),
      )

  it('shows every operation of the document, sends requests to the Worker alone, and breaks no rule of its policy', async () => {
    await look('light')
    const { paths } = documentSchema.parse(JSON.parse((await ask(`${stack.worker}/openapi.json`)).text))
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.length).toBeGreaterThan(30)
    expect((await shownOperations()).toSorted()).toEqual(documented.toSorted())
    await page.getByRole('button', { name: /POST \/api\/contacts / }).click()
    await page.getByText('can be sent again safely').first().waitFor()
    await page.getByText('"board_column_id": "col_1"').first().waitFor()
    expect([complaints, elsewhere]).toEqual([[], []])
  })

  it.each(['light', 'dark'] as const)(
    'has no serious fault for those who see or use it otherwise, in %s',
    async (theme) => {
      await look(theme)
      expect(await seriousFaultsOf(page)).toEqual([])
    },
  )

  it('fits into 390 pixels without scrolling sideways, opened operations included', async () => {
    await look('light', 390)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
  })

  it('takes no scripts, styles or requests from elsewhere, by its policy', async () => {
    const { headers } = await ask(`${stack.worker}/docs`)
    const policy = headers.get('Content-Security-Policy') ?? ''
    expect(policy).not.toContain('unsafe')
    for (const rule of [
      "default-src 'none'",
      "script-src 'self';",
      "style-src 'self';",
      "connect-src 'self';",
    ]) {
      expect(policy).toContain(rule)
    }
    expect((await ask(`${stack.worker}/docs`, { method: 'POST' })).status).toBe(405)
  })
})
