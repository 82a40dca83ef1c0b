import type { Page, Route } from 'playwright-core'
import { z } from 'zod'
import { inspectorAddress } from '../../worker/dashboard/src/resources/inspector-address.ts'
import { eventually } from '../support/eventually.ts'
import { seriousFaultsOf } from './axe.ts'

/** Every view that the dashboard has, at an address that has something to load. */
export const addresses = {
  Live: '#/live',
  Causes: '#/causes',
  Board: '#/board/board_123',
  Mail: '#/mail',
  Queues: '#/queues',
  Workspace: '#/workspace',
  Inspector: inspectorAddress('contact', { id: 'contact_000001' }),
  Activity: '#/activity',
  Deployment: '#/deployment',
  Glossary: '#/glossary',
  'First steps': '#/start',
} as const
export type ViewName = keyof typeof addresses
export const viewNames = Object.keys(addresses).filter((name): name is ViewName => name in addresses)

/** The narrowest width that WCAG 2.2 asks for (success criterion 1.4.10). */
export const narrowest = { width: 320, height: 700 } as const

/** Goes to a view and waits until `settled` holds there: `'[role=alert]'`. */
export async function goTo(page: Page, view: ViewName, settled: string, address = ''): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(address === '' ? addresses[view] : address)}`)
  const main = page.getByRole('main', { name: view })
  await main.waitFor()
  await main.locator(settled).first().waitFor()
}

/** All requests for data, of the API and of the directory, but for the stream, which says what the user may see. */
export function isData(url: URL): boolean {
  return /^\/(api|rest)\//.test(url.pathname) && url.pathname !== '/api/monitoring/stream'
}

export async function refuse(route: Route): Promise<void> {
  await route.fulfill({
    status: 503,
    headers: { 'Access-Control-Allow-Origin': '*' },
    json: {
      success: false,
      error: 'The part that answers this is away for a moment.',
      code: 'overloaded',
      requestId: 'r-1',
    },
  })
}

/** Colours are all that differs between the themes, so the other rules run once. */
const bothThemes = [
  { theme: 'light', rules: null },
  { theme: 'dark', rules: ['color-contrast'] },
] as const

/** The widest element that reaches past the page, so that a fault can be found. */
const widest = `(() => {
  if (document.documentElement.scrollWidth <= innerWidth) return ''
  const beyond = [...document.querySelectorAll('main *, header *')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  const last = beyond.at(-1)
  return document.documentElement.scrollWidth + ' px, ' + (last?.outerHTML.slice(0, 120) ?? 'nothing in sight')
})()`

/**
 * The faults of what is shown: an empty view, scrolling sideways, and what axe calls serious or critical in either theme. Each begins with
 * the name of the state.
 */
export async function faultsOf(page: Page, state: string): Promise<string[]> {
  const faults: string[] = []
  // The first line is the title, which nobody sees.
  const [, ...lines] = (await page.getByRole('main').innerText()).split('\n')
  if (lines.join('').trim() === '') faults.push('is empty')
  const wide = z.string().parse(await page.evaluate(widest))
  if (wide !== '') faults.push(`scrolls sideways: ${wide}`)
  for (const { theme, rules } of bothThemes) {
    await page.emulateMedia({ colorScheme: theme })
    faults.push(...(await seriousFaultsOf(page, rules)).map((fault) => `${theme}: ${fault}`))
  }
  return faults.map((fault) => `${state}: ${fault}`)
}

/** Waits until the place shows no more that it is loading. */
export async function loaded(page: Page): Promise<void> {
  const waiting = page.getByRole('main').locator('.waiting')
  await eventually(async () => (await waiting.count()) === 0, { deadlineMs: 30_000 })
}

/** Run in the page: its width with the longest words that the table of parts can have, in a copy beside it, so that React's own is left alone. */
export const widthWithPartsAway = `(() => {
  const table = document.querySelector('.parts-table')
  const copy = table.cloneNode(true)
  for (const row of copy.tBodies[0].rows) {
    row.cells[1].firstChild.textContent = 'away 59.9 min'
    row.cells[5].innerHTML = '<span class="state">reads half-open</span> <span class="state">writes half-open</span>'
  }
  table.after(copy)
  const width = document.documentElement.scrollWidth
  copy.remove()
  return width
})()`
