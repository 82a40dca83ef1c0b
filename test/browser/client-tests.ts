import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { startTestStack, type TestStack, type TestStackOptions } from '../support/local-stack.ts'
import { launchBrowser } from './dashboard-page.ts'
import { type ServedApp, serveExampleApp } from './example-app.ts'
import { type OpenApp, openApp } from './open-app.ts'

export interface OpenOptions {
  /** A further page of this context. Without it the app gets a context of its own. */
  readonly context?: BrowserContext
  readonly boardId?: string
  readonly token?: string
  /** Runs in the page before its scripts. */
  readonly before?: string
  readonly pollEveryMs?: number
}

export interface ClientTests {
  readonly stack: TestStack
  readonly app: ServedApp
  readonly browser: Browser
  open(options?: OpenOptions): Promise<OpenApp>
}

/** One stack, one browser and the example app for the tests of a describe. After each test its pages are closed. */
export function useClient(options: TestStackOptions): ClientTests {
  let stack: TestStack
  let browser: Browser
  let app: ServedApp
  const contexts = new Set<BrowserContext>()
  const complaints: string[] = []

  beforeAll(async () => {
    app = await serveExampleApp()
    const workerVariables = { ALLOWED_ORIGINS: app.origin, ...options.workerVariables }
    stack = await startTestStack({ ...options, workerVariables })
    browser = await launchBrowser(['--enable-precise-memory-info'])
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
    await app?.stop()
  })
  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts.clear()
    expect(complaints.splice(0)).toEqual([])
  })

  return {
    get stack() {
      return stack
    },
    get app() {
      return app
    },
    get browser() {
      return browser
    },
    async open({ context: shared, boardId = 'board_123', token, before, pollEveryMs = 500 } = {}) {
      const context = shared ?? (await browser.newContext({ viewport: { width: 900, height: 900 } }))
      contexts.add(context)
      context.setDefaultTimeout(30_000)
      const page = await context.newPage()
      page.on('pageerror', (error) => complaints.push(error.message))
      if (before !== undefined) await page.addInitScript(before)
      const hash = new URLSearchParams({
        ...{ url: stack.worker, workspaceId: '15213', boardId, pollEveryMs: String(pollEveryMs) },
        token: token ?? stack.tokens.admin,
      })
      await page.goto(`${app.origin}/#${hash}`)
      return openApp(page, context)
    },
  }
}
