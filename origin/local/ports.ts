import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { LocalError } from './local-error.ts'

const host = '127.0.0.1'

/** Below the ports that systems give to outgoing connections: one of those could take it before it is listened on. */
const ownPorts = { min: 10_000, max: 32_767 } as const

/** The port that was wished for if it is free, else one that is and that nobody else takes by this function. */
export async function takePort(wished: number): Promise<number> {
  if (wished !== 0 && (await isPortFree(wished))) return wished
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(ownPorts.min, ownPorts.max + 1)
    if ((await claimPort(port)) && (await isPortFree(port))) return port
  }
  throw new LocalError(`No port from ${ownPorts.min} to ${ownPorts.max} was found free.`)
}

/** Whether nobody listens on a loopback port. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

/**
 * Whether this process is the first to claim a port. Seconds go by until what it is for listens there, and stacks that
 * start at once, as two test files do, would now and then draw the same. The claim is the UDP port of the same number,
 * which nothing here has a use for: the system gives it to one process alone, and takes it back when that ends.
 */
export function claimPort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const claim = createSocket('udp4')
    claim.unref()
    claim.once('error', () => resolve(false))
    claim.bind({ port, address: host, exclusive: true }, () => resolve(true))
  })
}
