import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { inspectorAddress } from '../../worker/dashboard/src/resources/inspector-address.ts'
import { ask } from '../support/api-client.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { projectFolder } from '../support/run-tool.ts'
import { type DashboardPage, launchBrowser, openDashboard, operator } from './dashboard-page.ts'

/**
 * `npm run screenshots`: makes the pictures of the READMEs, from a local stack with the reference data under some load: every view in light
 * and dark, at three widths, as `<view>-<theme>-<width>.png`. `--only live,board` takes some views.
 */
const { only, seconds } = z.object({ only: z.string(), seconds: z.coerce.number().min(0).max(600) }).parse(
  parseArgs({
    options: { only: { type: 'string', default: '' }, seconds: { type: 'string', default: '45' } },
  }).values,
)

interface View {
  readonly name: string
  /** The address after the workspace's. */
  readonly address: string
  /** Shown once the view is complete, as a selector. */
  readonly ready: string
  /** Brings the view into the state of the picture. */
  act?(dashboard: DashboardPage): Promise<void>
}

/** A view more is a line more. */
const views: readonly View[] = [
  { name: 'live', address: '#/live', ready: '.plot canvas', act: chooseFiveMinutes },
  { name: 'causes', address: '#/causes', ready: '.causes-own table' },
  { name: 'board', address: '#/board/board_123', ready: '[data-row="0"][data-contact]', act: waitForCounts },
  {
    name: 'columns',
    address: '#/board/board_123?view=columns',
    ready: '[data-column] [data-contact]',
    act: waitForCounts,
  },
  { name: 'mail', address: '#/mail', ready: '.mail-list, .empty' },
  { name: 'queues', address: '#/queues', ready: '.grid-table' },
  { name: 'workspace', address: '#/workspace', ready: '.switch', act: actOnWorkspace },
  {
    name: 'inspector',
    address: inspectorAddress('contact-list', { boardId: 'board_123', filter: 'open' }),
    ready: '.waterfall',
    act: explainAgain,
  },
  { name: 'activity', address: '#/activity', ready: '.activity-list li', act: openActivity },
  { name: 'deployment', address: '#/deployment', ready: '.choose-list li', act: testAll },
]
const themes = ['light', 'dark'] as const
const sizes = [
  { width: 1_440, height: 900 },
  { width: 1_024, height: 768 },
  { width: 390, height: 844 },
] as const

const folder = join(projectFolder, 'worker/dashboard/screenshots')
const pictureBytesMax = 400_000

async function chooseFiveMinutes({ page, panel }: DashboardPage): Promise<void> {
  await page.getByText('5 min', { exact: true }).click()
  await panel('Requests').locator('canvas').waitFor()
}

/** Every filter has its count. */
async function waitForCounts({ page }: DashboardPage): Promise<void> {
  await page.locator('.filter-count:not([data-count])').first().waitFor({ state: 'detached' })
}

async function actOnWorkspace({ panel }: DashboardPage): Promise<void> {
  for (const action of ['Warm up', 'Test performance'])
    await panel('Actions').getByRole('button', { name: action }).click()
  await panel('Actions').getByRole('table').waitFor()
  const read = panel('Try a read')
  const before = Number(await read.locator('[data-reads]').getAttribute('data-reads'))
  for (const reads of [before + 1, before + 2]) {
    await read.getByRole('button', { name: 'Read', exact: true }).click()
    await read.locator(`[data-reads="${reads}"]`).waitFor()
  }
}

/** One item is open, with its tags. */
async function openActivity({ panel }: DashboardPage): Promise<void> {
  const moved = panel('What happened').getByRole('button', { name: /moved a contact/ })
  await moved.first().click()
  await panel('What happened').getByRole('list', { name: 'Moved tags' }).first().waitFor()
}

/** Every workspace has its result, and every deed is listed. */
async function testAll({ page, panel }: DashboardPage): Promise<void> {
  await page.getByLabel(/^All: /).check()
  const acts = panel('Act on the chosen ones')
  await acts.getByRole('button', { name: 'Test performance' }).click()
  await acts.getByRole('button', { name: 'Yes, test performance' }).click()
  await acts.getByText('All of them have an answer.').waitFor()
  await panel('Done lately').getByRole('listitem').first().waitFor()
}

/** Mail of some senders, so that the view of mail has something to show. */
async function sendMail({ worker, emailWebhookSecret, emailAddress }: TestStack): Promise<void> {
  const senders = ['acme-tools.example', 'xenia.example', 'northwind.example', 'acme-tools.example']
  for (const [number, domain] of [...senders, ...senders, ...senders].entries()) {
    await ask(`${worker}/api/email-webhook`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${emailWebhookSecret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        messageId: `picture-${number}@${domain}`,
        from: { name: 'Ann Lee', email: `ann.lee@${domain}` },
        to: [{ name: '', email: emailAddress }],
        subject: 'An order',
        date: new Date().toISOString(),
        attachments: [],
        text: 'Two of them, please.',
      }),
    })
  }
}

/** The second answer comes from a tier, beside those that it did without. */
async function explainAgain({ page, panel }: DashboardPage): Promise<void> {
  await page.getByRole('button', { name: 'Explain' }).click()
  await panel('Explanation').locator('.lane.is-aside').first().waitFor()
}

/** Makes a read each time it is called: mostly of the first pages, and now and then of the counts, or far down. */
function readerOf(stack: TestStack): () => Promise<void> {
  const api = stack.api()
  let asked = 0
  return async () => {
    asked += 1
    const page = asked % 16 === 0 ? 1 + ((asked * 37) % 1_800) : 1 + ((asked * asked) % 12)
    if (asked % 7 === 0) await api.counts()
    else await api.page('board_123', `page=${page}`)
  }
}

/** A few reads a second while the pictures are taken, so that the live figures of the last ones are not those of the page alone. */
async function readUntil(stack: TestStack, signal: AbortSignal): Promise<void> {
  const read = readerOf(stack)
  while (!signal.aborted) {
    await read()
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
}

/** Readers who mostly look at the first pages, and now and then far down. */
async function load(stack: TestStack): Promise<void> {
  const read = readerOf(stack)
  const endMs = performance.now() + seconds * 1_000
  async function reader(): Promise<void> {
    while (performance.now() < endMs) await read()
  }
  await Promise.all([reader(), reader()])
  await stack.invalidate({
    ...{ workspaceId: '15213', boardId: 'board_123', contactId: 'contact_000042', action: 'contact_moved' },
    ...{ fromColumnId: 'col_1', toColumnId: 'col_2' },
  })
}

/** One view in all sizes. The page stays, as a window stays that somebody resizes. */
async function takeView(dashboard: DashboardPage, view: View, theme: string): Promise<void> {
  const { page } = dashboard
  await page.setViewportSize(sizes[0])
  await page.evaluate(`location.hash = ${JSON.stringify(view.address)}`)
  await page.locator(view.ready).first().waitFor()
  await view.act?.(dashboard)
  for (const size of sizes) {
    await page.setViewportSize(size)
    await page.locator(view.ready).first().waitFor()
    // Two frames, so that plots and virtual rows have the new size.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    const name = `${view.name}-${theme}-${size.width}.png`
    const path = join(folder, name)
    await page.screenshot({ path })
    const { size: bytes } = await stat(path)
    console.log(`${name} ${(bytes / 1_024).toFixed(0)} KiB`)
    if (bytes > pictureBytesMax) throw new Error(`${name} is larger than ${pictureBytesMax} bytes`)
  }
}

async function takePictures(stack: TestStack): Promise<void> {
  const chosen = views.filter(({ name }) => only === '' || only.split(',').includes(name))
  await mkdir(folder, { recursive: true })
  if (only === '')
    for (const name of await readdir(folder)) if (name.endsWith('.png')) await rm(join(folder, name))
  const browser = await launchBrowser()
  try {
    for (const theme of themes) {
      const dashboard = await openDashboard(browser, stack.worker, { theme, ...sizes[0] })
      await dashboard.signIn(operator, stack.password)
      await dashboard.page.getByRole('navigation').waitFor()
      for (const view of chosen) await takeView(dashboard, view, theme)
      await dashboard.close()
    }
  } finally {
    await browser.close()
  }
}

const stack = await startTestStack()
try {
  // The machine that takes the pictures need not have a font for every script.
  await stack.sql`update workspaces set name = 'Łódź Logistics' where id = '15215'`
  await stack.sql`
    update contacts set name = 'Anna Kowalska'
    where workspace_id = '15213' and name ~ '[\\u0900-\\u0fff\\u3040-\\u9fff\\uac00-\\ud7a3]' and id in (
      select id from contacts where workspace_id = '15213' and board_id = 'board_123' order by created_at desc limit 100)`
  await sendMail(stack)
  await load(stack)
  const over = new AbortController()
  await Promise.all([takePictures(stack).finally(() => over.abort()), readUntil(stack, over.signal)])
} finally {
  await stack.stop()
}
