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
   * Accepts no new connections, lets running requests finish, and closes. Requests that are not done after `graceMs` are
   * cut off. Answers whether all were done in time.
   */
  stop(graceMs: number): Promise<boolean>
}

interface ServerOptions {
  readonly fetch: (
    request: Request,
    env: { readonly incoming: IncomingMessage },
  ) => Response | Promise<Response>
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly clock: Clock
  /** Whether a body sent to this path may take longer than the deadline. The route then has to detect a stalled upload. */
  readonly isLongUpload?: (path: string) => boolean
  /** The time for a request's headers to arrive, on a kept connection too, and again for its body after them. */
  readonly arrivalDeadlineMs?: number
}

/** The connections that the kernel may queue in a burst. Node's default of 511 would refuse some of a thousand. */
const backlogMax = 4_096
/**
 * Cloudflare keeps an idle connection to an origin for 900 s (Connection limits). The origin keeps it for longer, so that
 * it never closes one just as a request is sent.
 */
const keepAliveMs = 910_000
/** The number of times within a deadline that Node checks for late headers. By default it checks every 30 s. */
const checksPerDeadline = 15

/** Starts to listen. Rejects if it cannot, for example because the port is in use. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { fetch, host, port, clock, isLongUpload = () => false } = options
  const { arrivalDeadlineMs = limits.arrivalDeadlineMs } = options
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: arrivalDeadlineMs,
      connectionsCheckingInterval: Math.ceil(arrivalDeadlineMs / checksPerDeadline),
      // Node has one deadline for all requests. Ours, below, exempts long uploads.
      requestTimeout: 0,
      // Hono's adapter refuses a request without Host, with an error body like all others.
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
  // A server may ignore an expectation that it does not know (RFC 9110, section 10.1.1). Node's own 417 has no error body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  // The request is not HTTP, or it is late. Node's own answers to these have no error body.
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
      // The close() of http would destroy connections whose last answer is not yet written in full.
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

/** The application as Node calls it. Handles malformed requests, and answers that are ready before the body has arrived. */
function listenerOf(fetch: ServerOptions['fetch'], clock: Clock) {
  return getRequestListener(
    async (request, { incoming }) => {
      if (!(incoming instanceof IncomingMessage)) return responseOf('malformed_request')
      const isSound = isRequestUrl(request.url) && hasOneHost(incoming)
      return answerBeforeBody(
        isSound ? await fetch(request, { incoming }) : responseOf('malformed_request'),
        incoming,
        clock,
      )
    },
    { errorHandler: (error) => responseOf(error instanceof RequestError ? 'malformed_request' : 'internal') },
  )
}

/**
 * Whether a `Request` can be made with this URL. The adapter makes one only when it is needed, and until then accepts
 * port numbers that are too large, and credentials in the URL.
 */
function isRequestUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && url.username === '' && url.password === ''
}

/** RFC 9112, section 3.2: two `Host` headers are a 400. Node keeps the first, and a proxy in front might use the other. */
function hasOneHost({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length <= 1
}
