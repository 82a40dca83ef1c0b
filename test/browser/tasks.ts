import type { Page } from 'playwright-core'
import { z } from 'zod'
import { alertReportAnswerSchema } from '../../shared/contract/alerts.ts'
import { hottestSchema } from '../../shared/contract/figures.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'
import { accountOf } from './dashboard-page.ts'
import { type Hand, typeTime } from './hand.ts'

/*
 * Three questions that people bring to the dashboard, each answered with the mouse and with keys alone. Each begins at the live figures, where
 * operators land, and ends when the answer can be read.
 */

export const ways = ['mouse', 'keys'] as const
export type Way = (typeof ways)[number]

/** The head start of the fault: writes are late once they have waited for as long as this. */
const lateSeconds = 1
const faultDeadlineMs = 60_000

const hottestAnswer = z.object({ success: z.literal(true), data: hottestSchema })
const alertsAnswer = z.object({ success: z.literal(true), data: alertReportAnswerSchema })

async function tellRule({ worker, tokens }: TestStack, change: object): Promise<void> {
  const { status, text } = await ask(`${worker}/api/monitoring/alerts/settings`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${tokens.admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ rules: { outbox_age: change } }),
  })
  if (status !== 200) throw new Error(text)
}

async function stateOfRule({ worker, tokens }: TestStack): Promise<string | undefined> {
  const headers = { Authorization: `Bearer ${tokens.admin}` }
  const { text } = await ask(`${worker}/api/monitoring/alerts`, { headers })
  const { alerts } = alertsAnswer.parse(JSON.parse(text)).data
  return alerts.find(({ name }) => name === 'outbox_age')?.state
}

/** Makes the board stale for some seconds: its writes wait in the outbox. Answers when that was. */
export async function makeStale(stack: TestStack): Promise<number> {
  const { sql } = stack
  const fast = { fire_at: lateSeconds, resolve_at: lateSeconds / 2, for_seconds: 0, resolve_for_seconds: 0 }
  await tellRule(stack, fast)
  await sql`revoke execute on function public.outbox_claim from service_role`
  try {
    await sql`update contacts set name = 'Written while nobody was told'
      where workspace_id = '15213' and id = 'contact_000001'`
    await eventually(async () => (await stateOfRule(stack)) === 'firing', { deadlineMs: faultDeadlineMs })
    return Date.now()
  } finally {
    await sql`grant execute on function public.outbox_claim to service_role`
    await eventually(async () => (await stateOfRule(stack)) !== 'firing', { deadlineMs: faultDeadlineMs })
  }
}

/** Has workspace 15214 miss more often than any other. */
export async function makeMisses({ worker, tokens }: TestStack, misses: number): Promise<void> {
  const headers = { Authorization: `Bearer ${tokens.otherAdmin}`, 'X-Workspace-ID': '15214' }
  for (let miss = 0; miss < misses; miss += 1)
    await ask(`${worker}/api/contacts/contact_none_${miss}`, { headers })
  await eventually(
    async () => {
      const { text } = await ask(`${worker}/api/monitoring/hottest?hours=24`, {
        headers: { Authorization: `Bearer ${tokens.admin}` },
      })
      const [first] = hottestAnswer.parse(JSON.parse(text)).data.workspaces.rows
      return first?.workspace_id === '15214'
    },
    { deadlineMs: faultDeadlineMs },
  )
}

/** Opens the palette, types the beginning of a title and goes there. */
async function goByPalette({ page, press, type }: Hand, typed: string): Promise<void> {
  await press('Control+k')
  await page.getByRole('dialog', { name: 'Go to' }).getByRole('combobox').waitFor()
  await type(typed)
  await press('Enter')
}

/** "Why was this board stale at 10:02?" The answer is the meaning of the alert that fired then. */
export async function findStaleness(hand: Hand, way: Way, atMs: number, isHalfDay: boolean): Promise<string> {
  const { page, click, tabTo, press } = hand
  const field = page.getByLabel('Until')
  if (way === 'mouse') {
    await click(page.getByRole('navigation').getByRole('link', { name: 'Activity' }))
    await click(field, { x: 16, y: 16 })
    await typeTime(hand, atMs, isHalfDay)
    await click(page.getByRole('button', { name: 'Go there' }))
  } else {
    await goByPalette(hand, 'act')
    await tabTo(field)
    await typeTime(hand, atMs, isHalfDay)
    await press('Enter')
  }
  await page.waitForURL(/until=/)
  const row = page.getByRole('button', { name: /Outbox behind fires/ }).first()
  if (way === 'mouse') await click(row)
  else {
    await tabTo(row)
    await press('Enter')
  }
  return meaningOf(page)
}

async function meaningOf(page: Page): Promise<string> {
  const meaning = page.getByRole('definition').filter({ hasText: 'outbox' }).first()
  await meaning.waitFor()
  return meaning.innerText()
}

/** "Which workspace causes the misses?" The answer is the first row of the workspaces with the most misses. */
export async function findMisses(hand: Hand, way: Way): Promise<string> {
  const { page, click } = hand
  if (way === 'mouse') await click(page.getByRole('link', { name: 'Misses by resource' }))
  else await goByPalette(hand, 'cau')
  const table = page.getByRole('region', { name: 'Workspaces with the most misses', exact: true })
  const row = table.getByRole('row').nth(1)
  await row.waitFor()
  return row.innerText()
}

/** A moved contact in a window: its column, and the version of the move. */
export interface Seen {
  readonly column: string
  readonly version: string
}

async function seenIn(page: Page): Promise<Seen> {
  const panel = page.locator('#contact-panel')
  const column = panel.getByLabel('Move to column').locator('option:checked')
  const version = panel.getByRole('heading', { name: 'The last change' }).locator('data')
  const isTold = (await panel.locator('[data-step="screen"][data-at]').count()) > 0
  return {
    column: (await column.textContent()) ?? '',
    version: isTold ? ((await version.getAttribute('value')) ?? '') : '',
  }
}

/**
 * "Move this contact, and prove that others see it." The proof is that the window of another user shows the column under the version that the
 * own one shows. That one is at the board, where members land.
 */
export async function moveContact(hand: Hand, other: Hand, way: Way): Promise<readonly [Seen, Seen]> {
  if (way === 'mouse')
    await hand.click(hand.page.getByRole('navigation').getByRole('link', { name: 'Board', exact: true }))
  else await goByPalette(hand, 'boa')
  const before = await openFirst(hand, way)
  await openFirst(other, way)
  const { page, pick, tabTo, press } = hand
  const windows = [page, other.page] as const
  const earlier = await Promise.all(windows.map(seenIn))
  const select = page.locator('#contact-panel').getByLabel('Move to column')
  if (way === 'mouse') {
    const titles = await select.locator('option').allTextContents()
    await pick(
      select,
      titles.findIndex((title) => title !== before),
    )
  } else {
    await tabTo(select)
    const isLast = await select
      .locator('option')
      .last()
      .evaluate((option) => option.matches(':checked'))
    await press(isLast ? 'ArrowUp' : 'ArrowDown')
  }
  // The own window shows the move at once, and its version when that is told. Until then it has that of an earlier change.
  await eventually(async () => {
    const [own, others] = [await seenIn(page), await seenIn(other.page)]
    const isNew = own.version !== earlier[0]?.version && own.column !== before
    return isNew && own.version === others.version && own.column === others.column
  })
  return [await seenIn(page), await seenIn(other.page)]
}

/** Opens the first contact of the board that is shown, and answers its column. */
async function openFirst({ page, click, tabTo, press }: Hand, way: Way): Promise<string> {
  const first = page.locator('[data-row="0"][data-contact]')
  await first.waitFor()
  const cells = first.getByRole('gridcell')
  const column = (await cells.nth(5).textContent()) ?? ''
  if (way === 'mouse') await click(cells.first())
  else {
    await tabTo(page.getByRole('grid'))
    // The first row is the heading of a board.
    await press('ArrowDown')
    await press('Enter')
  }
  await page.locator('#contact-panel').getByLabel('Move to column').waitFor()
  return column
}

/** Goes to where a task begins: the live figures, or the board. */
export async function beginTask(page: Page, view: 'live' | 'board'): Promise<void> {
  await accountOf(page).waitFor()
  await page.evaluate(`location.hash = '#/${view}'`)
  if (view === 'live') await page.getByText('Hit rate', { exact: true }).first().waitFor()
  else await page.locator('[data-row="0"][data-contact]').waitFor()
}
