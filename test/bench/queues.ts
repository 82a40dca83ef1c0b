import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { percentile } from '../support/percentile.ts'
import { median } from './median.ts'
import { measureFairClaims } from './queues-fair.ts'
import {
  type PostgresSubject,
  type Subject,
  startPostgresSubject,
  startRedisSubject,
} from './queues-subjects.ts'

/**
 * `npm run bench:queues` measures the queues beside BullMQ on redis-server, in the same run on the same machine, and prints a table: adding,
 * running, the time from an acknowledged addition to the start of the run, what counting takes, and what an idle process costs, with few
 * jobs and with many waiting. Everything but the databases runs in this one process, so handlers and producers share its thread.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    waiting: { type: 'string', default: '100000' },
    'idle-seconds': { type: 'string', default: '20' },
  },
})
const rounds = Number(values.rounds)
const waiting = Number(values.waiting)
const idleSeconds = Number(values['idle-seconds'])
const bulk = 500
const run = 3_000
/** A run that keeps its place for a while, as one that asks another system does. */
const busyRunMs = 50

const ours = await startPostgresSubject()
const theirs = await startRedisSubject()
if (theirs === null) console.log('redis-server is not installed, so there is nothing to compare with')
try {
  const few = async (subject: Subject) => ({
    ...(await measureRates(subject)),
    ...(await measureIdle(subject)),
  })
  const [oursFew, theirsFew] = [await few(ours), theirs && (await few(theirs))]
  const effects = await medianOf(() => measureRuns(ours, 20, true))
  show('few jobs', oursFew, theirsFew)
  show('', { 'run 20 at once, each with an effect and its mark, a second': effects }, null)
  const [oursFull, theirsFull] = [await measureFull(ours), theirs && (await measureFull(theirs))]
  show(`${waiting} jobs waiting`, oursFull, theirsFull)
  show('a fair queue, 500 workspaces with 25 jobs each', await measureFairClaims(ours), null)
} finally {
  await theirs?.stop()
  await ours.stop()
}

type Figures = Readonly<Record<string, number>>

/** One line for each figure: ours, theirs, and how many times theirs ours is. */
function show(title: string, figures: Figures, compared: Figures | null): void {
  if (title !== '')
    console.log(
      `\n${title.padEnd(64)}${'Postgres'.padStart(10)}${'Redis'.padStart(10)}${'ratio'.padStart(8)}`,
    )
  for (const [what, figure] of Object.entries(figures)) {
    const other = compared?.[what]
    const cells = other === undefined ? ['', ''] : [shown(other), (figure / other).toFixed(2)]
    console.log(
      `${what.padEnd(64)}${shown(figure).padStart(10)}${cells[0]?.padStart(10)}${cells[1]?.padStart(8)}`,
    )
  }
}

function shown(figure: number): string {
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(2)
}

async function measureRates(subject: Subject): Promise<Figures> {
  const one = await medianOf(() => rateOf(subject, 300, 1, () => subject.addOne()))
  const sixteen = await medianOf(() => rateOf(subject, 1_000, 16, () => subject.addOne()))
  const bulks = await medianOf(async () => (await rateOf(subject, 20, 1, () => subject.addMany(bulk))) * bulk)
  return {
    'add 1 at once, a second': one,
    'add 16 at once, a second': sixteen,
    [`add in bulks of ${bulk}, a second`]: bulks,
    'run 1 at once, a second': await medianOf(() => measureRuns(subject, 1)),
    'run 20 at once, a second': await medianOf(() => measureRuns(subject, 20)),
    ...(await measureLatency(subject)),
  }
}

/** How many of `times` calls end in a second, so many at once. */
async function rateOf(
  subject: Subject,
  times: number,
  atOnce: number,
  call: () => Promise<unknown>,
): Promise<number> {
  await subject.clear()
  const beganAtMs = performance.now()
  let left = times
  const caller = async () => {
    while (left > 0) {
      left -= 1
      await call()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return (times * 1_000) / (performance.now() - beganAtMs)
}

async function measureRuns(subject: Subject, concurrency: number, hasEffect = false): Promise<number> {
  await subject.clear()
  await fill(subject, run)
  return await runJobs(subject, concurrency, run, hasEffect)
}

async function fill(subject: Subject, count: number): Promise<void> {
  for (let jobs = 0; jobs < count; jobs += bulk) await subject.addMany(bulk)
}

/** Runs `count` of the waiting jobs, and answers how many a second. */
async function runJobs(
  subject: Subject,
  concurrency: number,
  count: number,
  hasEffect = false,
): Promise<number> {
  let started = 0
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const beganAtMs = performance.now()
  const stop = await subject.serve({
    concurrency,
    hasEffect,
    async onStart() {
      started += 1
      if (started === count) end()
    },
  })
  await ended
  const tookMs = performance.now() - beganAtMs
  await stop()
  return (count * 1_000) / tookMs
}

/** An idle process gets one job after the other. */
async function measureLatency(subject: Subject): Promise<Figures> {
  await subject.clear()
  const watch = createWatch()
  const stop = await subject.serve({ concurrency: 1, onStart: async (name) => watch.started(name) })
  // A worker that has just found nothing is about to wait. Jobs come when it does.
  await pause(500)
  const tookMs = await watch.addAndWatch(subject, 200)
  await stop()
  return spread('from commit to start', tookMs)
}

/** Tells how long after its acknowledged addition an urgent job begins. */
function createWatch() {
  let startedAtMs = 0
  let onStart = () => {}
  return {
    started(name: string) {
      if (name !== 'urgent') return
      startedAtMs = performance.now()
      onStart()
    },
    async addAndWatch(subject: Subject, times: number): Promise<readonly number[]> {
      const tookMs: number[] = []
      for (let time = 0; time < times; time += 1) {
        const started = new Promise<void>((resolve) => {
          onStart = resolve
        })
        await subject.addOne('urgent')
        const addedAtMs = performance.now()
        await started
        // The run may have begun before the addition was acknowledged here.
        tookMs.push(Math.max(0, startedAtMs - addedAtMs))
        await pause(10)
      }
      return tookMs
    },
  }
}

function spread(what: string, tookMs: readonly number[]): Figures {
  return {
    [`${what}, p50 ms`]: percentile(tookMs, 0.5),
    [`${what}, p99 ms`]: percentile(tookMs, 0.99),
  }
}

async function measureIdle(subject: Subject): Promise<Figures> {
  await subject.clear()
  const stop = await subject.serve({ concurrency: 10, servesAll: true, onStart: async () => undefined })
  await pause(2_000)
  const callsBefore = await subject.calls()
  const cpuBefore = process.cpuUsage()
  await pause(idleSeconds * 1_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const calls = (((await subject.calls()) - callsBefore) * 60) / idleSeconds
  await stop()
  return {
    'idle, all queues: transactions or commands a minute': calls,
    'idle, all queues: % of a core in the process': (user + system) / 10_000 / idleSeconds,
  }
}

async function measureFull(subject: Subject): Promise<Figures> {
  await subject.clear()
  await fill(subject, waiting)
  const counts = await measureCounts(subject)
  const adding: number[] = []
  for (let time = 0; time < 200; time += 1) {
    const beganAtMs = performance.now()
    await subject.addOne()
    adding.push(performance.now() - beganAtMs)
  }
  const figures = {
    ...counts,
    ...spread('add 1', adding),
    'run 20 at once, a second': await runJobs(subject, 20, run),
    ...('queues' in subject
      ? {
          'run 20 at once, each with an effect and its mark, a second': await runJobs(subject, 20, run, true),
        }
      : {}),
    ...(await measureUrgent(subject)),
  }
  await subject.clear()
  return figures
}

/** How long the counts of all queues take, which the health route shows; of the other subject, of the one queue. */
async function measureCounts(subject: Subject | PostgresSubject): Promise<Figures> {
  const tookMs: number[] = []
  for (let time = 0; time < 100; time += 1) {
    const beganAtMs = performance.now()
    const counted = await subject.countWaiting()
    tookMs.push(performance.now() - beganAtMs)
    if (counted !== waiting) throw new Error(`${subject.name} counted ${counted} jobs`)
    await pause(20)
  }
  return { 'counts, the first ms': tookMs[0] ?? Number.NaN, ...spread('counts', tookMs.slice(1)) }
}

/** All places are taken by runs of the same queue. An urgent job begins when the next one is free. */
async function measureUrgent(subject: Subject): Promise<Figures> {
  const watch = createWatch()
  const stop = await subject.serve({
    concurrency: 20,
    async onStart(name) {
      watch.started(name)
      await pause(busyRunMs)
    },
  })
  await pause(1_000)
  const tookMs = await watch.addAndWatch(subject, 200)
  await stop()
  return spread(`from commit to start, 20 places taken by runs of ${busyRunMs} ms`, tookMs)
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const measured: number[] = []
  for (let round = 0; round < rounds; round += 1) measured.push(await measure())
  return median(measured)
}
