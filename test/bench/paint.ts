import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { z } from 'zod'
import { buildDashboard } from '../../origin/local/dashboard-build.ts'
import { launchBrowser } from '../browser/dashboard-page.ts'
import { projectFolder } from '../support/run-tool.ts'
import { median } from './median.ts'

/**
 * `npm run bench:paint` measures how soon the dashboard shows something on a slow network: Chromium at 400 kbit/s and 150 ms a round trip, with
 * an empty cache, against the built files, which are compressed as the edge does it. Printed are the first contentful paint (the shell of
 * index.html), the form that users sign in with, and how far things moved meanwhile. It fails if a median is above its goal.
 */
const { rounds } = z
  .object({ rounds: z.coerce.number().int().min(1).max(50) })
  .parse(parseArgs({ options: { rounds: { type: 'string', default: '7' } } }).values)

const network = { downloadBitsPerSecond: 400_000, uploadBitsPerSecond: 400_000, latencyMs: 150 } as const
const goals = { firstPaintMs: 1_500, shift: 0.02 } as const
const dist = join(projectFolder, 'worker/dashboard/dist')
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** A project that nobody is: the form is shown, and nothing is asked of it. */
const config = { supabase_url: 'http://127.0.0.1:9', publishable_key: 'none' }

/** Answers like the Worker does behind Cloudflare's edge: compressed, but for fonts. */
async function serve(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://bench').pathname
    void answer(path).then(
      ({ body, type }) => {
        const isText = type !== types['.woff2']
        response.writeHead(200, { 'Content-Type': type, ...(isText ? { 'Content-Encoding': 'gzip' } : {}) })
        response.end(isText ? gzipSync(body) : body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = z.object({ port: z.int() }).parse(server.address())
  return { server, url: `http://127.0.0.1:${port}/` }
}

async function answer(path: string): Promise<{ readonly body: Buffer; readonly type: string }> {
  if (path === '/dashboard/config.json') {
    return { body: Buffer.from(JSON.stringify(config)), type: 'application/json' }
  }
  const file = path === '/' ? 'index.html' : path.slice(1)
  return { body: await readFile(join(dist, file)), type: types[extname(file)] ?? 'application/octet-stream' }
}

const seenSchema = z.object({ firstPaintMs: z.number(), shift: z.number(), shownMs: z.number() })

/** One visit with an empty cache. */
async function visit(browser: Browser, url: string): Promise<z.output<typeof seenSchema>> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } })
  try {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: network.latencyMs,
      downloadThroughput: network.downloadBitsPerSecond / 8,
      uploadThroughput: network.uploadBitsPerSecond / 8,
    })
    await page.addInitScript(`window.shift = 0
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value })
        .observe({ type: 'layout-shift', buffered: true })`)
    await page.goto(url, { waitUntil: 'commit' })
    await page.getByLabel('E-mail').waitFor({ timeout: 60_000 })
    return seenSchema.parse(
      await page.evaluate(`({
        firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0].startTime,
        shift: window.shift,
        shownMs: performance.now(),
      })`),
    )
  } finally {
    await context.close()
  }
}

await buildDashboard()
const { server, url } = await serve()
const browser = await launchBrowser()
try {
  const visits: z.output<typeof seenSchema>[] = []
  for (let round = 0; round < rounds; round += 1) visits.push(await visit(browser, url))
  const of = (value: (seen: z.output<typeof seenSchema>) => number) => median(visits.map(value))
  const firstPaintMs = of((seen) => seen.firstPaintMs)
  const shift = of((seen) => seen.shift)
  console.log(`${rounds} visits at 400 kbit/s and 150 ms a round trip, medians:`)
  console.log(`first contentful paint  ${firstPaintMs.toFixed(0)} ms (at most ${goals.firstPaintMs})`)
  console.log(`sign-in form shown      ${of((seen) => seen.shownMs).toFixed(0)} ms`)
  console.log(`layout shift            ${shift.toFixed(4)} (at most ${goals.shift})`)
  process.exitCode = firstPaintMs > goals.firstPaintMs || shift > goals.shift ? 1 : 0
} finally {
  await browser.close()
  server.close()
}
