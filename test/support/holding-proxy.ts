import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * A proxy between the Worker and a service. It can hold answers back, or replace them with nonsense. The origin has
 * read the database before its answer is held, so a held answer is a slow load that read before whatever happens
 * next.
 */
export interface HoldingProxy {
  readonly url: string
  /** Where requests go, set once that service is running. */
  target: string
  /** While this is true answers are useless, each in another way. */
  isGarbling: boolean
  /** From now on answers wait. The promise settles when the first one has arrived to be held. */
  hold(): Promise<void>
  release(): void
  stop(): Promise<void>
}

const nonsense = [
  'nonsense',
  '{"result":',
  '{"result":"AAAA"}',
  '{"result":{"a":1}}',
  '[{"result":7}]',
  '{"error":"ERR something"}',
  '\0\0\0',
  '',
]

export async function startHoldingProxy(): Promise<HoldingProxy> {
  let gate: {
    readonly opened: Promise<void>
    readonly open: () => void
    readonly caught: () => void
  } | null = null
  let garbled = 0
  const server = createServer(async (request, response) => {
    if (proxy.isGarbling) {
      garbled += 1
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(nonsense[garbled % nonsense.length])
      return
    }
    try {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const headers = Object.entries(request.headers).filter(
        ([name]) => !['host', 'connection', 'content-length'].includes(name),
      )
      const answer = await fetch(`${proxy.target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
        ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
      })
      const body = Buffer.from(await answer.arrayBuffer())
      if (gate !== null) {
        gate.caught()
        await gate.opened
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(body)
    } catch {
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const proxy: HoldingProxy = {
    url: `http://127.0.0.1:${address.port}`,
    target: '',
    isGarbling: false,
    hold() {
      const opening = Promise.withResolvers<void>()
      const catching = Promise.withResolvers<void>()
      gate = { opened: opening.promise, open: opening.resolve, caught: catching.resolve }
      return catching.promise
    },
    release() {
      gate?.open()
      gate = null
    },
    async stop() {
      proxy.release()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
