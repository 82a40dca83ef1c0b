import { rm } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { takePort } from '../../origin/local/ports.ts'
import type { StackFile } from '../../origin/local/stack-file.ts'
import { createWorkerPiece } from '../../origin/local/worker-process.ts'
import { type ApiClient, createApiClient } from '../support/api-client.ts'
import { type CuttableNetwork, startCuttableNetwork } from '../support/cuttable-network.ts'
import { percentile } from '../support/percentile.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { placedWorker, prepareSecondRegion, startFirstRegion, variablesOf } from '../support/second-region.ts'

/**
 * `npm run bench:regions` measures what a region near the callers is worth, on one machine with delays between: a Worker whose only
 * region is `--awayMs` away (there and back), and beside it, on the same database and in turns with it, one that has a region of its own
 * next to it. The database is far from both. Then the near region is cut off, so that it refuses connections, and silenced, so that it
 * says nothing, and the reads that follow are timed. Memory and the edge cache are off, since they answer alike on both sides.
 */
const options = z
  .object({
    reads: z.coerce.number().int().min(20).max(400),
    awayMs: z.coerce.number().int().min(2).max(1_000),
  })
  .parse(
    parseArgs({
      options: { reads: { type: 'string', default: '300' }, awayMs: { type: 'string', default: '80' } },
    }).values,
  )

const stops: (() => Promise<unknown>)[] = []

async function network(url: string, oneWayMs: number): Promise<CuttableNetwork> {
  const started = await startCuttableNetwork(url, oneWayMs)
  stops.push(() => started.stop())
  return started
}

/** A Worker beside that of the stack, with bindings of its own. */
async function startWorker(file: StackFile, variables: Readonly<Record<string, string>>): Promise<ApiClient> {
  const dataDirectory = await makeDataDirectory()
  const worker = createWorkerPiece({
    ...{ dataDirectory, port: await takePort(0), entry: placedWorker, onChange: () => undefined },
    variables: {
      ...{
        INTERNAL_AUTH_KEY: file.internalAuthKey,
        JWKS_URL: '',
        SUPABASE_JWT_SECRET: file.supabase.jwtSecret,
      },
      ...{
        JWT_ISSUER: `${file.supabase.url}/auth/v1`,
        RATE_LIMIT_USER_MAX: '0',
        RATE_LIMIT_WORKSPACE_MAX: '0',
      },
      ...{
        UPSTASH_REDIS_REST_TOKEN: file.redis?.token ?? '',
        LOG_LEVEL: 'silent',
        CONSISTENCY_SAMPLE_RATE: '0',
      },
      ...{ MEMORY_CACHE_BYTES: '0', EDGE_CACHE_ENABLED: 'false' },
      ...variables,
    },
  })
  stops.push(async () => {
    await worker.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  })
  await worker.start()
  return createApiClient(worker.url, { token: file.tokens.admin, workspaceId: '15213' })
}

/** The pages of one contact that a board of 500 certainly has. */
const pages = 450

/** How long a read takes; null if another source answered it. Every question is another page. They are read from the last one on, since the page after those read in a row would be loaded ahead. */
async function timeOf(api: ApiClient, question: number, source: string): Promise<number | null> {
  const startedAtMs = performance.now()
  const { _cache } = await api.page('board_123', `per_page=1&page=${pages - question}`)
  const tookMs = performance.now() - startedAtMs
  return _cache.source === source ? tookMs : null
}

/** The same reads of both sides, in turns. */
async function compare(
  far: ApiClient,
  near: ApiClient,
  source: string,
): Promise<Record<'far' | 'near', number[]>> {
  const times: Record<'far' | 'near', number[]> = { far: [], near: [] }
  for (let question = 0; question < options.reads; question += 1) {
    const [of, beside] = [await timeOf(far, question, source), await timeOf(near, question, source)]
    // An entry near its end may have been renewed behind an answer, and then KV has it.
    if (of === null || beside === null) continue
    times.far.push(of)
    times.near.push(beside)
  }
  return times
}

function printComparison(what: string, { far, near }: Record<'far' | 'near', number[]>): void {
  const cells = [0.5, 0.99].flatMap((share) => {
    const [of, beside] = [percentile(far, share), percentile(near, share)]
    return [of.toFixed(1), beside.toFixed(1), (of / beside).toFixed(2)]
  })
  console.log(`| ${[what, ...cells].join(' | ')} |`)
}

/** Reads of pages that nothing has, one after the other, from the moment at which the near region is gone. */
async function afterCut(api: ApiClient, firstQuestion: number): Promise<number[]> {
  const times: number[] = []
  for (let read = 0; read < 20; read += 1) {
    const tookMs = await timeOf(api, firstQuestion + read, 'database')
    if (tookMs === null) throw new Error('a page that nothing has was answered by a tier')
    times.push(tookMs)
  }
  return times
}

function printCut(what: string, times: readonly number[]): void {
  const slow = times.findLastIndex((tookMs) => tookMs > 3 * percentile(times, 0.5)) + 1
  const cells = [
    times[0] ?? 0,
    Math.max(...times),
    times.slice(0, slow).reduce((sum, tookMs) => sum + tookMs, 0),
  ]
  console.log(
    `| ${[what, ...cells.map((ms) => ms.toFixed(0)), percentile(times, 0.5).toFixed(1)].join(' | ')} |`,
  )
}

async function run(): Promise<void> {
  const oneWayMs = options.awayMs / 2
  const home = await startFirstRegion()
  stops.push(() => home.stop())
  const { file } = home.stack
  const region = await prepareSecondRegion()
  stops.push(() => region.stop())
  const database = await network(file.supabase.url, oneWayMs)
  await region.start({ ...file, supabase: { ...file.supabase, url: database.url } }, file.supabase.url)
  const first = {
    ORIGIN_URL: (await network(file.origin, oneWayMs)).url,
    UPSTASH_REDIS_REST_URL: (await network(file.redis?.url ?? '', oneWayMs)).url,
  }
  const [origin, redis] = [await network(region.originUrl, 0), await network(region.redis.url, 0)]
  const far = await startWorker(file, { ...first, CALLER_PLACE: region.variables['CALLER_PLACE'] ?? '' })
  const near = await startWorker(file, {
    ...first,
    ...variablesOf({ originUrl: origin.url, redisUrl: redis.url }),
  })

  console.log(
    '| a read that is answered by | p50 ms, region away | near | ratio | p99 ms, region away | near | ratio |\n| --- | --- | --- | --- | --- | --- | --- |',
  )
  // The first reads connect, and learn the settings of the workspace.
  for (const api of [far, near]) await api.page('board_123', 'per_page=3')
  printComparison('the database', await compare(far, near, 'database'))
  printComparison('Redis', await compare(far, near, 'redis_cache'))

  console.log(
    '\n| the near region | first read ms | slowest read ms | until reads are as usual ms | p50 ms |\n| --- | --- | --- | --- | --- |',
  )
  origin.cut()
  redis.cut()
  printCut('refuses connections', await afterCut(near, options.reads))
  origin.mend()
  redis.mend()
  const again = await startWorker(file, {
    ...first,
    ...variablesOf({ originUrl: origin.url, redisUrl: redis.url }),
  })
  await again.page('board_123', 'per_page=3')
  origin.silence()
  redis.silence()
  printCut('says nothing', await afterCut(again, options.reads + 20))
}

console.log(
  `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}; load before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${options.reads} reads, ${options.awayMs} ms there and back\n`,
)
try {
  await run()
} finally {
  for (const stop of stops.reverse()) await stop()
}
