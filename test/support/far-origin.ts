import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'

/** A proxy between two pieces of the stack that sees and delays every answer, as if the other piece were in another region. */
export interface FarOrigin {
  readonly url: string
  /** The address of the piece that answers, set once it is running. Until then every answer is 502. */
  target: string
  stop(): Promise<void>
}

interface SeenAnswer {
  readonly path: string
  readonly status: number
}

/** `delayMs` says how long this answer is delayed. */
export async function startFarOrigin(delayMs: (answer: SeenAnswer) => number): Promise<FarOrigin> {
  const server = createServer((incoming, outgoing) => {
    if (far.target === '') {
      outgoing.writeHead(502).end()
      return
    }
    const sent = forward(
      `${far.target}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        const status = answer.statusCode ?? 502
        setTimeout(
          () => {
            outgoing.writeHead(status, answer.headers)
            answer.pipe(outgoing)
          },
          delayMs({ path: incoming.url ?? '', status }),
        )
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
