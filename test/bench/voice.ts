import { rm } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { z } from 'zod'
import { sharedOptions, workerOptions } from '../../origin/local/worker-process.ts'
import { limits } from '../../shared/limits.ts'
import { startFarOrigin } from '../support/far-origin.ts'
import { startTestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import {
  type AnsweredCall,
  callerNumber,
  createVoicePlatform,
  inParallel,
  makeLeads,
  type VoicePlatform,
  variablesIn,
} from '../support/voice-calls.ts'
import { makeOutageCallers, outageStack, outagesOf } from '../support/voice-outages.ts'

/**
 * `npm run bench:voice` measures how long a voice platform waits before it picks up: for leads that nothing has read yet (cold) and
 * for the same leads again (warm), with the origin on this machine and 100 ms away; and then with each piece of the stack frozen and
 * gone, among which `--calls` calls are divided. It fails if a p99 of them is above the promised time. A Worker that answers a
 * constant is measured between the calls, in the same run. The webhook with which the figures are compared asks a plain Redis cache
 * for one key after the other: it takes 200 ms cold and 35 ms warm.
 */
const options = z
  .object({
    calls: z.coerce.number().int().min(10).max(20_000),
    atOnce: z.coerce.number().int().min(1).max(64),
  })
  .parse(
    parseArgs({
      options: {
        calls: { type: 'string', default: '2000' },
        atOnce: { type: 'string', default: '4' },
      },
    }).values,
  )

/**
 * The first calls come ten a second, which is more than the largest deployment has. Each makes the database answer three questions, so as
 * many as can be sent would measure how Worker, origin and database share the machine's cores.
 */
const firstCalls = { max: 500, everyMs: 100 } as const
/** The pause between two calls of one of those at once while a piece is away. Half of the calls are first ones there. */
const outageEveryMs = 100

const plainRedisMs = { cold: 200, warm: 35 } as const

/** A Worker that only answers, in a workerd of its own. */
async function startConstant(): Promise<{ readonly platform: VoicePlatform; stop(): Promise<void> }> {
  const dataDirectory = await makeDataDirectory()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...sharedOptions(dataDirectory),
      ...(await workerOptions({
        entry: fileURLToPath(new URL('workers/constant.ts', import.meta.url)),
        variables: { PAGE: '{}' },
      })),
      durableObjects: {},
    }),
  )
  const url = await miniflare.ready
  const platform = createVoicePlatform(url.origin, '')
  return {
    platform,
    async stop() {
      platform.stop()
      await miniflare.dispose()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

interface Measured {
  readonly calls: readonly AnsweredCall[]
  readonly constant: readonly AnsweredCall[]
}

/** Calls from `leads` numbers in turn. `everyMs` is the pause between two calls, or null for as many as are answered. */
async function measure(
  [platform, constant]: readonly [VoicePlatform, VoicePlatform],
  { calls, leads, everyMs }: { calls: number; leads: number; everyMs: number | null },
): Promise<Measured> {
  const both = await inParallel(calls, everyMs === null ? options.atOnce : 1, async (index) => {
    const pause = everyMs === null ? null : setTimeout(everyMs)
    const call = await platform.call(callerNumber(index % leads))
    const answered = { call, constant: await constant.yardstick() }
    await pause
    return answered
  })
  return { calls: both.map(({ call }) => call), constant: both.map((each) => each.constant) }
}

/** How many calls got their variables from where. */
function sharesOf(calls: readonly AnsweredCall[]): string {
  const sources = Map.groupBy(calls, (call) => variablesIn(call).context_source)
  return [...sources]
    .map(([source, of]) => `${source} ${((100 * of.length) / calls.length).toFixed(1)} %`)
    .join(', ')
}

function print(scenario: string, kind: keyof typeof plainRedisMs, { calls, constant }: Measured): void {
  const at = (answers: readonly AnsweredCall[], share: number) =>
    percentile(
      answers.map(({ durationMs }) => durationMs),
      share,
    ).toFixed(1)
  const late = calls.filter(({ durationMs }) => durationMs > limits.voiceAnswerMs).length
  const cells = [
    `${scenario}, ${kind}`,
    ...[0.5, 0.99, 0.999].map((share) => at(calls, share)),
    late,
    at(constant, 0.999),
    plainRedisMs[kind],
    sharesOf(calls),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

async function run(scenario: string, delayMs: number, constant: VoicePlatform): Promise<void> {
  const far = await startFarOrigin(() => delayMs)
  const stack = await startTestStack({
    contacts: 1_000,
    hasComparisons: true,
    workerVariables: {
      ...(delayMs === 0 ? {} : { ORIGIN_URL: far.url }),
      VOICE_RATE_LIMIT_NUMBER_MAX: '0',
      VOICE_RATE_LIMIT_ORGANIZATION_MAX: '0',
      LOG_LEVEL: 'silent',
    },
  })
  const platform = createVoicePlatform(stack.worker, stack.voiceWebhookSecret)
  try {
    far.target = stack.origin
    const leads = Math.min(options.calls, firstCalls.max)
    await makeLeads(stack.sql, leads)
    const both = [platform, constant] as const
    const { everyMs } = firstCalls
    print(scenario, 'cold', await measure(both, { calls: leads, leads, everyMs }))
    print(scenario, 'warm', await measure(both, { calls: options.calls, leads, everyMs: null }))
  } finally {
    platform.stop()
    await stack.stop()
    await far.stop()
  }
}

/** Half of the calls are from cached leads, half from unknown numbers; memory and the edge cache are off. */
async function runOutages(constant: VoicePlatform): Promise<void> {
  const stack = await startTestStack(outageStack)
  const platform = createVoicePlatform(stack.worker, stack.voiceWebhookSecret)
  try {
    const callers = await makeOutageCallers(stack, platform)
    const outages = outagesOf(() => stack)
    const calls = Math.ceil(options.calls / outages.length)
    const everyCall: OutageCall[] = []
    for (const { name, away, back } of outages) {
      await callers.warmUp()
      await away()
      const answered = await callers.call(calls, options.atOnce, () => constant.yardstick(), outageEveryMs)
      await back()
      everyCall.push(...answered)
      judge(name, answered)
    }
    judge('all of these', everyCall)
  } finally {
    platform.stop()
    await stack.stop()
  }
}

type OutageCall = Awaited<ReturnType<Awaited<ReturnType<typeof makeOutageCallers>>['call']>>[number]

function judge(name: string, answered: readonly OutageCall[]): void {
  const at = (timesMs: readonly number[], share: number) => percentile(timesMs, share).toFixed(1)
  const timesMs = answered.map(({ durationMs }) => durationMs)
  const constantMs = answered.map(({ yardstickMs }) => yardstickMs)
  const cells = [
    ...[name, ...[0.5, 0.99, 0.999].map((share) => at(timesMs, share))],
    ...[0.99, 0.999].map((share) => at(constantMs, share)),
    sharesOf(answered.filter(({ isLead }) => isLead)),
    sharesOf(answered.filter(({ isLead }) => !isLead)),
  ]
  console.log(`| ${cells.join(' | ')} |`)
  const refused = answered.filter(({ status }) => status !== 200).length
  if (refused > 0) missed(`${refused} calls with ${name} were not answered with 200`)
  if (percentile(timesMs, 0.99) > limits.voiceAnswerMs)
    missed(`the p99 with ${name} is above ${limits.voiceAnswerMs} ms`)
}

function missed(what: string): void {
  console.log(`MISSED: ${what}`)
  process.exitCode = 1
}

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${options.calls} calls, ${options.atOnce} at once\n`,
)
console.log(
  `| | p50 ms | p99 ms | p99.9 ms | over ${limits.voiceAnswerMs} ms | constant Worker p99.9 ms | plain Redis ms | variables from |`,
)
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
const constant = await startConstant()
try {
  await run('origin on this machine', 0, constant.platform)
  await run('origin 100 ms away', 100, constant.platform)
  console.log(
    '\n| with | p50 ms | p99 ms | p99.9 ms | constant Worker p99 ms | p99.9 ms | cached leads | others |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  await runOutages(constant.platform)
} finally {
  await constant.stop()
}
