import { Agent, request as send } from 'node:http'
import type { MixedRequest } from './request-mix.ts'

/** A client's counts of its own requests, with the labels of the Worker's families joined by spaces. */
export interface ClientCounts {
  /** By `method route code`. */
  readonly requests: ReadonlyMap<string, number>
  /** By `resource code status source`, or by `resource code` if the answer does not say where it came from. */
  readonly reads: ReadonlyMap<string, number>
  /** How long each read and each request took. */
  readonly readTimes: readonly ReadTime[]
  readonly requestMs: readonly number[]
}

export interface ReadTime {
  /** By the client's clock, from sending to the last byte, including everything before the Worker. */
  readonly clientMs: number
  /** The time that the answer itself states, or the client's if it states none (304, errors). */
  readonly statedMs: number
}

interface Answered {
  readonly code: number
  readonly cacheStatus: string
  readonly durationMs: number
  readonly statedMs: number | null
}

/**
 * Sends the parts one after the other, each over two lanes with connections of their own, so that quick answers never
 * wait behind those from far away. A request is sent only when a connection is free for it, so the client adds no
 * queue.
 */
export async function runMixedLoad(
  worker: string,
  parts: readonly (readonly MixedRequest[])[],
  lanes: { readonly quick: number; readonly slow: number },
): Promise<ClientCounts> {
  const requests = new Map<string, number>()
  const reads = new Map<string, number>()
  const readTimes: ReadTime[] = []
  const requestMs: number[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: lanes.quick + lanes.slow })

  async function drive(queue: MixedRequest[]): Promise<void> {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { code, cacheStatus, durationMs, statedMs } = await ask(worker, next, agent)
      count(requests, `${next.method} ${next.route} ${code}`)
      requestMs.push(durationMs)
      if (next.resource === null) continue
      readTimes.push({ clientMs: durationMs, statedMs: statedMs ?? durationMs })
      count(reads, [next.resource, code, ...servedBy(cacheStatus)].join(' '))
    }
  }

  try {
    for (const part of parts) {
      const [slow, quick] = [part.filter(({ isSlow }) => isSlow), part.filter(({ isSlow }) => !isSlow)]
      const drivers = [
        ...Array.from({ length: lanes.slow }, () => drive(slow)),
        ...Array.from({ length: lanes.quick }, () => drive(quick)),
      ]
      await Promise.all(drivers)
    }
  } finally {
    agent.destroy()
  }
  return { requests, reads, readTimes, requestMs }
}

function ask(worker: string, { method, path, headers }: MixedRequest, agent: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sentAtMs = performance.now()
    const sent = send(
      `${worker}${path}`,
      { method, headers, agent, signal: AbortSignal.timeout(60_000) },
      (answer) => {
        let last = Buffer.alloc(0)
        // An answer states its source and time at its end.
        answer.on('data', (chunk: Buffer) => {
          last = Buffer.concat([last, chunk]).subarray(-400)
        })
        answer.on('error', reject)
        answer.on('end', () => {
          const cacheStatus = answer.headers['cache-status']
          resolve({
            code: answer.statusCode ?? 0,
            cacheStatus: typeof cacheStatus === 'string' ? cacheStatus : '',
            durationMs: performance.now() - sentAtMs,
            statedMs: statedMsIn(last.toString('utf8')),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

function statedMsIn(body: string): number | null {
  const [, stated] = /"(?:response_time_ms|_responseTimeMs)":([\d.]+)/.exec(body) ?? []
  return stated === undefined ? null : Number(stated)
}

/** Status and source, as `Cache-Status` (RFC 9211) states them. */
function servedBy(cacheStatus: string): string[] {
  const [, handled = '', detail] = /^Boardcache; ([^;]+)(?:;.*)?; detail=(\S+)$/.exec(cacheStatus) ?? []
  if (detail === undefined) return []
  return [handled === 'hit' ? 'HIT' : 'MISS', detail]
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
