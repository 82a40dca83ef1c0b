import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, CDPSession } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { projectFolder } from '../support/run-tool.ts'
import { launchBrowser } from './dashboard-page.ts'
import { type ServedApp, serveScripts } from './example-app.ts'
import { openApp } from './open-app.ts'

/** Five writes a second for half an hour. */
const writes = 9_000
const scrollEvery = 100
const growthBytesMax = 1_500_000
/** A leak of one listener in a hundred writes is found. The browser collects some late, so their number goes up and down by less. */
const listenersMax = writes / 120

describe.skipIf(chromiumPath === null)('a tab that shows a busy board', () => {
  let app: ServedApp
  let browser: Browser

  beforeAll(async () => {
    const folder = join(projectFolder, 'test/example-app')
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    app = await serveScripts(page, { main: join(folder, 'busy-board.tsx') })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.stop()
  })

  it('needs no more memory after half an hour of five changes a second than after a few minutes', async () => {
    const context = await browser.newContext({ viewport: { width: 900, height: 900 } })
    const page = await context.newPage()
    await page.goto(app.origin)
    const shown = openApp(page, context)
    const protocol = await context.newCDPSession(page)
    /** Scrolls to and fro where the writes are, while so many are made. */
    const go = async (count: number) => {
      for (let done = 0; done < count; done += scrollEvery) {
        await shown.scrollTo((done / 10) % 180)
        await page.evaluate(`window.world.run(${scrollEvery})`)
      }
    }
    await go(writes / 6)
    const before = await measure(protocol)
    await go((writes * 5) / 6)
    // The last requests and their storage hold memory and listeners until the browser has collected them. A leak stays.
    await eventually(
      async () => {
        const after = await measure(protocol)
        expect(after.bytes - before.bytes).toBeLessThan(growthBytesMax)
        expect(after.listeners).toBeLessThanOrEqual(before.listeners + listenersMax)
        expect(after.nodes).toBeLessThanOrEqual(1.5 * before.nodes)
      },
      { deadlineMs: 30_000, everyMs: 500 },
    )
    const rows = await shown.rows()
    expect(rows.some(({ name }) => name.startsWith('Written'))).toBe(true)
    expect(await page.evaluate('window.client.stats().differencesApplied')).toBeGreaterThan(writes / 4)
  })
})

/** The memory in use after the garbage was collected. */
async function measure(protocol: CDPSession) {
  await protocol.send('HeapProfiler.collectGarbage')
  await protocol.send('HeapProfiler.collectGarbage')
  const { usedSize } = await protocol.send('Runtime.getHeapUsage')
  const { nodes, jsEventListeners } = await protocol.send('Memory.getDOMCounters')
  return { bytes: usedSize, nodes, listeners: jsEventListeners }
}
