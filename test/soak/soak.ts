import { cpus, loadavg } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { floodedWorkspaceId, readWorkspaceId } from '../bench/mix-questions.ts'
import { floodedContacts } from '../bench/mix-writes.ts'
import { type FuzzStack, startFuzzStack } from '../fuzz/fuzz-stack.ts'
import { type Growth, judgeGrowth, type Reading } from './growth.ts'
import { type Load, startLoad } from './load.ts'
import { createSampler, type Figure, kinds } from './samples.ts'

/**
 * `npm run soak -- --minutes 60` runs the whole local stack under the mix of everything (load.ts) and samples what could grow
 * (samples.ts). At the end it prints the first and the last value of each figure, its slope and its verdict (growth.ts). It fails
 * where a figure grows, and where a read or a write fails. It needs Linux, because it reads /proc.
 */
const options = z
  .object({
    minutes: z.coerce.number().min(1).max(1_440),
    everySeconds: z.coerce.number().int().min(5).max(600),
    connections: z.coerce.number().int().min(1).max(64),
    writesPerSecond: z.coerce.number().min(1).max(1_000),
    contacts: z.coerce.number().int().min(2_000).max(20_000),
    seed: z.coerce.number().int(),
  })
  .parse(
    parseArgs({
      options: {
        minutes: { type: 'string', default: '60' },
        everySeconds: { type: 'string', default: '60' },
        connections: { type: 'string', default: '4' },
        writesPerSecond: { type: 'string', default: '20' },
        contacts: { type: 'string', default: '20000' },
        seed: { type: 'string', default: '1' },
      },
    }).values,
  )

/** Small enough to be full before the warm-up is over. */
const memoryCacheBytes = 4 * 1_048_576

function start(): Promise<FuzzStack> {
  return startFuzzStack({
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
}

interface Series extends Pick<Figure, 'name' | 'kind'> {
  readonly readings: Reading[]
}

async function sampleUntil(stack: FuzzStack, load: Load): Promise<readonly Series[]> {
  const all = new Map<string, Series>()
  const sampler = await createSampler(stack.stack)
  const startedAtMs = performance.now()
  try {
    for (let number = 0; ; number += 1) {
      const atMinutes = (performance.now() - startedAtMs) / 60_000
      for (const { name, kind, value } of await sampler.sample()) {
        const series = all.get(name) ?? { name, kind, readings: [] }
        all.set(name, series)
        series.readings.push({ atMinutes, value })
      }
      const reads = [...load.readers.take().byResource.values()].reduce((sum, each) => sum + each.reads, 0)
      console.log(`minute ${atMinutes.toFixed(1)}: ${reads} reads since the last sample`)
      const nextMs = startedAtMs + (number + 1) * options.everySeconds * 1_000
      if (nextMs - startedAtMs > options.minutes * 60_000) return [...all.values()]
      await wait(Math.max(0, nextMs - performance.now()))
    }
  } finally {
    sampler.close()
  }
}

const divisors = { MB: 1_048_576, kB: 1_024, B: 1, '': 1 } as const

function printFigures(all: readonly Series[]): void {
  const judged = all
    .map((series) => ({ ...series, growth: judgeGrowth(series.readings, kinds[series.kind].floor) }))
    .toSorted((one, other) => one.name.localeCompare(other.name))
  console.log(
    '\n| figure | unit | first | last | slope an hour | verdict |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const { name, kind, growth } of judged) console.log(rowOf(name, kind, growth))
  const grown = judged.filter(({ growth }) => growth.verdict === 'growing')
  for (const { name } of grown) missed(`${name} grows`)
  if (judged.some(({ growth }) => growth.verdict === 'short'))
    console.log('The run was too short for some figures.')
}

function rowOf(name: string, kind: Figure['kind'], { first, last, slopePerHour, verdict }: Growth): string {
  const { unit } = kinds[kind]
  const shown = [first, last, slopePerHour].map((value) =>
    (value / divisors[unit]).toFixed(unit === '' ? 0 : 1),
  )
  return `| ${[name, unit, ...shown, verdict].join(' | ')} |`
}

function printWork(load: Load, seconds: number): void {
  console.log('\n| beside the reads | a second | failed |\n| --- | --- | --- |')
  for (const [name, { done, failures }] of load.tallies()) {
    const failed = [...failures].map(([what, times]) => `${times} × ${what}`).join(', ')
    console.log(`| ${name} | ${(done / seconds).toFixed(1)} | ${failed === '' ? 0 : failed} |`)
    if (failures.size > 0) missed(`${name}: ${failed}`)
  }
}

function missed(what: string): void {
  console.log(`MISSED: ${what}`)
  process.exitCode = 1
}

console.log(
  `${cpus().length} cores; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${options.minutes} minutes, a sample every ${options.everySeconds} s, seed ${options.seed}`,
)
const fuzzed = await start()
try {
  const { stack } = fuzzed
  const features = { contactCounts: true, contactLists: true, search: true, messageHistory: true }
  await stack.api({ workspaceId: floodedWorkspaceId }).changeSettings({ features })
  await stack
    .api({ token: stack.tokens.otherAdmin, workspaceId: readWorkspaceId })
    .changeSettings({ features })
  const load = await startLoad(fuzzed, { ...options, readersAtOnce: options.connections })
  const startedAtMs = performance.now()
  let series: readonly Series[]
  try {
    series = await sampleUntil(fuzzed, load)
  } finally {
    await load.stop()
  }
  printFigures(series)
  printWork(load, (performance.now() - startedAtMs) / 1_000)
} finally {
  await fuzzed.stop()
}
