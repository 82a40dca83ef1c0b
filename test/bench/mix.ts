import { cpus, loadavg } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import { resources } from '../../shared/resources/index.ts'
import { createDice } from '../support/dice.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { createRandom } from '../support/random.ts'
import { attachMemoryProbe, residentBytesOf } from './live-memory.ts'
import { median } from './median.ts'
import { floodedWorkspaceId, prepareQuestions, readWorkspaceId } from './mix-questions.ts'
import { type MixedReaders, startReaders, type Tally } from './mix-readers.ts'
import { type Flood, floodedContacts, startFlood } from './mix-writes.ts'

/**
 * `npm run bench:mix` reads all resources on the local stack, nine of ten reads from the cache, for ten minutes, with a flood of writes
 * beside it. It fails where a read or a write gets a 5xx or no answer, and where Worker or origin hold more memory in the last
 * minute than in the first. The memory is that which is left after a garbage collection, at the median of a minute.
 */
const options = z
  .object({
    minutes: z.coerce.number().int().min(2).max(120),
    /** How long the load runs before the first minute. By default what grows to a bound within minutes has reached it by then. */
    warmUpSeconds: z.coerce.number().int().min(0).max(600),
    connections: z.coerce.number().int().min(1).max(64),
    writesPerSecond: z.coerce.number().min(1).max(1_000),
    contacts: z.coerce.number().int().min(2_000).max(20_000),
    seed: z.coerce.number().int(),
  })
  .parse(
    parseArgs({
      options: {
        minutes: { type: 'string', default: '10' },
        warmUpSeconds: { type: 'string', default: String(limits.samplesFineSeconds + 30) },
        connections: { type: 'string', default: '8' },
        writesPerSecond: { type: 'string', default: '50' },
        contacts: { type: 'string', default: '20000' },
        seed: { type: 'string', default: '1' },
      },
    }).values,
  )

const sampleEveryMs = 10_000
/** Small enough to be full before the first minute. */
const memoryCacheBytes = 4 * 1_048_576
/**
 * Of the first minute's memory. It is above what grows to a bound for longer than a run lasts: an hour of samples of the figures, and
 * the ids of a ledger's last 10,000 events. A leak of twenty bytes a request is more.
 */
const growthMax = 0.1
const programs = ['worker', 'origin'] as const
type Program = (typeof programs)[number]

interface Sample {
  readonly liveBytes: number
  readonly residentBytes: number
}
type Samples = Readonly<Record<Program, Sample[]>>

function missed(what: string): void {
  console.log(`MISSED: ${what}`)
  process.exitCode = 1
}

async function start(): Promise<TestStack> {
  const stack = await startTestStack({
    contacts: floodedContacts,
    livelyContacts: options.contacts,
    hasComparisons: true,
    hasInspectors: true,
    workerVariables: {
      MEMORY_CACHE_BYTES: String(memoryCacheBytes),
      VOICE_RATE_LIMIT_NUMBER_MAX: '0',
      VOICE_RATE_LIMIT_ORGANIZATION_MAX: '0',
      LOG_LEVEL: 'error',
    },
  })
  const features = { contactCounts: true, contactLists: true, search: true, messageHistory: true }
  const { admin, otherAdmin } = stack.tokens
  await stack.api({ token: admin, workspaceId: floodedWorkspaceId }).changeSettings({ features })
  await stack.api({ token: otherAdmin, workspaceId: readWorkspaceId }).changeSettings({ features })
  return stack
}

async function attachProbes({ inspectors, pieces }: TestStack) {
  if (inspectors === null) throw new Error('the stack has no inspectors')
  const probes = {
    worker: await attachMemoryProbe(inspectors.worker),
    origin: await attachMemoryProbe(inspectors.origin),
  }
  return {
    async sample(program: Program): Promise<Sample> {
      const { pid } = pieces[program]
      if (pid === null) throw new Error(`the ${program} has ended`)
      return { liveBytes: await probes[program].liveBytes(), residentBytes: await residentBytesOf(pid) }
    },
    close() {
      for (const program of programs) probes[program].close()
    },
  }
}

type Probes = Awaited<ReturnType<typeof attachProbes>>

/** A minute of load. Answers its reads and what Worker and origin held meanwhile. */
async function runMinute(readers: MixedReaders, probes: Probes): Promise<{ tally: Tally; samples: Samples }> {
  const samples: Samples = { worker: [], origin: [] }
  const startedAtMs = performance.now()
  for (let number = 1; number <= 60_000 / sampleEveryMs; number += 1) {
    await wait(Math.max(0, startedAtMs + number * sampleEveryMs - performance.now()))
    for (const program of programs) samples[program].push(await probes.sample(program))
  }
  return { tally: readers.take(), samples }
}

function printReads(minutes: readonly Tally[], seconds: number): void {
  const of = (name: string) =>
    minutes.flatMap(({ byResource }) =>
      [...byResource].filter(([resource]) => resource === name).map(([, reads]) => reads),
    )
  const row = (name: string, reads: ReturnType<typeof of>) => {
    const total = reads.reduce((sum, each) => sum + each.reads, 0)
    const hits = reads.reduce((sum, each) => sum + each.hits, 0)
    const durations = reads.flatMap(({ durationsMs }) => durationsMs)
    const cells = [name, (total / seconds).toFixed(1), `${((100 * hits) / total).toFixed(1)} %`]
    console.log(
      `| ${[...cells, ...[0.5, 0.99].map((share) => percentile(durations, share).toFixed(1))].join(' | ')} |`,
    )
  }
  console.log('\n| resource | requests/s | hits | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- |')
  for (const { name } of resources) row(name, of(name))
  row(
    'all',
    resources.flatMap(({ name }) => of(name)),
  )
}

function printWrites({ tallies }: Flood, seconds: number): void {
  console.log('\n| beside it | a second | failed |\n| --- | --- | --- |')
  for (const [name, { done, failures }] of tallies) {
    const failed = [...failures].map(([what, times]) => `${times} × ${what}`).join(', ')
    console.log(`| ${name} | ${(done / seconds).toFixed(1)} | ${failed === '' ? 0 : failed} |`)
    if (failures.size > 0) missed(`${name}: ${failed}`)
  }
}

const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(1)

function printMemory(first: Samples, last: Samples): void {
  console.log(
    '\n| memory, median of a minute | first minute MB | last minute MB | growth |\n| --- | --- | --- | --- |',
  )
  for (const program of programs) {
    for (const [name, of] of [
      ['after garbage collection', 'liveBytes'],
      ['resident', 'residentBytes'],
    ] as const) {
      const [before, after] = [first, last].map((samples) =>
        median(samples[program].map((sample) => sample[of])),
      )
      const growth = (after ?? Number.NaN) / (before ?? Number.NaN) - 1
      console.log(
        `| ${program}, ${name} | ${megabytes(before ?? Number.NaN)} | ${megabytes(after ?? Number.NaN)} | ${(100 * growth).toFixed(1)} % |`,
      )
      if (of === 'liveBytes' && !(growth <= growthMax)) missed(`the memory of the ${program} grows`)
    }
  }
}

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${options.minutes} minutes, ${options.connections} connections, seed ${options.seed}`,
)
const stack = await start()
try {
  const questions = await prepareQuestions(stack.sql)
  const flood = await startFlood(stack, options.writesPerSecond)
  const readers = startReaders(stack, questions, options.connections, createDice(createRandom(options.seed)))
  const startedAtMs = performance.now()
  const probes = await attachProbes(stack)
  const minutes: Awaited<ReturnType<typeof runMinute>>[] = []
  try {
    await wait(1_000 * options.warmUpSeconds)
    const { unexpected } = readers.take()
    for (let minute = 1; minute <= options.minutes; minute += 1) {
      const ran = await runMinute(readers, probes)
      minutes.push(ran)
      const memory = programs.map(
        (program) => `${program} ${megabytes(median(ran.samples[program].map((each) => each.liveBytes)))} MB`,
      )
      const reads = [...ran.tally.byResource.values()].reduce((sum, each) => sum + each.reads, 0)
      console.log(`minute ${minute}: ${(reads / 60).toFixed(0)} requests/s, ${memory.join(', ')}`)
    }
    const all = [unexpected, ...minutes.map(({ tally }) => tally.unexpected)].flatMap((each) => [...each])
    for (const [what, times] of all) missed(`${times} × ${what}`)
  } finally {
    probes.close()
    await flood.stop()
    await readers.stop()
  }
  printReads(
    minutes.map(({ tally }) => tally),
    60 * options.minutes,
  )
  printWrites(flood, (performance.now() - startedAtMs) / 1_000)
  const [first, last] = [minutes[0], minutes.at(-1)]
  if (first !== undefined && last !== undefined) printMemory(first.samples, last.samples)
} finally {
  await stack.stop()
}
