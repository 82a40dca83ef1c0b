import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { type AnsweredMail, makeMessages, type SenderOf, type Webhook } from './mail-load.ts'
import { startPlainDesign } from './mail-plain.ts'
import { type MailSenders, startMailSenders } from './mail-senders.ts'
import { type Measured, printTable, type Row } from './mail-table.ts'
import { createMailWatch, type MailWatch } from './mail-watch.ts'

/**
 * `npm run bench:mail` measures inbound e-mail on the local stack: `--at-once` webhooks in the same moment; 700 messages a minute to one
 * workspace for `--minutes`, with the CPU of all of Postgres's processes; and messages that come again, which Redis recognizes, and in a
 * stack without Redis the database. The senders are a process of low priority. A plain design (mail-plain.ts) gets as many messages of the same kind, on the same Postgres in the
 * same run, while the stack has nothing to do. One table is printed. The run fails if a goal is missed, or if a message that was taken is
 * not there exactly once.
 */
const { minutes, 'at-once': atOnce } = z
  .object({
    minutes: z.coerce.number().min(0.1).max(60),
    'at-once': z.coerce.number().int().min(1).max(400),
  })
  .parse(
    parseArgs({
      options: {
        minutes: { type: 'string', default: '5' },
        'at-once': { type: 'string', default: '100' },
      },
    }).values,
  )

const goals = { atOnceMs: 100, coresMax: 0.5, duplicateMs: 10 } as const
/** How often as many webhooks come at once; the percentiles are those of all. */
const bursts = 3
const perMinute = 700
/** Below the limit of a domain, which is 500 in an hour, for an hour of load. */
const steadyDomains = 100
/** The plain design does the same all the time, so a minute says as much as five. */
const plainMinutesMax = 1
/** Compiling goes on for some hundred messages. */
const warmUpRounds = 15
const idleMs = 15_000
/** Boardcache moves its caches behind the answers of a burst. That work must not slow down the burst of the plain design. */
const settleMs = 1_000
const originals = 20
const duplicates = 500
/** Redis is written to behind the answer. */
const notedWithinMs = 2_000

interface Ground {
  readonly stack: TestStack
  readonly watch: MailWatch
  readonly senders: MailSenders
  readonly boardcache: Webhook
  readonly plain: Webhook
}

let acknowledged = 0

function missed(what: string): void {
  console.log(`MISSED: ${what}`)
  process.exitCode = 1
}

function webhookOf({ worker, emailWebhookSecret }: TestStack): Webhook {
  return {
    url: `${worker}/api/email-webhook`,
    method: 'POST',
    headers: { Authorization: `Bearer ${emailWebhookSecret}` },
  }
}

/** Counts the messages that the product has acknowledged, each of which must be there in the end. */
function acknowledging(measured: Measured): Measured {
  acknowledged += measured.answers.filter(({ status }) => status === 200 || status === 202).length
  return measured
}

/** Compiles what a first message compiles, on every connection. */
async function warmUp({ stack, watch, senders, boardcache, plain }: Ground): Promise<void> {
  const messages = () => makeMessages(40, stack.emailAddress, (index) => `ann${index}@warm${index}.example`)
  for (let round = 0; round < warmUpRounds; round += 1) {
    acknowledging({ answers: await senders.atOnce(boardcache, messages()) })
    await senders.atOnce(plain, messages())
    await watch.drained()
    await watch.letPass()
  }
}

/** Every burst comes to a workspace that has had no message within the hour. `senderOf` makes the senders of a burst. */
async function measureBursts(
  { stack, watch, senders, boardcache, plain }: Ground,
  name: string,
  senderOf: (burst: number) => SenderOf,
): Promise<Row> {
  const ours: AnsweredMail[] = []
  const theirs: AnsweredMail[] = []
  for (let burst = 0; burst < bursts; burst += 1) {
    const messages = () => makeMessages(atOnce, stack.emailAddress, senderOf(burst))
    ours.push(...(await senders.atOnce(boardcache, messages())))
    await watch.drained()
    await watch.letPass()
    await pause(settleMs)
    theirs.push(...(await senders.atOnce(plain, messages())))
  }
  return {
    name: `${atOnce} at once, ${name}`,
    ours: acknowledging({ answers: ours }),
    plain: { answers: theirs },
    goals: { p95MsMax: goals.atOnceMs },
  }
}

/** The cost of the machine: as many requests at once that the Worker answers by itself, without body, Redis or origin. */
async function measureMachine({ senders, boardcache }: Ground): Promise<string> {
  const requests = Array.from({ length: atOnce }, () => Buffer.of())
  const answers: AnsweredMail[] = []
  for (let burst = 0; burst < 10; burst += 1)
    answers.push(...(await senders.atOnce({ ...boardcache, method: 'GET' }, requests)))
  const durations = answers.map(({ durationMs }) => durationMs)
  const [p50, p95] = [0.5, 0.95].map((share) => percentile(durations, share).toFixed(1))
  return `${atOnce} requests at once that need nothing but the Worker: p50 ${p50} ms, p95 ${p95} ms`
}

function measureAllBursts(ground: Ground): Promise<Row[]> {
  const oneDomain = (index: number) => `person${index}@known-company.example`
  return inTurn([
    () =>
      measureBursts(
        ground,
        'each of a new company',
        (burst) => (index) => `ann@own-${burst}-${index}.example`,
      ),
    () =>
      measureBursts(
        ground,
        'of one new company',
        (burst) => (index) => `person${index}@new-${burst}.example`,
      ),
    // The first burst makes them, and is not counted.
    async () => {
      await measureBursts(ground, 'unknown', () => oneDomain)
      return measureBursts(ground, 'of known contacts of one company', () => oneDomain)
    },
  ])
}

async function inTurn<Result>(works: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const results: Result[] = []
  for (const work of works) results.push(await work())
  return results
}

/** `idleCores` is what Postgres uses for the idle stack, which is left out of the plain design's figure and stays in ours. */
async function measureSteady(
  { stack, watch, senders, boardcache, plain }: Ground,
  idleCores: number,
): Promise<Row> {
  const everyMs = 60_000 / perMinute
  const messages = (spanMinutes: number) =>
    makeMessages(Math.round(perMinute * spanMinutes), stack.emailAddress, (index) => {
      const domain = index % steadyDomains
      return `person${Math.floor(index / steadyDomains) % 40}@steady${domain}.example`
    })
  const ours = await watch.during(() => senders.steadily(boardcache, messages(minutes), everyMs))
  const drainedMs = await watch.drained()
  const spanMinutes = Math.min(minutes, plainMinutesMax)
  const theirs = await watch.during(() => senders.steadily(plain, messages(spanMinutes), everyMs))
  return {
    name: `${perMinute} a minute for ${minutes} min`,
    ours: acknowledging({
      ...{ answers: ours.result, cores: ours.cores },
      queue: { ...ours.queue, drainedMs },
    }),
    plain: { answers: theirs.result, cores: theirs.cores - idleCores },
    goals: { coresMax: goals.coresMax },
  }
}

/** Messages that were processed come again, one at a time. */
async function measureDuplicates(
  { stack, watch, senders, boardcache, plain }: Ground,
  by: 'Redis' | 'the database',
): Promise<Row> {
  await watch.letPass()
  const messages = makeMessages(originals, stack.emailAddress, (index) => `ann@twice${index}.example`)
  acknowledging({ answers: await senders.inTurn(boardcache, messages) })
  await senders.inTurn(plain, messages)
  await watch.drained()
  await pause(notedWithinMs)
  const again = Array.from({ length: duplicates }, (_, index) => messages[index % originals] ?? Buffer.of())
  const before = await watch.duplicatesByDatabase()
  const answers = await senders.inTurn(boardcache, again)
  const byDatabase = (await watch.duplicatesByDatabase()) - before
  const recognized = by === 'Redis' ? duplicates - byDatabase : byDatabase
  if (recognized < duplicates * 0.95) missed(`${by} recognized ${recognized} of ${duplicates} duplicates`)
  return {
    name: `duplicates, recognized by ${by}`,
    ours: { answers },
    plain: { answers: await senders.inTurn(plain, again) },
    goals: { p95MsMax: goals.duplicateMs },
  }
}

async function judgeStored(watch: MailWatch): Promise<void> {
  await watch.drained()
  const { communications, messages } = await watch.stored()
  if (communications !== messages) missed(`${messages} messages became ${communications} communications`)
  // A message whose answer did not arrive may be there as well.
  if (messages < acknowledged) missed(`${acknowledged} messages were acknowledged, and ${messages} are there`)
  acknowledged = 0
}

/** Starts the stack and the plain design, works on them, and ends them. */
async function onGround(hasRedis: boolean, work: (ground: Ground) => Promise<Row[]>): Promise<Row[]> {
  const senders = startMailSenders()
  const stack = await startTestStack({
    ...{ contacts: 1_000, hasRedis },
    workerVariables: { LOG_LEVEL: 'silent' },
  })
  try {
    const design = await startPlainDesign(stack.databaseUrl)
    try {
      const plain = { url: design.url, headers: {}, method: 'POST' } as const
      const ground = { stack, watch: createMailWatch(stack), senders, boardcache: webhookOf(stack), plain }
      await warmUp(ground)
      const measured = await work(ground)
      await judgeStored(ground.watch)
      return measured
    } finally {
      await design.stop()
    }
  } finally {
    senders.stop()
    await stack.stop()
  }
}

async function measureWithRedis(ground: Ground): Promise<Row[]> {
  const { cores } = await ground.watch.during(() => pause(idleMs))
  console.log(`Postgres, idle: ${cores.toFixed(2)} cores\n`)
  console.log(`${await measureMachine(ground)}\n`)
  const bursting = await measureAllBursts(ground)
  const steady = await measureSteady(ground, cores)
  return [...bursting, steady, await measureDuplicates(ground, 'Redis')]
}

async function measureWithoutRedis(ground: Ground): Promise<Row[]> {
  return [await measureDuplicates(ground, 'the database')]
}

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${minutes} minutes, ${atOnce} at once, ${bursts} times`,
)
const rows = [...(await onGround(true, measureWithRedis)), ...(await onGround(false, measureWithoutRedis))]
for (const what of printTable(rows)) missed(what)
