import { figuresPath } from './api-client.ts'
import { eventually } from './eventually.ts'
import type { FarOrigin } from './far-origin.ts'
import { startFarOrigin } from './far-origin.ts'
import { relayOff, startTestStack, type TestStack } from './local-stack.ts'
import { addedBetween, samplesBy, scrape, type TextSample } from './metrics-text.ts'
import type { ClientCounts, ReadTime } from './mixed-load.ts'
import { runMixedLoad } from './mixed-load.ts'
import { createRandom } from './random.ts'
import { countsPath, largePages, mixedRequests, mixWorkerVariables, smallPages } from './request-mix.ts'

/** The client's own counts, and by how much the figures of `/metrics` grew meanwhile. */
export interface MetricsProof {
  readonly client: ClientCounts
  readonly requests: ReadonlyMap<string, number>
  readonly reads: ReadonlyMap<string, number>
  /** How long each read took, including those before the count began. */
  readonly readTimes: readonly ReadTime[]
  /** Everything that `/metrics` answered afterwards. */
  readonly after: readonly TextSample[]
  readonly stack: TestStack
  stop(): Promise<void>
}

/** Enough contacts for the pages of two, each of which is read once (request-mix.ts). */
const contactsPerRequest = 0.15

/** The origin is as far away as one in another region, so that waiting outweighs what the machine adds. */
const originDelayMs = { min: 200, max: 700 }

/** Starts a stack with a distant origin and sends it this many requests of the mix (request-mix.ts). */
export async function proveMetrics(
  total: number,
  lanes: { readonly quick: number; readonly slow: number },
): Promise<MetricsProof> {
  const random = createRandom(2)
  const delayMs = () => originDelayMs.min + random() * (originDelayMs.max - originDelayMs.min)
  const far = await startFarOrigin(delayMs)
  const stack = await startStack(far, Math.max(2_000, Math.ceil(total * contactsPerRequest)))
  const stop = async () => {
    await stack.stop()
    await far.stop()
  }
  try {
    const { etags, readTimes } = await warm(stack)
    const parts = mixedRequests(total, { tokens: stack.tokens, etags })
    const before = await scrape(stack)
    const client = await runMixedLoad(stack.worker, parts, lanes)
    const after = await scrape(stack)
    const added = (name: string, labels: readonly string[]) =>
      addedBetween(samplesBy(before, name, labels), samplesBy(after, name, labels))
    return {
      stack,
      client,
      readTimes: [...readTimes, ...client.readTimes],
      requests: withoutScrapes(added('boardcache_http_requests_total', ['method', 'route', 'code'])),
      reads: added('boardcache_reads_total', ['resource', 'code', 'status', 'source']),
      after,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startStack(far: FarOrigin, contacts: number): Promise<TestStack> {
  const stack = await startTestStack({
    contacts,
    workerVariables: { ...mixWorkerVariables, ORIGIN_URL: far.url },
    originEnvironment: relayOff,
  })
  far.target = stack.origin
  return stack
}

/** Brings each page that is read often to its tier. Answers the pages' ETags, and how long each read took. */
async function warm(stack: TestStack) {
  const api = stack.api()
  // Longer than the longest run.
  await api.changeSettings({ cacheConfig: { contactsTTL: 86_400, contactCountsTTL: 86_400 } })
  const etags = new Map<string, string>()
  const readTimes: ReadTime[] = []
  const wanted = [
    ...smallPages.map((path) => ({ path, source: 'memory' })),
    ...largePages.map((path) => ({ path, source: 'cloudflare_kv' })),
    { path: countsPath, source: 'memory' },
  ]
  for (const { path, source } of wanted) {
    await eventually(async () => {
      const sentAtMs = performance.now()
      const { status, headers } = await api.get(path)
      const clientMs = performance.now() - sentAtMs
      readTimes.push({ clientMs, statedMs: clientMs })
      etags.set(path, headers.get('ETag') ?? '')
      return status === 200 && (headers.get('Cache-Status') ?? '').endsWith(`detail=${source}`)
    })
  }
  return { etags, readTimes }
}

/** Both scrapes are requests too, and the second one counts the first. */
function withoutScrapes(requests: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...requests].filter(([key]) => key !== `GET ${figuresPath} 200`))
}

/** The reads as far as the client can tell them apart. An absence says where it came from, and no other error does. */
export function asClientSees(reads: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  for (const [key, value] of reads) {
    const [resource = '', code = '', ...served] = key.split(' ')
    const isTold = ['200', '304', '404'].includes(code)
    const name = [resource, code, ...(isTold ? served : [])].join(' ')
    seen.set(name, (seen.get(name) ?? 0) + value)
  }
  return seen
}
