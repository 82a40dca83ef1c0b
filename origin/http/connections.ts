import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import type { WireErrorCode } from '../../shared/contract/errors.ts'
import { textOf } from './refusals.ts'

/** The open connections of a server, with the answers that are under way on each. */
export interface Connections {
  add(socket: Socket): void
  begin(socket: Socket, response: ServerResponse): void
  /**
   * Ends a connection whose request cannot be read to its end. Where no answer has begun, `code` is the answer. Where one
   * has, as an import's, the route is told that the body broke off, and may finish its answer.
   */
  refuse(socket: Socket, code: WireErrorCode): void
  /** Ends the connections on which nothing is under way, and lets each other one end with its answer. */
  closeIdle(): void
}

/** `finishMs`: how long an answer that has begun may take once its request broke off. */
export function createConnections(clock: Clock, finishMs: number): Connections {
  const connections = new Map<Socket, Set<ServerResponse>>()
  /** Node tells of a broken request once more with everything that still arrives of it. */
  const refused = new WeakSet<Socket>()

  function finish(socket: Socket, responses: ReadonlySet<ServerResponse>): void {
    const cancel = clock.schedule(() => socket.destroy(), finishMs)
    socket.once('close', cancel)
    for (const response of responses) {
      response.once('close', () => {
        if (responses.size === 0) socket.destroySoon()
      })
      breakOff(response.req)
    }
  }

  return {
    add(socket) {
      connections.set(socket, new Set())
      socket.once('close', () => connections.delete(socket))
    },
    begin(socket, response) {
      const responses = connections.get(socket)
      responses?.add(response)
      response.once('close', () => responses?.delete(response))
    },
    refuse(socket, code) {
      // What was reset or cut off has ended already, with all that was under way on it.
      if (socket.destroyed || refused.has(socket)) return
      refused.add(socket)
      const responses = connections.get(socket) ?? new Set()
      if ([...responses].some((response) => response.headersSent)) return finish(socket, responses)
      if (socket.writable) socket.write(textOf(code))
      socket.destroySoon()
    },
    closeIdle() {
      for (const [socket, responses] of connections) {
        if (responses.size === 0) socket.destroySoon()
        for (const response of responses) {
          if (!response.headersSent) response.setHeader('Connection', 'close')
        }
      }
    },
  }
}

/**
 * Fails the body's stream alone: destroying the request would take the connection, and the answer, with it. Nothing may
 * be handed to a stream that has failed.
 */
function breakOff(request: IncomingMessage): void {
  request.removeAllListeners('data')
  if (request.listenerCount('error') > 0) request.emit('error', new Error('the request broke off'))
}
