import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

/**
 * An answer that may go out before the body of its request has been read. Where more of that body is still to come, the
 * connection ends with the answer and says so: otherwise the next request on it would be lost when this end gives up
 * waiting for the rest. The answer goes out at once, and what still arrives is dropped for `limits.lingerMs`: a socket that
 * is closed with unread bytes is reset, and the answer may be lost with it (RFC 9112 section 9.6).
 */
export async function answerBeforeBody(
  answer: Response,
  incoming: IncomingMessage,
  clock: Clock,
): Promise<Response> {
  // The server may have been handed a head before the body beside it is looked at.
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
  // With its length the caller has the whole answer before the connection ends.
  headers.set('Content-Length', String(bytes.byteLength))
  return answerOf(answer, lingering(new Blob([bytes]).stream(), incoming, clock), headers)
}

function answerOf({ status }: Response, body: ReadableStream<Uint8Array>, headers: Headers): Response {
  return new Response(body, { status, headers })
}

function isBodiless(method = ''): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'DELETE'
}

/** The same bytes, and an end that comes once the request has, or does not come in time. */
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

/** Settles with the end of the request's body, however it ends. */
function arrived(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'error', 'close']) incoming.once(event, () => resolve())
    drop(incoming)
  })
}

/** Whoever has begun to read the body would halt it again with what they do not take. */
function drop(incoming: IncomingMessage): void {
  incoming.removeAllListeners('data')
  incoming.resume()
}
