import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { startTestStack, type TestStack, type TestStackOptions } from '../support/local-stack.ts'
import {
  accountOf,
  type DashboardPage,
  type Look,
  launchBrowser,
  openDashboard,
  operator,
} from './dashboard-page.ts'

/** The stack and the page that tests of the dashboard share. */
export interface DashboardTests {
  readonly stack: TestStack
  /** The page that was opened last. */
  readonly dashboard: DashboardPage
  /** Opens the sign-in form. */
  open(look?: Look): Promise<DashboardPage>
  /** Signs in as an operator unless `as` says otherwise. */
  signedIn(as?: Look & { readonly email?: string }): Promise<DashboardPage>
  /**
   * The dashboard of an operator as a reload shows it, in another look. The page signs in for the first test and stays for the others,
   * which is faster. It keeps nothing of an earlier test but its session.
   */
  reloaded(look?: Omit<Look, 'scale'>): Promise<DashboardPage>
}

/** Leaves nothing in a page but its session. It shows nothing until it is needed again. */
async function leave({ page }: DashboardPage): Promise<void> {
  await page.unrouteAll()
  await page.context().setOffline(false)
  await page.evaluate('localStorage.clear(); sessionStorage.removeItem("boardcache-workspace")')
  await page.goto('about:blank')
}

/**
 * One stack and one browser for the tests of a describe. After each test its pages are closed, and their scripts must
 * not have complained.
 */
export function useDashboard(options: TestStackOptions): DashboardTests {
  let stack: TestStack
  let browser: Browser
  const opened: DashboardPage[] = []
  let kept: DashboardPage | null = null

  beforeAll(async () => {
    stack = await startTestStack(options)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
  })
  afterEach(async ({ task }) => {
    const used = opened.splice(0)
    if (task.result?.state === 'fail') {
      for (const { diary } of used) console.error(await diary.read())
    }
    for (const each of used) await (each === kept ? leave(each) : each.close())
    const complaints = used.flatMap((each) => each.complaints)
    if (complaints.length > 0) {
      await kept?.close()
      kept = null
    }
    expect(complaints).toEqual([])
  })

  async function open(look?: Look): Promise<DashboardPage> {
    const dashboard = await openDashboard(browser, stack.worker, look)
    opened.push(dashboard)
    return dashboard
  }

  async function signIn(dashboard: DashboardPage, email: string): Promise<DashboardPage> {
    await dashboard.signIn(email, stack.password)
    await accountOf(dashboard.page).waitFor()
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
      return signIn(await open(look), email)
    },
    async reloaded({ theme = 'light', width = 1_280, height = 900 } = {}) {
      if (kept === null) {
        kept = await open({ theme, width, height })
        return signIn(kept, operator)
      }
      opened.push(kept)
      const { page } = kept
      await page.emulateMedia({ colorScheme: theme })
      await page.setViewportSize({ width, height })
      await page.goto(stack.worker)
      await page.getByRole('navigation').waitFor()
      return kept
    },
  }
}
