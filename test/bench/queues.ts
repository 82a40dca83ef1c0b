import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { percentile } from '../support/percentile.ts'
import { median } from './median.ts'
import {
  type PostgresSubject,
  type Subject,
  startPostgresSubject,
  startRedisSubject,
} from './queues-subjects.ts'

/**
 * `npm run bench:queues` measures the queues beside BullMQ on redis-server, in the same run on the same machine: adding, running, the time
 * from an acknowledged addition to the start of the run, and what an idle process costs; then all of it with many jobs waiting.
 * Everything runs in this one process, so handlers and producers share its thread.
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
const added = 1_000
const run = 3_000

const ours = await startPostgresSubject()
const theirs = await startRedisSubject()
if (theirs === null) console.log('redis-server is not installed, so there is nothing to compare with')
try {
  const subjects = theirs === null ? [ours] : [theirs, ours]
  console.log(`jobs a second, medians of ${rounds} rounds`)
  for (const subject of subjects) await measureRates(subject)
  const effects = await medianOf(() => measureRuns(ours, 20, true))
  console.log(`${ours.name}: run 20 at once, each with an effect and its mark ${effects}`)
  console.log('\nfrom the acknowledged addition to the start of the run')
  for (const subject of subjects) await measureLatency(subject)
  console.log('\nan idle process of all queues')
  for (const subject of subjects) await measureIdle(subject)
  console.log(`\nwith ${waiting} jobs waiting`)
  await measureCounts(ours)
  for (const subject of subjects) await measureFull(subject)
} finally {
  await theirs?.stop()
  await ours.stop()
}

async function measureRates(subject: Subject): Promise<void> {
  const one = await medianOf(() => rateOf(subject, added, 1, () => subject.addOne()))
  const sixteen = await medianOf(() => rateOf(subject, added, 16, () => subject.addOne()))
  const bulk = await medianOf(async () => (await rateOf(subject, 20, 1, () => subject.addMany(500))) * 500)
  const runOne = await medianOf(() => measureRuns(subject, 1))
  const runTwenty = await medianOf(() => measureRuns(subject, 20))
  console.log(
    `${subject.name}: add 1 at once ${one}, 16 at once ${sixteen}, bulks of 500 ${bulk}; run 1 at once ${runOne}, 20 at once ${runTwenty}`,
  )
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
  for (let jobs = 0; jobs < run; jobs += 500) await subject.addMany(500)
  return await runJobs(subject, concurrency, run, hasEffect)
}

/** Runs `count` of the waiting jobs, and answers how many a second. */
async function runJobs(
  subject: Subject,
  concurrency: number,
  count: number,
  hasEffect = false,
): Promise<number> {
  let started = 0
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const beganAtMs = performance.now()
  const stop = await subject.serve({
    concurrency,
    hasEffect,
    onStart: () => {
      started += 1
      if (started === count) end()
    },
  })
  await ended
  const tookMs = performance.now() - beganAtMs
  await stop()
  return (count * 1_000) / tookMs
}

async function measureLatency(subject: Subject, what = subject.name): Promise<void> {
  await subject.clear()
  console.log(`${what}: ${await latencies(subject, 300)}`)
}

async function latencies(subject: Subject, times: number): Promise<string> {
  let startedAtMs = 0
  let onStart = () => {}
  const stop = await subject.serve({
    concurrency: 1,
    onStart: () => {
      startedAtMs = performance.now()
      onStart()
    },
  })
  const tookMs: number[] = []
  // A worker that has just found nothing is about to wait. Jobs come when it does.
  await pause(500)
  for (let time = 0; time < times; time += 1) {
    const started = new Promise<void>((resolve) => {
      onStart = resolve
    })
    await subject.addOne(1)
    const addedAtMs = performance.now()
    await started
    // The run may have begun before the addition was acknowledged here.
    tookMs.push(Math.max(0, startedAtMs - addedAtMs))
    await pause(10)
  }
  await stop()
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(tookMs, share).toFixed(1))
  return `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`
}

async function measureIdle(subject: Subject): Promise<void> {
  await subject.clear()
  const stop = await subject.serve({ concurrency: 10, servesAll: true, onStart: () => undefined })
  await pause(2_000)
  const callsBefore = await subject.calls()
  const cpuBefore = process.cpuUsage()
  await pause(idleSeconds * 1_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const calls = (((await subject.calls()) - callsBefore) * 60) / idleSeconds
  const share = (user + system) / 10_000 / idleSeconds
  console.log(
    `${subject.name}: ${calls.toFixed(0)} transactions or commands a minute, ${share.toFixed(2)} % of a core`,
  )
  await stop()
}

/** How long the counts of all queues take, which the health route shows. */
async function measureCounts(subject: PostgresSubject): Promise<void> {
  await subject.clear()
  for (let jobs = 0; jobs < waiting; jobs += 500) await subject.addMany(500)
  const tookMs: number[] = []
  for (let time = 0; time < 200; time += 1) {
    const beganAtMs = performance.now()
    const counts = await subject.queues.counts()
    tookMs.push(performance.now() - beganAtMs)
    if (!counts.ok || counts.value.queues.flows.waiting !== waiting) throw new Error('the counts are wrong')
    await pause(50)
  }
  const [first = Number.NaN] = tookMs
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(tookMs.slice(1), share).toFixed(2))
  console.log(`counts of all queues: the first ${first.toFixed(1)} ms, then p50 ${p50} ms, p99 ${p99} ms`)
}

async function measureFull(subject: Subject): Promise<void> {
  await subject.clear()
  for (let jobs = 0; jobs < waiting; jobs += 500) await subject.addMany(500)
  const rate = await runJobs(subject, 20, run)
  console.log(`${subject.name}: run 20 at once ${rate.toFixed(0)} a second; ${await urgent(subject)}`)
  await subject.clear()
}

/** An urgent job among many waiting ones begins as soon as a place is free. */
async function urgent(subject: Subject): Promise<string> {
  const beganAtMs = performance.now()
  for (let time = 0; time < 200; time += 1) await subject.addOne(1)
  return `adding one ${((performance.now() - beganAtMs) / 200).toFixed(2)} ms`
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const measured: number[] = []
  for (let round = 0; round < rounds; round += 1) measured.push(await measure())
  return Math.round(median(measured))
}
