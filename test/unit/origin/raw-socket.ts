import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { z } from 'zod'

/** A connection on which a test can send any bytes. */
export interface RawSocket {
  readonly socket: Socket
  send(text: string): void
  /** Settles with the text that has arrived so far, once it contains `text`. */
  received(text: string): Promise<string>
  /** Settles with all text that arrived, once the other end has closed. */
  closed(): Promise<string>
}

export async function openRawSocket(port: number): Promise<RawSocket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  // A connection that the other end resets is closed as well.
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => {
    for (const event of ['end', 'close'] as const) socket.once(event, () => resolve(text))
  })
  await once(socket, 'connect')
  return {
    socket,
    send: (sent) => void socket.write(sent),
    async received(wanted) {
      while (!text.includes(wanted)) {
        if (socket.readableEnded) throw new Error(`closed after ${JSON.stringify(text)}`)
        await Promise.race([once(socket, 'data'), ended])
      }
      return text
    },
    async closed() {
      const all = await ended
      socket.destroy()
      return all
    },
  }
}

/** A request's first line and headers, without the empty line behind them. */
export function headOf(method: string, path: string, headers: Record<string, string>): string {
  const lines = Object.entries({ Host: 'origin.test', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return [`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')
}

const errorSchema = z.object({ success: z.literal(false), code: z.string(), requestId: z.string().min(1) })

/** The status and the error code of the one answer that a connection gave. */
export function errorIn(text: string): { status: number; code: string; headers: string } {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  return { status, code: errorSchema.parse(JSON.parse(body)).code, headers: head.toLowerCase() }
}
