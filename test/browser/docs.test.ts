import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { launchBrowser, seriousFaultsOf } from './dashboard-page.ts'

const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
const methods = ['get', 'post', 'put', 'patch', 'delete']

describe.skipIf(chromiumPath === null)('the page of the API in a browser', () => {
  let stack: TestStack
  let browser: Browser
  beforeAll(async () => {
    stack = await startTestStack({ contacts: 2_000 })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
  })

  /** The page once it shows the document, with its complaints and the other hosts that it contacted. */
  async function openDocs(colorScheme: 'light' | 'dark' = 'light', width = 1_280) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
    const page = await context.newPage()
    const complaints: string[] = []
    const elsewhere: string[] = []
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
    return { page, complaints, elsewhere, close: () => context.close() }
  }

  const shownOperations = (page: Page) =>
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
    const { page, complaints, elsewhere, close } = await openDocs()
    const { paths } = documentSchema.parse(JSON.parse((await ask(`${stack.worker}/openapi.json`)).text))
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.length).toBeGreaterThan(30)
    expect((await shownOperations(page)).toSorted()).toEqual(documented.toSorted())
    await page.getByRole('button', { name: /POST \/api\/contacts / }).click()
    await page.getByText('can be sent again safely').first().waitFor()
    await page.getByText('"board_column_id": "col_1"').first().waitFor()
    expect([complaints, elsewhere]).toEqual([[], []])
    await close()
  })

  it.each(['light', 'dark'] as const)(
    'has no serious fault for those who see or use it otherwise, in %s',
    async (theme) => {
      const { page, close } = await openDocs(theme)
      for (const each of [0, 2, 5]) await page.locator('.opblock-summary-control').nth(each).click()
      await page.locator('.opblock .responses-table').nth(2).waitFor()
      expect(await seriousFaultsOf(page)).toEqual([])
      await close()
    },
  )

  it('fits into 390 pixels without scrolling sideways, opened operations included', async () => {
    const { page, close } = await openDocs('light', 390)
    for (const each of [0, 2, 5]) await page.locator('.opblock-summary-control').nth(each).click()
    await page.locator('.opblock .responses-table').nth(2).waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    await close()
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
