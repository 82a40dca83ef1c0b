import { Agent, request as send } from 'node:http'
import type { MixedRequest } from './request-mix.ts'

/** What a client counted of its own requests: as the Worker's families are labelled, joined by spaces. */
export interface ClientCounts {
  /** By `method route code`. */
  readonly requests: ReadonlyMap<string, number>
  /** By `resource code status source`; where an answer does not say how it came about, by `resource code`. */
  readonly reads: ReadonlyMap<string, number>
  /** From sending to the last byte, of each read and of each request. */
  readonly readMs: readonly number[]
  readonly requestMs: readonly number[]
}

interface Answered {
  readonly code: number
  readonly cacheStatus: string
  readonly durationMs: number
}

/**
 * Asks the parts one after the other, each over two lanes with connections of their own: what is answered at once never
 * waits behind what comes from far away. A request is sent only when a connection is free for it, so that no time passes
 * in a queue of the client's.
 */
export async function runMixedLoad(
  worker: string,
  parts: readonly (readonly MixedRequest[])[],
  lanes: { readonly quick: number; readonly slow: number },
): Promise<ClientCounts> {
  const requests = new Map<string, number>()
  const reads = new Map<string, number>()
  const readMs: number[] = []
  const requestMs: number[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: lanes.quick + lanes.slow })

  async function drive(queue: MixedRequest[]): Promise<void> {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { code, cacheStatus, durationMs } = await ask(worker, next, agent)
      count(requests, `${next.method} ${next.route} ${code}`)
      requestMs.push(durationMs)
      if (next.resource === null) continue
      readMs.push(durationMs)
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
  return { requests, reads, readMs, requestMs }
}

function ask(worker: string, { method, path, headers }: MixedRequest, agent: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sentAtMs = performance.now()
    const sent = send(
      `${worker}${path}`,
      { method, headers, agent, signal: AbortSignal.timeout(60_000) },
      (answer) => {
        answer.resume()
        answer.on('error', reject)
        answer.on('end', () => {
          const cacheStatus = answer.headers['cache-status']
          resolve({
            code: answer.statusCode ?? 0,
            cacheStatus: typeof cacheStatus === 'string' ? cacheStatus : '',
            durationMs: performance.now() - sentAtMs,
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

/** Status and source, as `Cache-Status` (RFC 9211) tells them. */
function servedBy(cacheStatus: string): string[] {
  const [, handled = '', detail] = /^Boardcache; ([^;]+)(?:;.*)?; detail=(\S+)$/.exec(cacheStatus) ?? []
  if (detail === undefined) return []
  return [handled === 'hit' ? 'HIT' : 'MISS', detail]
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
