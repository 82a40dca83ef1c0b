import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { projectFolder } from '../support/run-tool.ts'
import { type DashboardPage, type Look, launchBrowser, openDashboard, operator } from './dashboard-page.ts'

/**
 * `npm run screenshots`: makes the pictures of the READMEs, from a local stack with the reference data under some load.
 */
const folder = join(projectFolder, 'worker/dashboard/screenshots')
const pictureBytesMax = 300_000
const loadMs = 45_000

const pictures: readonly {
  readonly name: string
  readonly view: Parameters<DashboardPage['open']>[0]
  readonly look: Look
}[] = [
  { name: 'live-light', view: 'Live', look: { theme: 'light', width: 1_280, height: 1_020 } },
  { name: 'live-dark', view: 'Live', look: { theme: 'dark', width: 1_280, height: 1_020 } },
  { name: 'live-phone', view: 'Live', look: { theme: 'light', width: 390, height: 844 } },
  { name: 'board-light', view: 'Board', look: { theme: 'light', width: 1_280, height: 820 } },
  { name: 'board-phone', view: 'Board', look: { theme: 'dark', width: 390, height: 844 } },
  { name: 'queues-light', view: 'Queues', look: { theme: 'light', width: 1_280, height: 1_020 } },
  { name: 'queues-phone', view: 'Queues', look: { theme: 'dark', width: 390, height: 844 } },
  { name: 'workspace-dark', view: 'Workspace', look: { theme: 'dark', width: 1_280, height: 820 } },
  { name: 'inspector-light', view: 'Inspector', look: { theme: 'light', width: 1_280, height: 820 } },
]

/** Readers who mostly look at the first pages, and now and then far down. */
async function load(stack: TestStack): Promise<void> {
  const api = stack.api()
  const endMs = performance.now() + loadMs
  let asked = 0
  async function reader(): Promise<void> {
    while (performance.now() < endMs) {
      asked += 1
      const page = asked % 16 === 0 ? 1 + ((asked * 37) % 1_800) : 1 + ((asked * asked) % 12)
      await api.page('board_123', `page=${page}`)
    }
  }
  await Promise.all([reader(), reader()])
}

async function act({ page, panel }: DashboardPage, view: string): Promise<void> {
  if (view === 'Live') {
    await page.getByText('5 min', { exact: true }).click()
    await panel('Requests').locator('canvas').waitFor()
  } else if (view === 'Board') await page.locator('[data-row="0"][data-contact]').waitFor()
  else if (view === 'Inspector') {
    await page.getByRole('button', { name: 'Explain' }).click()
    await panel('Explanation').getByText('Judged by').waitFor()
  } else {
    for (const action of ['Warm up', 'Test performance'])
      await panel('Actions').getByRole('button', { name: action }).click()
    await panel('Actions').getByRole('table').waitFor()
    for (let reads = 1; reads <= 2; reads += 1) {
      await panel('Try a read').getByRole('button', { name: 'Read', exact: true }).click()
      await panel('Try a read').locator(`[data-reads="${reads}"]`).waitFor()
    }
  }
}

async function takePictures(stack: TestStack): Promise<void> {
  await mkdir(folder, { recursive: true })
  const browser = await launchBrowser()
  try {
    for (const { name, view, look } of pictures) {
      const dashboard = await openDashboard(browser, stack.worker, look)
      await dashboard.signIn(operator, stack.password)
      await dashboard.open(view)
      await act(dashboard, view)
      const path = join(folder, `${name}.png`)
      await dashboard.page.screenshot({ path })
      await dashboard.close()
      const { size } = await stat(path)
      console.log(`${name}.png ${(size / 1_024).toFixed(0)} KiB`)
      if (size > pictureBytesMax) throw new Error(`${name}.png is larger than ${pictureBytesMax} bytes`)
    }
  } finally {
    await browser.close()
  }
}

const stack = await startTestStack()
try {
  await load(stack)
  await takePictures(stack)
} finally {
  await stack.stop()
}
