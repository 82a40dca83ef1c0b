import type { BrowserContext, Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'

/** The example app in a browser context of its own, as one user has it. */
export interface OpenApp {
  readonly page: Page
  readonly context: BrowserContext
  /** Rows on the screen that have loaded, by index. */
  rows(): Promise<readonly ShownRow[]>
  /** `live`, `polling`, … */
  mode(): Promise<string | null>
  /** `current`, `behind`, … of the list. */
  state(): Promise<string | null>
  /** Waits until the list is live and current. */
  settled(): Promise<void>
  scrollTo(row: number): Promise<void>
}

interface ShownRow {
  readonly index: number
  readonly id: string
  readonly name: string
}

export function openApp(page: Page, context: BrowserContext): OpenApp {
  const mode = () => page.locator('output').getAttribute('data-mode')
  const state = () => page.locator('p[data-state]').getAttribute('data-state')
  return {
    page,
    context,
    mode,
    state,
    rows: () =>
      page.evaluate<ShownRow[]>(`[...document.querySelectorAll('[data-index][data-id]')]
        .map((row) => ({ index: Number(row.dataset.index), id: row.dataset.id, name: row.firstChild.textContent }))
        .sort((one, other) => one.index - other.index)`),
    settled: () =>
      eventually(async () => (await mode()) === 'live' && (await state()) === 'current', {
        deadlineMs: 30_000,
      }).then(() => undefined),
    scrollTo: (row) => page.evaluate(`document.querySelector('.board').scrollTop = ${34 * row}`),
  }
}
