import { cpus, loadavg } from 'node:os'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { z } from 'zod'
import { metricsBodySchema } from '../../worker/deployment/metrics/render.ts'
import { ask } from '../support/api-client.ts'
import { asClientSees, type MetricsProof, proveMetrics } from '../support/metrics-proof.ts'
import { percentile } from '../support/percentile.ts'
import { measureMetricsCost } from './metrics-cost.ts'

/**
 * `npm run bench:metrics`: that `/metrics` is right, and what it costs. 200,000 requests of a known mix through the local
 * stack, with an origin 200 to 700 ms away; what `/metrics` counted is held against what the client counted, and its p95
 * and p99 against what the answers say they took, and against the client's own clock, which sees the queues before the
 * Worker too: on a machine that has other things to do that is the larger part of the tail. Then memory hits with counting and without, side by side. Fails where a figure
 * differs by one, a percentile by more than 5 %, or where counting costs more than 5 % of the throughput.
 */
const options = z
  .object({
    requests: z.coerce.number().int().min(0).max(10_000_000),
    rounds: z.coerce.number().int().min(0).max(100),
    seconds: z.coerce.number().min(1).max(60),
  })
  .parse(
    parseArgs({
      options: {
        requests: { type: 'string', default: '200000' },
        rounds: { type: 'string', default: '30' },
        seconds: { type: 'string', default: '2' },
      },
    }).values,
  )
const errorMax = 0.05
const connections = 16

function failed(what: string): void {
  console.log(`MISSED: ${what}`)
  process.exitCode = 1
}

function compare(
  name: string,
  counted: ReadonlyMap<string, number>,
  client: ReadonlyMap<string, number>,
): void {
  console.log(`\n| ${name} | client | /metrics |\n| --- | --- | --- |`)
  for (const key of [...new Set([...client.keys(), ...counted.keys()])].sort()) {
    console.log(`| ${key} | ${client.get(key) ?? 0} | ${counted.get(key) ?? 0} |`)
  }
  if (!isDeepStrictEqual(new Map([...counted].sort()), new Map([...client].sort()))) failed(`${name} differ`)
}

async function comparePercentiles({ stack, readTimes }: MetricsProof): Promise<void> {
  const { text } = await ask(`${stack.worker}/metrics`)
  const { performance } = metricsBodySchema.parse(JSON.parse(text)).metrics
  console.log('\n| reads | /metrics ms | by | client ms | difference |\n| --- | --- | --- | --- | --- |')
  for (const [name, counted, share] of [
    ['p95', performance.p95_response_time_ms, 0.95],
    ['p99', performance.p99_response_time_ms, 0.99],
  ] as const) {
    for (const [by, timesMs] of [
      ['what answers say they took', readTimes.map(({ statedMs }) => statedMs)],
      ["the client's clock", readTimes.map(({ clientMs }) => clientMs)],
    ] as const) {
      const measured = percentile(timesMs, share)
      const difference = counted / measured - 1
      console.log(
        `| ${name} | ${counted.toFixed(1)} | ${by} | ${measured.toFixed(1)} | ${(100 * difference).toFixed(1)} % |`,
      )
      if (Math.abs(difference) > errorMax) failed(`${name} differs by more than 5 % by ${by}`)
    }
  }
}

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}`,
)
if (options.requests > 0) {
  const startedAtMs = performance.now()
  const proof = await proveMetrics(options.requests, { quick: 3, slow: 16 })
  try {
    compare('requests', proof.requests, proof.client.requests)
    compare('reads', asClientSees(proof.reads), proof.client.reads)
    await comparePercentiles(proof)
    const seconds = (performance.now() - startedAtMs) / 1_000
    console.log(
      `\n${proof.client.requestMs.length} requests; ${seconds.toFixed(0)} s with all that was started for them`,
    )
  } finally {
    await proof.stop()
  }
}
if (options.rounds > 0) {
  const cost = await measureMetricsCost({ rounds: options.rounds, seconds: options.seconds, connections })
  console.log(
    `\nMemory hits a second: ${cost.onPerSecond.toFixed(0)} counted, ${cost.offPerSecond.toFixed(0)} not; ratio ${cost.ratio.toFixed(3)} (median of ${options.rounds} rounds of ${options.seconds} s each); CPU time a hit, counted over not: ${cost.cpuRatio.toFixed(3)}`,
  )
  if (cost.ratio < 1 - errorMax) failed('counting costs more than 5 % of the throughput')
}
