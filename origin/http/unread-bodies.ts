import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

/**
 * Lets an answer go out at once although the body of its request has not been read. If more of that body is still to come,
 * the answer says that the connection ends with it: otherwise the next request on it would be lost when the origin stops
 * waiting for the rest. The bytes that still arrive are dropped for `limits.lingerMs`, because a socket that is closed
 * with unread bytes is reset, and the answer may be lost with it (RFC 9112, section 9.6).
 */
export async function answerBeforeBody(
  answer: Response,
  incoming: IncomingMessage,
  clock: Clock,
): Promise<Response> {
  // Node may report the head of a request before it has parsed a body that arrived together with it.
  if (!incoming.complete) await setImmediate()
  const { method, complete: hasArrived, readableEnded: isRead } = incoming
  if (answer.body === null || isRead || (hasArrived && isBodiless(method))) return answer
  const isRefusal = answer.status >= 400
  if (isRefusal && hasArrived) {
    drop(incoming)
    return answer
  }
  const headers = new Headers(answer.headers)
  if (!hasArrived) headers.set('Connection', 'close')
  if (!isRefusal) return answerOf(answer, lingering(answer.body, incoming, clock), headers)
  const bytes = await answer.arrayBuffer()
  // By its length the caller knows that the answer is whole before the connection ends.
  headers.set('Content-Length', String(bytes.byteLength))
  return answerOf(answer, lingering(new Blob([bytes]).stream(), incoming, clock), headers)
}

function answerOf({ status }: Response, body: ReadableStream<Uint8Array>, headers: Headers): Response {
  return new Response(body, { status, headers })
}

function isBodiless(method = ''): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'DELETE'
}

/** The same bytes. The stream ends when the request's body has ended, or after `limits.lingerMs`. */
function lingering(
  body: ReadableStream<Uint8Array>,
  incoming: IncomingMessage,
  clock: Clock,
): ReadableStream<Uint8Array> {
  let hasFailed = false
  incoming.once('error', () => {
    hasFailed = true
  })
  return body.pipeThrough(
    new TransformStream({
      async flush() {
        if (hasFailed || incoming.destroyed || incoming.readableEnded) return
        await withinDeadline(clock, limits.lingerMs, () => arrived(incoming), undefined)
      },
    }),
  )
}

/** Settles when the request's body ends, with or without an error. */
function arrived(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'error', 'close']) incoming.once(event, () => resolve())
    drop(incoming)
  })
}

/** A reader that began and stopped would pause the body again, so its listeners are removed. */
function drop(incoming: IncomingMessage): void {
  incoming.removeAllListeners('data')
  incoming.resume()
}
