import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { z } from 'zod'
import { sharedOptions } from '../../origin/local/worker-process.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { median } from './median.ts'

/**
 * `npm run bench:ledger` measures in workerd what the ledger's book costs, beside the book that it replaced, whose
 * statements are in workers/older-ledger.ts. Rows are those that SQLite reports and the platform bills. A Worker's
 * clock stands still while it computes, so times are taken outside, less the time of a call that does nothing.
 */
const writes = 10_500
const rounds = 15
const rowsSchema = z.object({ read: z.number(), written: z.number() })

const bundle = await build({
  entryPoints: [fileURLToPath(new URL('workers/ledger-books.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*'],
  target: 'es2024',
})
const dataDirectory = await makeDataDirectory()
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...sharedOptions(dataDirectory),
    modules: true,
    script: bundle.outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-10-20',
    durableObjects: { BOOKS: { className: 'Books', useSQLite: true } },
  }),
)
try {
  await miniflare.ready
  console.log(`${writes} writes, then ${rounds} rounds of each call; medians`)
  await printRows('a write', await call('write', writes), await call('older-write', writes), writes)
  await printRows(
    'a question what moved',
    await call('since', 1_000),
    await call('older-since', 1_000),
    1_000,
  )
  await printTimes('waking up with a full book', 'wake', 'older-wake', 1)
  await printTimes('a refresh of a view, nothing moved', 'refresh', 'older-refresh', 1_000)
  await printTimes('a refresh of a view, one tag moved', 'refresh-moved', 'older-refresh', 1_000)
} finally {
  await miniflare.dispose()
  await rm(dataDirectory, { recursive: true, force: true })
}

async function call(what: string, times: number) {
  const response = await miniflare.dispatchFetch(`http://bench/${what}?times=${times}`)
  return rowsSchema.parse(await response.json())
}

type Answered = Awaited<ReturnType<typeof call>>

async function printRows(what: string, now: Answered, before: Answered, times: number): Promise<void> {
  const each = ({ read, written }: Answered) =>
    `${(written / times).toFixed(2)} rows written, ${(read / times).toFixed(2)} read`
  console.log(`${what}: ${each(now)} (before: ${each(before)})`)
}

/** Prints the milliseconds of one call. */
async function printTimes(what: string, now: string, before: string, times: number): Promise<void> {
  const nothing = await timed('nothing', times)
  const each = async (path: string) => Math.max(0, ((await timed(path, times)) - nothing) / times).toFixed(4)
  console.log(`${what}: ${await each(now)} ms (before: ${await each(before)} ms)`)
}

async function timed(what: string, times: number): Promise<number> {
  const durations: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startedAtMs = performance.now()
    await call(what, times)
    durations.push(performance.now() - startedAtMs)
  }
  return median(durations)
}
