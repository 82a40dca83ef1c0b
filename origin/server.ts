import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { Server as NetServer } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Clock } from '../shared/clock.ts'

export interface RunningServer {
  readonly port: number
  /**
   * Takes no new connection, lets what runs finish, and closes; what is not done after `graceMs` is cut off. Answers
   * whether everything was done in time.
   */
  stop(graceMs: number): Promise<boolean>
}

interface ServerOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  /** Whether the body of a request to this path may take its time; it is for the route then to tell when it stands still. */
  readonly isLongUpload?: (path: string) => boolean
}

/** Connections the kernel may hold for us in a burst; Node's own 511 would turn some of a thousand away. */
const backlogMax = 4_096
/**
 * Cloudflare keeps an idle connection to an origin for 900 s (Connection limits): ours lives longer, so that it is
 * never this end that closes just as a request is sent.
 */
const keepAliveMs = 910_000
/** A request must have arrived in full by then: what dribbles in is cut off. */
const arrivalDeadlineMs = 15_000

/** Listens; rejects when it cannot, as with a port in use. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { fetch, host, port, clock, isLongUpload = () => false } = options
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: arrivalDeadlineMs,
      // It knows one time for all requests; ours is below.
      requestTimeout: 0,
    },
    getRequestListener(fetch),
  )
  const connections = new Map<Socket, ServerResponse | null>()
  let isStopping = false

  server.on('connection', (socket) => {
    connections.set(socket, null)
    socket.once('close', () => connections.delete(socket))
  })
  server.prependListener('request', (request, response) => {
    const { socket } = request
    if (!isLongUpload(request.url ?? '')) {
      const cancel = clock.schedule(() => {
        if (!request.complete) socket.destroy()
      }, arrivalDeadlineMs)
      request.once('close', cancel)
    }
    connections.set(socket, response)
    if (isStopping) response.setHeader('Connection', 'close')
    response.once('close', () => {
      if (connections.get(socket) === response) connections.set(socket, null)
      if (isStopping) socket.destroySoon()
    })
  })

  server.listen({ host, port, backlog: backlogMax })
  await once(server, 'listening')
  const address = server.address()

  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async stop(graceMs) {
      isStopping = true
      // http's own close() would destroy connections whose last answer is not yet on its way in full.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
      for (const [socket, response] of connections) {
        if (response === null) socket.destroySoon()
        else if (!response.headersSent) response.setHeader('Connection', 'close')
      }
      let isInTime = true
      const cancel = clock.schedule(() => {
        isInTime = false
        server.closeAllConnections()
      }, graceMs)
      await closed
      cancel()
      return isInTime
    },
  }
}
