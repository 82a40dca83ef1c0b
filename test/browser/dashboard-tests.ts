import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { startTestStack, type TestStack, type TestStackOptions } from '../support/local-stack.ts'
import { type DashboardPage, type Look, launchBrowser, openDashboard, operator } from './dashboard-page.ts'

/** What tests of the dashboard are given, from the first of them to the last. */
export interface DashboardTests {
  readonly stack: TestStack
  /** The one that was opened last. */
  readonly dashboard: DashboardPage
  /** At its door, with nobody signed in. */
  open(look?: Look): Promise<DashboardPage>
  /** As an operator, unless said. */
  signedIn(as?: Look & { readonly email?: string }): Promise<DashboardPage>
}

/** One stack and one browser for the tests of a describe; after each its pages are closed, and must not have complained. */
export function useDashboard(options: TestStackOptions): DashboardTests {
  let stack: TestStack
  let browser: Browser
  const opened: DashboardPage[] = []

  beforeAll(async () => {
    stack = await startTestStack(options)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
  })
  afterEach(async () => {
    const closing = opened.splice(0)
    for (const each of closing) await each.close()
    expect(closing.flatMap(({ complaints }) => complaints)).toEqual([])
  })

  async function open(look?: Look): Promise<DashboardPage> {
    const dashboard = await openDashboard(browser, stack.worker, look)
    opened.push(dashboard)
    return dashboard
  }

  return {
    get stack() {
      return stack
    },
    get dashboard() {
      const last = opened.at(-1)
      if (last === undefined) throw new Error('no dashboard is open')
      return last
    },
    open,
    async signedIn({ email = operator, ...look } = {}) {
      const dashboard = await open(look)
      await dashboard.signIn(email, stack.password)
      await dashboard.page.getByRole('navigation').waitFor()
      return dashboard
    },
  }
}
