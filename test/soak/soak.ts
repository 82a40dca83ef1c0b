import { cpus, loadavg } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { readStackFile } from '../../origin/local/stack-file.ts'
import { floodedWorkspaceId, readWorkspaceId } from '../bench/mix-questions.ts'
import { floodedContacts } from '../bench/mix-writes.ts'
import { type FuzzStack, startFuzzStack } from '../fuzz/fuzz-stack.ts'
import { exitCodeOf, type Growth, judgeGrowth, minutesToJudge, type Reading } from './growth.ts'
import { type Load, startLoad } from './load.ts'
import { createSampler, type Figure, judgedTableBytes, kinds, type Sampler } from './samples.ts'

/**
 * `npm run soak -- --minutes 60` runs the whole local stack under the mix of everything (load.ts) and samples what could grow
 * (samples.ts). At the end it prints the first and the last value of each figure, its slope and its verdict (growth.ts). It ends with 1
 * if a figure grows, a read or a write fails or a program was restarted, and with 2 if none of these happened but the run was too short to
 * call the figures flat. It needs Linux, because it reads /proc.
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
const redisMemory = '8mb'

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

/** A Redis that evicts, as a deployment has one. Without a bound it would grow with every question, for the lifetime of an entry. */
async function boundRedis({ stack }: FuzzStack): Promise<void> {
  const { redis: described } = await readStackFile(dirname(stack.logs))
  if (described?.tcp == null) return
  const redis = new Redis(described.tcp)
  await redis.config('SET', 'maxmemory', redisMemory)
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  redis.disconnect()
}

interface Series extends Pick<Figure, 'name' | 'kind' | 'ofBytes'> {
  readonly readings: Reading[]
}

/** A machine that is busy may miss some samples. Of a run that misses more, nothing can be said. */
const missedSamplesShare = 0.1

/** Reads since the start, and those that had neither an answer nor a 404. */
const reads = { done: 0, failures: new Map<string, number>() }

function countReads({ readers }: Load): number {
  const { byResource, unexpected } = readers.take()
  const done = [...byResource.values()].reduce((sum, each) => sum + each.reads, 0)
  reads.done += done
  for (const [name, times] of unexpected) reads.failures.set(name, (reads.failures.get(name) ?? 0) + times)
  return done
}

async function sampleUntil(stack: FuzzStack, load: Load): Promise<readonly Series[]> {
  const all = new Map<string, Series>()
  const sampler = await createSampler(stack.stack)
  const startedAtMs = performance.now()
  let missedSamples = 0
  try {
    for (let number = 0; ; number += 1) {
      const atMinutes = (performance.now() - startedAtMs) / 60_000
      if (!(await addSample(all, sampler, atMinutes))) missedSamples += 1
      console.log(`minute ${atMinutes.toFixed(1)}: ${countReads(load)} reads since the last sample`)
      const nextMs = startedAtMs + (number + 1) * options.everySeconds * 1_000
      if (nextMs - startedAtMs > options.minutes * 60_000) {
        if (missedSamples > missedSamplesShare * (number + 1)) missed(`${missedSamples} samples`)
        for (const name of await sampler.restarted()) missed(`${name} was restarted`)
        return [...all.values()]
      }
      await wait(Math.max(0, nextMs - performance.now()))
    }
  } finally {
    sampler.close()
  }
}

async function addSample(all: Map<string, Series>, sampler: Sampler, atMinutes: number): Promise<boolean> {
  try {
    for (const { value, ...figure } of await sampler.sample()) {
      const readings = all.get(figure.name)?.readings ?? []
      readings.push({ atMinutes, value })
      all.set(figure.name, { ...figure, readings })
    }
    return true
  } catch (error) {
    console.log(`minute ${atMinutes.toFixed(1)}: no sample (${String(error)})`)
    return false
  }
}

const divisors = { MB: 1_048_576, kB: 1_024, B: 1, times: 1, '': 1 } as const

/** Tables without rows stay as they are, and would fill the page. */
const isWorthARow = ({ kind, readings, ofBytes = judgedTableBytes }: Series) =>
  ofBytes >= judgedTableBytes && (kind !== 'size' || readings.some(({ value }) => value > kinds.size.floor))

function printFigures(all: readonly Series[]): readonly Growth[] {
  const shown = all.filter(isWorthARow)
  const judged = shown
    .map((series) => ({ ...series, growth: judgeGrowth(series.readings, kinds[series.kind].floor) }))
    .toSorted((one, other) => one.name.localeCompare(other.name))
  console.log(
    '\n| figure | unit | first | last | slope an hour | verdict |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const { name, kind, growth } of judged) console.log(rowOf(name, kind, growth))
  console.log(`${all.length - shown.length} figures of tables that are small`)
  for (const { name, growth } of judged) if (growth.verdict === 'growing') missed(`${name} grows`)
  return judged.map(({ growth }) => growth)
}

function rowOf(name: string, kind: Figure['kind'], { first, last, slopePerHour, verdict }: Growth): string {
  const { unit } = kinds[kind]
  const shown = [first, last, slopePerHour].map((value) =>
    (value / divisors[unit]).toFixed(unit === '' ? 0 : 1),
  )
  return `| ${[name, unit, ...shown, verdict].join(' | ')} |`
}

function printWork(load: Load, seconds: number): void {
  console.log('\n| work | a second | failed |\n| --- | --- | --- |')
  for (const [name, { done, failures }] of [['reads', reads] as const, ...load.tallies()]) {
    const failed = [...failures].map(([what, times]) => `${times} × ${what}`).join(', ')
    console.log(`| ${name} | ${(done / seconds).toFixed(1)} | ${failed === '' ? 0 : failed} |`)
    if (failures.size > 0) missed(`${name}: ${failed}`)
  }
}

const failures: string[] = []

function missed(what: string): void {
  console.log(`MISSED: ${what}`)
  failures.push(what)
}

function endWith(growths: readonly Growth[]): void {
  const exitCode = exitCodeOf(
    growths.map(({ verdict }) => verdict),
    failures.length > 0,
  )
  process.exitCode = exitCode
  if (exitCode === 0) console.log('FLAT: nothing grows')
  if (exitCode === 2)
    console.log(`NOT JUDGED: a run must take ${minutesToJudge} minutes or more before it can be called flat`)
}

console.log(
  `${cpus().length} cores; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${options.minutes} minutes, a sample every ${options.everySeconds} s, seed ${options.seed}`,
)
const fuzzed = await start()
try {
  const { stack } = fuzzed
  await boundRedis(fuzzed)
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
  const growths = printFigures(series)
  printWork(load, (performance.now() - startedAtMs) / 1_000)
  endWith(growths)
} finally {
  await fuzzed.stop()
}
