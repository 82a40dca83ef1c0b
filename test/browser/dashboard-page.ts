import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { chromiumPath } from '../support/chromium.ts'
import { seriousFaultsOf } from './axe.ts'
import { diaryOf, type PageDiary } from './page-diary.ts'

/** An admin of the operators' workspace. */
export const operator = 'ops@boardcache.example'

type ViewTitle =
  | 'Live'
  | 'Causes'
  | 'Board'
  | 'Mail'
  | 'Queues'
  | 'Workspace'
  | 'Inspector'
  | 'Deployment'
  | 'Activity'
  | 'Glossary'

/** The dashboard in a browser, as a user sees it. */
export interface DashboardPage {
  readonly page: Page
  /** Errors and warnings of the page's scripts, apart from refused requests, which tests provoke. */
  readonly complaints: readonly string[]
  readonly diary: PageDiary
  /** Complaints that match are those that a test provokes. */
  expectComplaints(pattern: RegExp): void
  signIn(email: string, password: string): Promise<void>
  open(view: ViewTitle): Promise<void>
  /** Opens a view that the navigation may not offer to the user. */
  openByAddress(view: ViewTitle): Promise<void>
  panel(title: string): Locator
  /** The serious and critical findings of axe, one line each. */
  seriousFaults(): Promise<string[]>
  signOut(): Promise<void>
  close(): Promise<void>
}

export interface Look {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /**
   * How many of the screen's pixels one pixel of the page has, which is more than one on a fine screen and when the
   * page is magnified. This needs a browser of its own: Playwright's emulation does not change the bounds of the
   * layout.
   */
  readonly scale?: number
}

/**
 * Headless Chromium. It has no sandbox when it is run by root, as in a container. It holds no process ready for a page that nobody has
 * opened yet: half of those are never used, and each costs as much as a page.
 */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === null) throw new Error('there is no chromium on this machine')
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({
    executablePath: chromiumPath,
    args: [...args, '--renderer-process-limit=1', ...more],
  })
}

export async function openDashboard(
  shared: Browser,
  worker: string,
  { theme = 'light', width = 1_280, height = 900, scale }: Look = {},
): Promise<DashboardPage> {
  const own =
    scale === undefined
      ? null
      : await launchBrowser([`--force-device-scale-factor=${scale}`, `--window-size=${width},${height}`])
  const context: BrowserContext = await (own ?? shared).newContext({
    viewport: own === null ? { width, height } : null,
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const complaints: string[] = []
  let expected: RegExp | null = null
  const complain = (text: string) => {
    if (expected?.test(text) !== true) complaints.push(text)
  }
  page.on('pageerror', (error) => complain(error.message))
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !isRefusal) complain(message.text())
  })
  const diary = diaryOf(page)
  await page.goto(worker)
  return {
    page,
    complaints,
    diary,
    expectComplaints(pattern) {
      expected = pattern
    },
    async signIn(email, password) {
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
    },
    async open(view) {
      await page.getByRole('navigation').getByRole('link', { name: view }).click()
      await page.getByRole('main', { name: view }).waitFor()
    },
    async openByAddress(view) {
      // The page goes where the user may be first.
      await page.waitForURL(/#\/\w/)
      await page.evaluate(`location.hash = '#/${view.toLowerCase()}'`)
      await page.getByRole('main', { name: view }).waitFor()
    },
    panel: (title) => page.getByRole('region', { name: title, exact: true }),
    seriousFaults: () => seriousFaultsOf(page),
    signOut: () => signOutOf(page),
    close: () => (own ?? context).close(),
  }
}

/** The button that opens the menu of the account. It is there for everybody who is signed in. */
export function accountOf(page: Page): Locator {
  return page.getByRole('button', { name: /^Account / })
}

export async function signOutOf(page: Page): Promise<void> {
  await accountOf(page).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
}
