import type { OpenSocket } from './platform.ts'

/** A browser complains on its console of a connection that is given up before it is made, so it may still be made for this time. */
const connectingMs = 2_000

/** A WebSocket of the browser, or of Node. */
export const openSocket: OpenSocket = (url, protocols, events) => {
  const socket = new WebSocket(url, protocols)
  socket.addEventListener('message', ({ data }) => events.received(String(data)))
  socket.addEventListener('close', ({ code }) => events.closed(code))
  return {
    send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
    close: () => void setTimeout(() => socket.close(1000), socket.readyState ? 0 : connectingMs),
  }
}
