import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { projectFolder } from '../support/run-tool.ts'
import { launchBrowser } from './dashboard-page.ts'
import { type ServedApp, serveScripts } from './example-app.ts'

interface Example {
  /** The document and the line of the example. */
  readonly place: string
  readonly text: string
  readonly language: string
}

/** The example of an address that documents name. */
const exampleUrl = 'https://boards.example.com'

const examples = await findExamples()

describe.skipIf(chromiumPath === null)("the examples of the client's documents", () => {
  let stack: TestStack
  let browser: Browser
  let app: ServedApp
  let folder: string

  beforeAll(async () => {
    folder = await makeDataDirectory()
    app = await serveScripts('', {})
    stack = await startTestStack({ contacts: 500, workerVariables: { ALLOWED_ORIGINS: app.origin } })
    browser = await launchBrowser()
    await mkdir(folder, { recursive: true })
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
    await app?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('are there', () => {
    expect(examples.length).toBeGreaterThan(3)
  })

  it.each(examples.map((example, index) => [example.place, example, index] as const))(
    'runs: %s',
    async (_, { text, language }, index) => {
      const name = `example-${index}`
      await writeFile(join(folder, `${name}.${language}`), text.replaceAll(exampleUrl, stack.worker))
      const documented = join(projectFolder, 'test/example-app/documented.tsx')
      const entry = join(folder, `${name}-entry.ts`)
      await writeFile(
        entry,
        `import { show } from ${JSON.stringify(documented)}
         import * as example from ${JSON.stringify(`./${name}.${language}`)}
         show({ ...example })`,
      )
      await app.replace(page, { main: entry })
      const context = await browser.newContext()
      const shown = await context.newPage()
      const complaints: string[] = []
      shown.on('pageerror', (error) => complaints.push(error.message))
      shown.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      const hash = new URLSearchParams({ url: stack.worker, token: stack.tokens.admin })
      await shown.goto(`${app.origin}/#${hash}`)
      await shown.locator('[data-ran]').waitFor({ state: 'attached', timeout: 30_000 })
      if (language === 'tsx')
        await eventually(async () => {
          const said = await shown.locator('body').innerText()
          expect(said).toMatch(/\w/)
          expect(said).not.toMatch(/loading|connecting|…/)
          return true
        })
      expect(complaints).toEqual([])
      await context.close()
    },
  )
})

const page =
  '<!doctype html><html lang="en"><title>Example</title><body><script type="module" src="main.js"></script>'

/** The blocks of TypeScript in the documents beside the client. */
async function findExamples(): Promise<Example[]> {
  const found: Example[] = []
  const exclude = (path: string) => path.includes('node_modules')
  for await (const path of glob('worker/client/**/README.md', { cwd: projectFolder, exclude })) {
    const document = await readFile(join(projectFolder, path), 'utf8')
    for (const { 1: language = 'ts', 2: text = '', index } of document.matchAll(
      /^```(tsx?)\n(.*?)^```$/gms,
    )) {
      const line = document.slice(0, index).split('\n').length
      found.push({ place: `${path}:${line}`, text, language })
    }
  }
  return found
}
