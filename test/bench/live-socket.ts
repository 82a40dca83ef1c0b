import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** A WebSocket of the benchmark's clients, as cheap as it can be: frames are read from the stream of a net socket (RFC 6455, section 5). */
export interface ClientSocket {
  send(text: string): void
  /** Ends the connection without a closing handshake, as a browser that loses its network does. */
  drop(): void
}

export interface SocketOptions {
  readonly url: string
  readonly protocols: readonly string[]
  onText(text: string): void
  onEnd(): void
}

const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const
const handshakeDeadlineMs = 30_000

/** Opens a socket. Answers the status of the handshake with it; the socket is null unless the status is 101. */
export function openSocket(options: SocketOptions): Promise<{ status: number; socket: ClientSocket | null }> {
  const { hostname, port, host, pathname, search } = new URL(options.url)
  const { promise, resolve } = Promise.withResolvers<{ status: number; socket: ClientSocket | null }>()
  const stream = connect({ host: hostname, port: Number(port), noDelay: true })
  const deadline = setTimeout(() => stream.destroy(), handshakeDeadlineMs)
  const head = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(options.protocols.length > 0 ? [`Sec-WebSocket-Protocol: ${options.protocols.join(', ')}`] : []),
  ]
  stream.write(`${head.join('\r\n')}\r\n\r\n`)
  let isOpen = false
  let received: Buffer = Buffer.alloc(0)
  const readFrames = createFrameReader((opcode, payload) => {
    if (opcode === opcodes.text) options.onText(payload.toString())
    if (opcode === opcodes.ping) stream.write(frameOf(opcodes.pong, payload))
    if (opcode === opcodes.close) stream.destroy()
  })
  stream.on('data', (chunk) => {
    if (isOpen) {
      readFrames(chunk)
      return
    }
    received = Buffer.concat([received, chunk])
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) return
    clearTimeout(deadline)
    const status = Number(received.toString('latin1', 9, 12))
    isOpen = status === 101
    resolve({ status, socket: isOpen ? clientOf(stream) : null })
    // The first frames may stand in the same chunk, and are read after the caller has its socket.
    if (isOpen) queueMicrotask(() => readFrames(received.subarray(end + 4)))
    else stream.destroy()
  })
  stream.on('error', () => stream.destroy())
  stream.on('close', () => {
    clearTimeout(deadline)
    if (isOpen) options.onEnd()
    else resolve({ status: 0, socket: null })
  })
  return promise
}

function clientOf(stream: Socket): ClientSocket {
  return {
    send: (text) => void stream.write(frameOf(opcodes.text, Buffer.from(text))),
    drop: () => void stream.destroy(),
  }
}

/** A masked frame, as every frame of a client is. A mask of zeros changes nothing, and nobody here must be kept from guessing it. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([head, Buffer.alloc(4), payload])
}

/** Calls `onFrame` for each whole frame of a stream. A server sends no message in several frames here. */
function createFrameReader(onFrame: (opcode: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      const frame = firstFrame(pending)
      if (frame === null) return
      pending = pending.subarray(frame.end)
      onFrame(frame.opcode, frame.payload)
    }
  }
}

function firstFrame(bytes: Buffer): { opcode: number; payload: Buffer; end: number } | null {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return null
  const short = second & 0x7f
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < start) return null
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const end = start + length
  if (bytes.length < end) return null
  if ((first & 0x80) === 0) throw new Error('live-socket.ts: a message in several frames')
  return { opcode: first & 0x0f, payload: bytes.subarray(start, end), end }
}
