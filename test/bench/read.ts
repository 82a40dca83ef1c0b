import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { createDice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import { cpuMsOf } from './cpu-time.ts'
import { median } from './median.ts'
import { type Loaded, type LoadProcess, startLoadProcess } from './read-load.ts'
import { page } from './read-page.ts'
import { constant, subjects, subjectsOf, yardstick } from './read-subjects.ts'
import { type RunningSubject, type RunningWorkers, startWorkers } from './read-workers.ts'

/**
 * `npm run bench:read` measures one page, answered by the same workerd in several ways. In each round every subject
 * is measured once, in random order, and the medians are reported, since no machine is ever quite idle. The load
 * comes from a process of its own, so workerd's CPU time contains nothing of it. It does contain Miniflare's
 * simulators of KV, cache and Durable Objects, for the bare Worker that reads KV as for all others.
 */
const connections = 16
const warmUpSeconds = 2
const dice = createDice(Math.random)

const options = z
  .object({
    rounds: z.coerce.number().int().min(1).max(100),
    seconds: z.coerce.number().min(1).max(60),
    /** Measures only the subjects with this in their names, and those they are compared with. */
    only: z.string(),
    /** The folder of another version of the project, which is measured in the same rounds. */
    before: z.string().optional(),
    /**
     * Requests a second, the same for every subject. Without it each subject is asked as fast as it answers, and then a faster one
     * makes more garbage a second, so that latencies do not compare.
     */
    rate: z.coerce.number().int().min(1).max(100_000).optional(),
  })
  .parse(
    parseArgs({
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '4' },
        only: { type: 'string', default: '' },
        before: { type: 'string' },
        rate: { type: 'string' },
      },
    }).values,
  )

interface Measured extends Loaded {
  /** workerd's CPU time, user and system, for what it answered. */
  readonly cpuMs: number
}

async function measure(
  { url, headers }: RunningSubject,
  seconds: number,
  workerdPid: number,
  load: LoadProcess,
): Promise<Measured> {
  const beforeMs = await cpuMsOf(workerdPid)
  const loaded = await load.run({ url, headers, connections, seconds, rate: options.rate ?? null })
  return { ...loaded, cpuMs: ((await cpuMsOf(workerdPid)) - beforeMs) / loaded.requests }
}

const answerSchema = z.object({ data: z.object({ _cache: z.object({ source: z.string() }) }) })

/** Repeats the request until the answer is complete and comes from the expected source. */
async function warmUp({ url, headers, source }: RunningSubject): Promise<void> {
  await eventually(async () => {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) })
    const text = await response.text()
    if (response.status !== 200 || text.length < page.length) throw new Error(`${response.status}: ${text}`)
    return source === null || answerSchema.parse(JSON.parse(text)).data._cache.source === source
  })
}

async function measureAll({ subjects, workerdPid }: RunningWorkers, load: LoadProcess) {
  const rounds: Map<RunningSubject, Measured>[] = []
  for (const subject of subjects) {
    await warmUp(subject)
    await measure(subject, warmUpSeconds, workerdPid, load)
  }
  for (let round = 0; round < options.rounds; round += 1) {
    const measured = new Map<RunningSubject, Measured>()
    for (const subject of dice.shuffled(subjects)) {
      await warmUp(subject)
      measured.set(subject, await measure(subject, options.seconds, workerdPid, load))
    }
    rounds.push(measured)
  }
  return rounds
}

function printTable(
  { subjects }: RunningWorkers,
  rounds: readonly ReadonlyMap<RunningSubject, Measured>[],
): void {
  const of = (subject: RunningSubject | undefined) =>
    rounds.flatMap((round) => (subject && round.get(subject)) ?? [])
  const [yards, constants] = [yardstick, constant].map(({ name }) =>
    of(subjects.find((subject) => subject.name === name)),
  )
  console.log(
    '\n| | requests/s | p50 ms | p99 ms | CPU ms a request | requests/s : constant | requests/s : KV | CPU : KV | failures |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const subject of subjects) {
    const measured = of(subject)
    const middle = (of: keyof Measured) => median(measured.map((each) => each[of]))
    // Compares round by round, because whatever slowed the machine down in a round slowed both.
    const ratio = (of: 'perSecond' | 'cpuMs', against = yards) =>
      median(measured.map((each, round) => each[of] / (against?.[round]?.[of] ?? Number.NaN)))
    const cells = [
      subject.name,
      middle('perSecond').toFixed(0),
      middle('p50Ms').toFixed(0),
      middle('p99Ms').toFixed(0),
      middle('cpuMs').toFixed(3),
      ratio('perSecond', constants).toFixed(2),
      ratio('perSecond').toFixed(2),
      ratio('cpuMs').toFixed(2),
      measured.reduce((sum, { failures }) => sum + failures, 0),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  const speeds = (yards ?? []).map(({ perSecond }) => perSecond)
  const spread = (Math.max(...speeds) - Math.min(...speeds)) / median(speeds)
  console.log(
    `\n"${yardstick.name}" itself varied by ${(100 * spread).toFixed(0)} % from its slowest round to its fastest.`,
  )
}

const others = options.before === undefined ? [] : subjectsOf(options.before)
const chosen = [...subjects, ...others].filter(
  (subject) => subject === yardstick || subject === constant || subject.name.includes(options.only),
)
const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${connections} connections; a page of ${(Buffer.byteLength(page) / 1000).toFixed(1)} kB; ${options.rounds} rounds of ${options.seconds} s each`,
)
const workers = await startWorkers(chosen)
const load = startLoadProcess()
try {
  printTable(workers, await measureAll(workers, load))
} finally {
  load.stop()
  await workers.stop()
}
