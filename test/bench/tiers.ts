import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

/**
 * `npm run bench` measures each tier beside the database on the local stack: 16 connections, 10 s each. The Worker,
 * its tiers and the load share this machine, so the ratios say more than the figures.
 */
const seconds = Number(process.env['BENCH_SECONDS'] ?? 10)
const connections = 16
/** Pages that are read in turn. No two reads in flight are of the same page, so they never share a query. */
const pagesInTurn = 3_000

interface Measured {
  readonly name: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failures: number
}

interface Subject {
  readonly name: string
  /** Brings the answer into the tier. The measurement begins after that. */
  prepare(): Promise<void>
  pathOf(request: number): string
}

const listPath = (page: number) => `/api/boards/board_123/contacts?page=${page}`
const countsPath = '/api/cache-settings/workspace/15213/counts'

async function measure(stack: TestStack, subject: Subject): Promise<Measured> {
  await subject.prepare()
  let request = 0
  const result = await autocannon({
    url: stack.worker,
    connections,
    duration: seconds,
    requests: [
      {
        method: 'GET',
        path: subject.pathOf(0),
        headers: stack.api().headers,
        setupRequest: (next) => {
          request += 1
          return { ...next, path: subject.pathOf(request) }
        },
      },
    ],
  })
  return {
    name: subject.name,
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.errors + result.non2xx,
  }
}

/** Reads until the answer comes from the tier that is to be measured. */
function warmTo(stack: TestStack, source: string) {
  const api = stack.api()
  return {
    list: async () =>
      void (await eventually(async () => (await api.page('board_123', 'page=1'))._cache.source === source)),
    counts: async () => void (await eventually(async () => (await api.counts())._source === source)),
  }
}

async function measureAll(): Promise<{ lists: Measured[]; counts: Measured[] }> {
  const lists: Measured[] = []
  const counts: Measured[] = []
  const nothing = async () => undefined

  const whole = await startTestStack({ hasNearTiers: false, hasComparisons: true })
  const switchLists = (contactLists: boolean) => whole.api().changeSettings({ features: { contactLists } })
  const fromDatabase: Subject = {
    name: 'database',
    prepare: async () => {
      await switchLists(false)
      await eventually(async () => (await whole.api().page('board_123'))._cache.status === 'BYPASS')
    },
    pathOf: (request) => listPath(1 + (request % pagesInTurn)),
  }
  lists.push(await measure(whole, fromDatabase))
  await switchLists(true)
  counts.push(
    await measure(whole, {
      name: 'database',
      prepare: nothing,
      pathOf: () => `${countsPath}?useCache=false`,
    }),
  )
  const kv = warmTo(whole, 'cloudflare_kv')
  const fromKv = await measure(whole, { name: 'KV', prepare: kv.list, pathOf: () => listPath(1) })
  const countsFromKv = await measure(whole, { name: 'KV', prepare: kv.counts, pathOf: () => countsPath })
  await whole.stop()

  const workerEntry = fileURLToPath(new URL('workers/without-kv.ts', import.meta.url))
  const withoutKv = await startTestStack({ hasNearTiers: false, hasComparisons: true, workerEntry })
  const redis = warmTo(withoutKv, 'redis_cache')
  lists.push(
    await measure(withoutKv, { name: 'Redis', prepare: redis.list, pathOf: () => listPath(1) }),
    fromKv,
  )
  counts.push(
    await measure(withoutKv, { name: 'Redis', prepare: redis.counts, pathOf: () => countsPath }),
    countsFromKv,
  )
  await withoutKv.stop()
  return { lists, counts }
}

function printTable(title: string, rows: readonly Measured[]): void {
  const [database] = rows
  console.log(
    `\n${title}\n\n| from | requests/s | p50 ms | p99 ms | requests/s against the database | failures |`,
  )
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const { name, perSecond, p50Ms, p99Ms, failures } of rows) {
    const ratio = database === undefined ? 0 : perSecond / database.perSecond
    console.log(
      `| ${name} | ${perSecond.toFixed(0)} | ${p50Ms} | ${p99Ms} | ${ratio.toFixed(1)} × | ${failures} |`,
    )
  }
}

const { lists, counts } = await measureAll()
const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; Node ${process.version}; ${connections} connections, ${seconds} s each`,
)
printTable('A page of 50 contacts', lists)
printTable('The counts (16 at a time share the queries under way)', counts)
