import { once } from 'node:events'
import {
  createServer,
  request as forward,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** A fault between a client and a service. Each part is optional, and without any the proxy changes nothing. */
export interface ProxyFault {
  /** Changes the headers of a request. */
  readonly request?: (headers: IncomingHttpHeaders) => OutgoingHttpHeaders
  /** Changes the headers of an answer. */
  readonly answer?: (headers: IncomingHttpHeaders, request: IncomingHttpHeaders) => OutgoingHttpHeaders
  /** Holds requests back before they are sent on. */
  readonly holdMs?: number
}

/** A proxy in front of a service, WebSockets included, in which one fault at a time can be planted while everything runs. */
export interface FaultyProxy {
  readonly url: string
  /** Where requests go, set once that service is running. Until then every answer is 502. */
  target: string
  /** Plants a fault in place of the one before, and lets requests go that were held back. */
  plant(fault: ProxyFault): void
  stop(): Promise<void>
}

export async function startFaultyProxy(): Promise<FaultyProxy> {
  let fault: ProxyFault = {}
  /** The requests that are held back. Calling one sends it. */
  const held = new Set<() => void>()
  const server = createServer((incoming, outgoing) => {
    const { request, answer, holdMs = 0 } = fault
    const refuse = () => outgoing.writeHead(502).end()
    const send = () => {
      if (proxy.target === '') {
        refuse()
        return
      }
      const headers = request?.(incoming.headers) ?? incoming.headers
      const sent = forward(`${proxy.target}${incoming.url}`, { method: incoming.method, headers }, (got) => {
        outgoing.writeHead(got.statusCode ?? 502, answer?.(got.headers, incoming.headers) ?? got.headers)
        got.pipe(outgoing)
      })
      sent.on('error', () => (outgoing.headersSent ? outgoing.destroy() : refuse()))
      incoming.pipe(sent)
    }
    if (holdMs === 0) {
      send()
      return
    }
    const release = () => {
      clearTimeout(timer)
      held.delete(release)
      send()
    }
    const timer = setTimeout(release, holdMs)
    held.add(release)
  })
  server.on('upgrade', (incoming, near, head) => passSocket(proxy.target, incoming, near, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${address.port}`,
    target: '',
    plant(next) {
      fault = next
      for (const release of [...held]) release()
    },
    async stop() {
      proxy.plant({})
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

/** Passes a WebSocket on as it is. */
function passSocket(target: string, incoming: IncomingMessage, near: Duplex, head: Buffer): void {
  const { hostname, port } = new URL(target)
  const far = connect(Number(port), hostname, () => {
    const lines = incoming.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
    )
    far.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    far.write(head)
    far.pipe(near)
    near.pipe(far)
  })
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}
