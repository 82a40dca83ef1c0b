import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A network in front of a server, such as the Worker, which can fail as networks do. */
export interface CuttableNetwork {
  /** The server's URL through this network. */
  readonly url: string
  /** Ends all connections and refuses new ones. */
  cut(): void
  /** Delivers nothing more and says nothing: connections stay open on both ends. */
  silence(): void
  mend(): void
  stop(): Promise<void>
}

/** `oneWayMs` is how long everything takes in each direction, as if the other end were far away. */
export async function startCuttableNetwork(worker: string, oneWayMs = 0): Promise<CuttableNetwork> {
  const { hostname, port } = new URL(worker)
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'whole' | 'cut' | 'silent' = 'whole'

  const end = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    pairs.clear()
  }
  const afterTravel = (arrive: () => void) => {
    if (oneWayMs === 0) arrive()
    else setTimeout(arrive, oneWayMs)
  }
  const server = createServer((near) => {
    if (state === 'cut') {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('data', (chunk) => {
        if (state !== 'silent') afterTravel(() => to.write(chunk))
      })
      from.on('close', () => {
        pairs.delete(pair)
        afterTravel(() => to.destroy())
      })
      from.on('error', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the network has no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    cut() {
      state = 'cut'
      end()
    },
    silence() {
      state = 'silent'
    },
    mend() {
      // Bytes were lost on connections that were silent, so those end.
      end()
      state = 'whole'
    },
    async stop() {
      end()
      server.close()
      await once(server, 'close')
    },
  }
}
