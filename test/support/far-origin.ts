import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'

/** A proxy between the Worker and the origin that delays every answer, like an origin in another region. */
export interface FarOrigin {
  readonly url: string
  /** The origin's address, set once the origin is running. */
  target: string
  stop(): Promise<void>
}

/** `delayMs` says how long the next answer is delayed. */
export async function startFarOrigin(delayMs: () => number): Promise<FarOrigin> {
  const server = createServer((incoming, outgoing) => {
    const sent = forward(
      `${far.target}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        setTimeout(() => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        }, delayMs())
      },
    )
    sent.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(sent)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const far: FarOrigin = {
    url: `http://127.0.0.1:${address.port}`,
    target: '',
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return far
}
