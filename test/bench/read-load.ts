import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { z } from 'zod'

/** The request that `connections` readers send again and again: `rate` times a second together, or as fast as it is answered. */
export const loadSchema = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  connections: z.int(),
  seconds: z.number(),
  rate: z.number().nullable(),
})
export type Load = z.output<typeof loadSchema>

const loadedSchema = z.object({
  requests: z.int(),
  perSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** Answers other than 2xx, and requests without an answer. */
  failures: z.int(),
})
export type Loaded = z.output<typeof loadedSchema>

export interface LoadProcess {
  run(load: Load): Promise<Loaded>
  stop(): void
}

/** Starts a load generator in a process of its own, so that sending does not slow down what is measured. */
export function startLoadProcess(): LoadProcess {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url))
  return {
    async run(load) {
      const answered = once(child, 'message', { signal: AbortSignal.timeout((load.seconds + 30) * 1000) })
      child.send(load)
      const [message] = await answered
      return loadedSchema.parse(message)
    },
    stop: () => void child.kill(),
  }
}

async function bombard({ url, headers, connections, seconds, rate }: Load): Promise<Loaded> {
  // With a rate, a latency counts from the moment at which the request was due.
  const paced = rate === null ? {} : { overallRate: rate }
  const result = await autocannon({ url, headers, connections, duration: seconds, ...paced })
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.errors + result.non2xx,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', async (message) => process.send?.(await bombard(loadSchema.parse(message))))
  process.on('disconnect', () => process.exit(0))
}
