import { cpus, loadavg } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { startFarOrigin } from '../support/far-origin.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { cpuMsOf, cpuMsOfServer } from './cpu-time.ts'

/**
 * `npm run bench:look` measures how long after a commit the ledger has advanced, on the local stack: from the moment at which a direct
 * SQL connection sends `commit` to the moment at which the Worker has answered the relay that the write is durable in its ledger. The
 * relay looks in one round and polls in the next one. Then it measures what each way costs while nothing is written. It fails if
 * a percentile of the looks is above its goal.
 */
const options = z
  .object({
    rounds: z.coerce.number().int().min(1).max(100),
    commits: z.coerce.number().int().min(1).max(10_000),
    idle: z.coerce.number().int().min(1).max(3_600),
  })
  .parse(
    parseArgs({
      options: {
        rounds: { type: 'string', default: '4' },
        commits: { type: 'string', default: '75' },
        idle: { type: 'string', default: '60' },
      },
    }).values,
  )

const goalMs = { p50: 60, p99: 150 } as const
/** The pause before a commit, at random, so that it falls anywhere between two polls. */
const pauseMs = { min: 50, max: 1_500 } as const
/** A relay that could not look tries again after ten seconds. */
const switchMs = 11_000
const advanceDeadlineMs = 10_000

type Way = 'look' | 'poll'
const ways = ['look', 'poll'] as const

interface World {
  readonly stack: TestStack
  /** Settles when the Worker has next answered the relay that its rows are durable. */
  advanced(): Promise<void>
  stop(): Promise<void>
}

async function startWorld(): Promise<World> {
  let tell: (() => void) | null = null
  // The relay posts through a proxy, which sees the answer as soon as the relay does.
  const proxy = await startFarOrigin(({ path, status }) => {
    if (path === '/api/cache/invalidate' && status === 200) tell?.()
    return 0
  })
  const stack = await startTestStack({
    contacts: 1_000,
    hasComparisons: true,
    originEnvironment: { WORKER_URL: proxy.url },
  })
  proxy.target = stack.worker
  return {
    stack,
    advanced: () =>
      new Promise((resolve, reject) => {
        const deadline = AbortSignal.timeout(advanceDeadlineMs)
        deadline.onabort = () => reject(new Error('the ledger did not advance'))
        tell = () => {
          tell = null
          deadline.onabort = null
          resolve()
        }
      }),
    async stop() {
      await stack.stop()
      await proxy.stop()
    },
  }
}

/** Without the right to look, the relay polls. */
async function switchTo(way: Way, { sql }: TestStack): Promise<void> {
  await (way === 'look'
    ? sql`grant execute on function public.outbox_wait(integer) to service_role`
    : sql`revoke execute on function public.outbox_wait(integer) from service_role`)
  await setTimeout(switchMs)
}

async function measureCommits({ stack, advanced }: World, commits: number): Promise<number[]> {
  const connection = await stack.sql.reserve()
  const timesMs: number[] = []
  for (let commit = 0; commit < commits; commit += 1) {
    await setTimeout(pauseMs.min + Math.random() * (pauseMs.max - pauseMs.min))
    await connection`begin`
    await connection`update contacts set name = ${`Commit ${commit}`} where workspace_id = '15213' and id = 'contact_000001'`
    const advancing = advanced()
    const sentAtMs = performance.now()
    await connection`commit`
    await advancing
    timesMs.push(performance.now() - sentAtMs)
  }
  connection.release()
  return timesMs
}

/** The calls of the database in a minute, and the shares of a core that are used. */
interface Idle {
  readonly looks: number
  readonly claims: number
  readonly postgresCores: number
  readonly supabaseCores: number
  readonly originCores: number
}

async function measureIdle({ sql, pieces }: TestStack, seconds: number): Promise<Idle> {
  const read = async () => {
    const rows =
      await sql`select funcname, calls::int from pg_stat_user_functions where schemaname = 'public'`
    const callsOf = (name: string) => Number(rows.find((row) => row['funcname'] === name)?.['calls'] ?? 0)
    const { postgres, supabase, origin } = pieces
    return {
      atMs: performance.now(),
      looks: callsOf('outbox_wait'),
      claims: callsOf('outbox_claim'),
      postgresMs: await cpuMsOfServer(pidOf(postgres)),
      supabaseMs: await cpuMsOf(pidOf(supabase)),
      originMs: await cpuMsOf(pidOf(origin)),
    }
  }
  const before = await read()
  await setTimeout(seconds * 1_000)
  const after = await read()
  const elapsedMs = after.atMs - before.atMs
  return {
    looks: ((after.looks - before.looks) * 60_000) / elapsedMs,
    claims: ((after.claims - before.claims) * 60_000) / elapsedMs,
    postgresCores: (after.postgresMs - before.postgresMs) / elapsedMs,
    supabaseCores: (after.supabaseMs - before.supabaseMs) / elapsedMs,
    originCores: (after.originMs - before.originMs) / elapsedMs,
  }
}

function pidOf({ pid }: { readonly pid: number | null }): number {
  if (pid === null) throw new Error('a piece of the stack has ended')
  return pid
}

function printTimes(timesMs: Readonly<Record<Way, readonly number[]>>): void {
  console.log('| commit to ledger | commits | p50 ms | p99 ms | max ms |\n| --- | --- | --- | --- | --- |')
  const at = (way: Way, share: number) => percentile(timesMs[way], share)
  for (const way of ways) {
    const cells = [0.5, 0.99, 1].map((share) => at(way, share).toFixed(0))
    console.log(`| ${[way, timesMs[way].length, ...cells].join(' | ')} |`)
  }
  const ratios = [0.5, 0.99, 1].map((share) => `${(at('poll', share) / at('look', share)).toFixed(1)} ×`)
  console.log(`| poll : look | | ${ratios.join(' | ')} |`)
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    if (at('look', share) <= goalMs[name]) continue
    console.log(`MISSED: the ${name} with looks is above ${goalMs[name]} ms`)
    process.exitCode = 1
  }
}

function printIdle(way: Way, idle: Idle): void {
  const cores = [idle.postgresCores, idle.supabaseCores, idle.originCores].map((each) => each.toFixed(3))
  console.log(`| ${[way, idle.looks.toFixed(0), idle.claims.toFixed(0), ...cores].join(' | ')} |`)
}

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}\n`,
)
const world = await startWorld()
try {
  const { stack } = world
  await stack.sql`alter system set track_functions = 'pl'`
  await stack.sql`select pg_reload_conf()`
  const timesMs: Record<Way, number[]> = { look: [], poll: [] }
  for (let round = 0; round < options.rounds; round += 1) {
    for (const way of ways) {
      await switchTo(way, stack)
      timesMs[way].push(...(await measureCommits(world, options.commits)))
    }
  }
  printTimes(timesMs)
  console.log(
    '\n| idle | looks a minute | claims a minute | Postgres, cores | Supabase, cores | origin, cores |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const way of ways) {
    await switchTo(way, stack)
    printIdle(way, await measureIdle(stack, options.idle))
  }
} finally {
  await world.stop()
}
