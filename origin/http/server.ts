import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { Server as NetServer, Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { createConnections } from './connections.ts'
import { refusalOf, responseOf } from './refusals.ts'
import { answerBeforeBody } from './unread-bodies.ts'

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
  /** A request's headers must have arrived in full by then, on a kept connection too, and after them its body. */
  readonly arrivalDeadlineMs?: number
}

/** Connections the kernel may hold for us in a burst; Node's own 511 would turn some of a thousand away. */
const backlogMax = 4_096
/**
 * Cloudflare keeps an idle connection to an origin for 900 s (Connection limits): ours lives longer, so that it is
 * never this end that closes just as a request is sent.
 */
const keepAliveMs = 910_000
/** How many times within a deadline Node looks for headers that are late; by default it looks every 30 s. */
const checksPerDeadline = 15

/** Listens; rejects when it cannot, as with a port in use. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { fetch, host, port, clock, isLongUpload = () => false } = options
  const { arrivalDeadlineMs = limits.arrivalDeadlineMs } = options
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: arrivalDeadlineMs,
      connectionsCheckingInterval: Math.ceil(arrivalDeadlineMs / checksPerDeadline),
      // It knows one time for all requests; ours is below.
      requestTimeout: 0,
      // Hono's adapter refuses that in our words.
      requireHostHeader: false,
    },
    listenerOf(fetch, clock),
  )
  const connections = createConnections(clock, arrivalDeadlineMs)
  let isStopping = false

  server.on('connection', (socket) => connections.add(socket))
  server.prependListener('request', (request, response) => {
    const { socket } = request
    if (!isLongUpload(request.url ?? '')) {
      const cancel = clock.schedule(() => {
        if (request.complete) return
        if (response.writableFinished) socket.destroy()
        else connections.refuse(socket, 'request_timeout')
      }, arrivalDeadlineMs)
      request.once('close', cancel)
    }
    connections.begin(socket, response)
    if (isStopping) response.setHeader('Connection', 'close')
    response.once('close', () => {
      if (isStopping) socket.destroySoon()
    })
  })
  // A server may ignore an expectation that it does not know (RFC 9110 section 10.1.1); Node's own 417 is not in our words.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  // What is no HTTP, or is late: Node's own answers to these are not in our words.
  server.on('clientError', (error, duplex) => {
    if (duplex instanceof Socket) connections.refuse(duplex, refusalOf(error))
    else duplex.destroy()
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
      connections.closeIdle()
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

/** The application as Node calls it; what is no request, and an answer that comes before a body, are seen to here. */
function listenerOf(fetch: ServerOptions['fetch'], clock: Clock) {
  return getRequestListener(
    async (request, { incoming }) => {
      if (!(incoming instanceof IncomingMessage)) return fetch(request)
      const isSound = isRequestUrl(request.url) && hasOneHost(incoming)
      return answerBeforeBody(
        isSound ? await fetch(request) : responseOf('malformed_request'),
        incoming,
        clock,
      )
    },
    { errorHandler: (error) => responseOf(error instanceof RequestError ? 'malformed_request' : 'internal') },
  )
}

/**
 * Whether a `Request` can be made of it: the adapter makes one only where something of it is needed, and lets numbers too
 * large for an address pass until then, and a user's name and password.
 */
function isRequestUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && url.username === '' && url.password === ''
}

/** RFC 9112 section 3.2: two are a 400. Node keeps the first of them, and what stands before it might go by the other. */
function hasOneHost({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length <= 1
}
