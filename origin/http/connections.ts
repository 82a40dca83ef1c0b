import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import type { WireErrorCode } from '../../shared/contract/errors.ts'
import { textOf } from './refusals.ts'

/** The open connections of a server, with the answers in progress on each. */
interface Connections {
  add(socket: Socket): void
  begin(socket: Socket, response: ServerResponse): void
  /**
   * Ends a connection whose request cannot be read to its end. If no answer has begun, `code` is the answer. If one has, as
   * with an import, the body's stream fails and the route may finish its answer.
   */
  refuse(socket: Socket, code: WireErrorCode): void
  /** Ends the idle connections, and has every other connection end after its answer. */
  closeIdle(): void
}

/** `finishMs` is the time that an answer in progress has to finish after its request broke off. */
export function createConnections(clock: Clock, finishMs: number): Connections {
  const connections = new Map<Socket, Set<ServerResponse>>()
  /** Node reports a broken request again for everything of it that still arrives. */
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
      // A connection that was reset or cut off has ended already, with its answers.
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
 * Fails only the stream of the body: destroying the request would destroy the connection and the answer too. No more data
 * may reach a stream that has failed.
 */
function breakOff(request: IncomingMessage): void {
  request.removeAllListeners('data')
  if (request.listenerCount('error') > 0) request.emit('error', new Error('the request broke off'))
}
