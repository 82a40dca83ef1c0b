import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { startTestStack, type TestStack, type TestStackOptions } from '../support/local-stack.ts'
import { type DashboardPage, type Look, launchBrowser, openDashboard, operator } from './dashboard-page.ts'

/** The stack and the page that tests of the dashboard share. */
export interface DashboardTests {
  readonly stack: TestStack
  /** The page that was opened last. */
  readonly dashboard: DashboardPage
  /** Opens the sign-in form. */
  open(look?: Look): Promise<DashboardPage>
  /** Signs in as an operator unless `as` says otherwise. */
  signedIn(as?: Look & { readonly email?: string }): Promise<DashboardPage>
}

/**
 * One stack and one browser for the tests of a describe. After each test its pages are closed, and their scripts must
 * not have complained.
 */
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
      await dashboard.page.getByRole('button', { name: 'Sign out' }).waitFor()
      return dashboard
    },
  }
}
