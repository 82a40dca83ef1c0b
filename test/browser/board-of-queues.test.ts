import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { launchBrowser } from './dashboard-page.ts'

describe.skipIf(chromiumPath === null)('the board of the queues in a browser', () => {
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

  /** A page, with its complaints and the other hosts that it asked, whether it was let or not. */
  async function openPage() {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    return { page, complaints, close: () => context.close() }
  }

  async function addJob(queue: string, body: unknown) {
    const answer = await ask(`${stack.worker}/api/v1/queues/${queue}/jobs`, {
      method: 'POST',
      headers: {
        ...{ Authorization: `Bearer ${stack.internalAuthKey}`, 'X-Workspace-ID': '15214' },
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(201)
  }

  it('opens after the login, shows jobs without what people wrote, and pauses a queue', async () => {
    await addJob('flows', { jobId: 'shown', data: { contactId: 'contact_42', email: 'ann@example.com' } })
    const { page, complaints, close } = await openPage()
    const { board: url, username, password } = stack.queues
    await page.goto(url)
    await page.getByLabel('Name').fill(username)
    await page.getByLabel('Password').fill('a wrong password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor()
    await page.getByLabel('Name').fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.goto(`${url}/queue/flows?status=prioritized`)
    await page.getByText('15214~shown').first().waitFor()
    await page.goto(`${url}/queue/flows/15214~shown`)
    await page.getByText('contact_42').first().waitFor()
    expect(await page.content()).not.toContain('ann@example.com')
    const paused = await page.evaluate(async () => {
      const answer = await fetch('api/queues/flows/pause', { method: 'PUT' })
      return answer.status
    })
    expect(paused).toBe(204)
    await page.goto(`${url}/queue/flows`)
    await page.getByText('Paused').first().waitFor()
    const unexpected = complaints.filter((text) => !/fonts\.googleapis\.com|401|style-src/.test(text))
    expect(unexpected).toEqual([])
    await close()
  })

  it('takes no change from the page of another site', async () => {
    const { page, close } = await openPage()
    await page.goto(stack.queues.board)
    await page.getByLabel('Name').fill(stack.queues.username)
    await page.getByLabel('Password').fill(stack.queues.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const form = `<form method="post" action="${stack.queues.board}/logout"><button>Win a prize</button></form>`
    await page.goto(`data:text/html,${encodeURIComponent(form)}`)
    await page.getByRole('button', { name: 'Win a prize' }).click()
    await page.getByText('does not come from the board').waitFor()
    await page.goto(`${stack.queues.board}/api/queues`)
    expect(await page.content()).toContain('flows')
    await close()
  })
})
