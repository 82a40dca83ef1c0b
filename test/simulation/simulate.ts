import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { z } from 'zod'
import type { Result } from '../../shared/result.ts'
import { wholeNumberOption } from '../support/whole-number-option.ts'
import { happenings } from './happenings.ts'
import { simulateLive } from './live/live.ts'
import { liveHappenings } from './live/live-happenings.ts'
import { type Failure, simulate } from './simulation.ts'

/**
 * `npm run simulate` runs thousands of seeds on two threads. `-- --seeds 500 --from 20001` runs other seeds, and `--
 * --seed 7` runs one of them and prints everything that happens in it. `-- --live` runs live boards instead of reads. Fails if a promise
 * was broken.
 */
const threadsMax = 2
const seedsDefault = 10_000
/** The run stops after this many failures. */
const failuresMax = 5
const progressEverySeeds = 500

const shareSchema = z.object({ isLive: z.boolean(), from: z.int(), until: z.int(), step: z.int() })

type Counts = Readonly<Record<string, number>>

/** A run of either simulation. */
type Simulate = (
  seed: number,
  tell?: ((line: string) => void) | null,
) => Promise<Result<{ readonly reads: number; readonly steps: number; readonly happened: Counts }, Failure>>

/** A thread's report about one seed. */
interface Told {
  readonly reads: number
  readonly steps: number
  readonly happened: Counts
  readonly failure: Failure | null
}

if (isMainThread) await main()
else await runShare(shareSchema.parse(workerData))

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...{ seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string' } },
      live: { type: 'boolean' },
    },
  })
  const { from = '1', seeds = `${seedsDefault}`, live: isLive = false } = values
  if (values.seed !== undefined) return tellOne(isLive, wholeNumberOption('seed', values.seed))
  await runMany(isLive, wholeNumberOption('from', from), wholeNumberOption('seeds', seeds))
}

function simulationOf(isLive: boolean): Simulate {
  return isLive ? simulateLive : simulate
}

async function tellOne(isLive: boolean, seed: number): Promise<void> {
  const run = await simulationOf(isLive)(seed, console.log)
  console.log(run.ok ? run.value : run.error)
  process.exitCode = run.ok ? 0 : 1
}

async function runMany(isLive: boolean, from: number, seeds: number): Promise<void> {
  const startedAtMs = performance.now()
  const threads = Math.min(threadsMax, availableParallelism(), seeds)
  const totals = { seeds: 0, reads: 0, steps: 0 }
  const all = new Map<string, number>((isLive ? liveHappenings : happenings).map((name) => [name, 0]))
  const failures: Failure[] = []
  const take = ({ reads, steps, happened, failure }: Told) => {
    totals.seeds += 1
    totals.reads += reads
    totals.steps += steps
    for (const [what, times] of Object.entries(happened)) all.set(what, (all.get(what) ?? 0) + times)
    if (failure !== null) {
      failures.push(failure)
      console.log(said(isLive, failure))
    }
    if (totals.seeds % progressEverySeeds === 0) console.log(`${totals.seeds} of ${seeds} seeds`)
    return failures.length < failuresMax
  }
  await Promise.all(
    Array.from({ length: threads }, (_, index) =>
      runThread({ isLive, from: from + index, until: from + seeds, step: threads }, take),
    ),
  )
  const seconds = (performance.now() - startedAtMs) / 1000
  console.log(
    `${totals.seeds} seeds, ${totals.reads} reads, ${totals.steps} steps in ${seconds.toFixed(0)} s (${(totals.seeds / seconds).toFixed(1)} seeds a second on ${threads} threads): ${failures.length} broke a promise`,
  )
  for (const [what, times] of all) console.log(`  ${what}: ${times}`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

function said(isLive: boolean, { seed, step, atMs, promise }: Failure): string {
  const options = `${isLive ? '--live ' : ''}--seed ${seed}`
  return `seed ${seed}, step ${step}, ${atMs} ms: ${promise} (npm run simulate -- ${options})`
}

/** Runs a thread until it has finished its share or `take` has seen enough. */
function runThread(share: z.output<typeof shareSchema>, take: (told: Told) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: share })
    thread.on('message', (told: Told) => {
      if (!take(told)) void thread.terminate()
    })
    thread.on('error', reject)
    thread.on('exit', () => resolve())
  })
}

async function runShare({ isLive, from, until, step }: z.output<typeof shareSchema>): Promise<void> {
  for (let seed = from; seed < until; seed += step) {
    const run = await simulationOf(isLive)(seed)
    const told: Told = run.ok
      ? { reads: run.value.reads, steps: run.value.steps, happened: run.value.happened, failure: null }
      : { reads: 0, steps: run.error.step, happened: {}, failure: run.error }
    parentPort?.postMessage(told)
    // A run never yields to the event loop. Without this pause no message would leave the thread before its share is
    // done.
    await new Promise((resolve) => setImmediate(resolve))
  }
}
