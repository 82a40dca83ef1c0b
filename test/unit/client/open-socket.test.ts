import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSocket } from '../../../worker/client/open-socket.ts'

/** The sockets of a browser, against a server that answers a handshake when the test says so. */
let server: Server
let upgraded: Promise<{ readonly socket: Socket; accept(): void }>

beforeEach(async () => {
  server = createServer()
  upgraded = once(server, 'upgrade').then(([{ headers }, socket]) => ({
    socket,
    accept() {
      const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accepted = createHash('sha1').update(key).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write([...lines, `Sec-WebSocket-Accept: ${accepted}`, '', ''].join('\r\n'))
    },
  }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function open() {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const closed = Promise.withResolvers<number>()
  const socket = openSocket(`ws://127.0.0.1:${address.port}`, [], {
    received: () => undefined,
    closed: closed.resolve,
  })
  return { socket, closed: closed.promise }
}

/** The code of the close frame that a client sends, which is masked. */
async function closeCodeOf(socket: Socket): Promise<number> {
  const [frame]: Buffer[] = await once(socket, 'data')
  if (frame === undefined || (frame[0] ?? 0) !== 0x88) throw new Error('this is no close frame')
  return frame.readUInt16BE(6) ^ frame.readUInt16BE(2)
}

it('a connection that is given up while it is made is made and then closed, of which a browser does not complain', async () => {
  const { socket } = open()
  const { socket: theirs, accept } = await upgraded
  socket.close()
  accept()
  expect(await closeCodeOf(theirs)).toBe(1000)
})

it('a connection that is not made in time is given up all the same', async () => {
  const { socket, closed } = open()
  await upgraded
  socket.close()
  expect(await closed).toBe(1006)
})
