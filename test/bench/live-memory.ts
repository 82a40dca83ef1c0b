import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const targetsSchema = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1)
const answerSchema = z.looseObject({ id: z.int().optional(), result: z.unknown() })
const usageSchema = z.object({
  usedSize: z.number(),
  embedderHeapUsedSize: z.number(),
  backingStorageSize: z.number(),
})

const callDeadlineMs = 30_000

export interface MemoryProbe {
  /** The bytes that the program still holds after a garbage collection: its heap, and the buffers outside of it. */
  liveBytes(): Promise<number>
  close(): void
}

/**
 * Attaches to a program as a debugger does (Chrome's DevTools protocol). Nothing of the protocol is switched on that would make the
 * program keep something for the debugger.
 */
export async function attachMemoryProbe(inspectorPort: number): Promise<MemoryProbe> {
  const listed = await fetch(`http://127.0.0.1:${inspectorPort}/json`, {
    signal: AbortSignal.timeout(callDeadlineMs),
  })
  const [target] = targetsSchema.parse(await listed.json())
  // Miniflare refuses a client with a user agent and without an origin, as a web page might be.
  const init: WebSocketInit = { headers: { Origin: 'http://localhost' } }
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '', init)
  const opened = Promise.withResolvers<void>()
  socket.addEventListener('open', () => opened.resolve())
  socket.addEventListener('error', () => opened.reject(new Error('the debugger is not there')))
  await opened.promise
  let lastId = 0
  const call = (method: string, params = {}) => {
    lastId += 1
    return callOver(socket, { id: lastId, method, params })
  }

  return {
    async liveBytes() {
      // `HeapProfiler.collectGarbage` is never answered by workerd. To end a profile of allocations collects garbage too, in both.
      await call('HeapProfiler.startSampling', { samplingInterval: 1_000_000_000 })
      await call('HeapProfiler.stopSampling')
      const usage = usageSchema.parse(await call('Runtime.getHeapUsage'))
      return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize
    },
    close: () => socket.close(),
  }
}

interface Call {
  readonly id: number
  readonly method: string
  readonly params: object
}

function callOver(socket: WebSocket, called: Call): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const ended = new AbortController()
  const deadline = setTimeout(() => reject(new Error(`${called.method} was not answered`)), callDeadlineMs)
  const onMessage = ({ data }: MessageEvent) => {
    const answer = answerSchema.parse(JSON.parse(String(data)))
    if (answer.id === called.id) resolve(answer.result)
  }
  socket.addEventListener('message', onMessage, { signal: ended.signal })
  socket.send(JSON.stringify(called))
  return promise.finally(() => {
    clearTimeout(deadline)
    ended.abort()
  })
}

/** The resident memory of a process, VmRSS of proc(5)'s `status`. It counts what the allocator keeps for later too. */
export async function residentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024
}
