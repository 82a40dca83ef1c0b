import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { LocalError } from './local-error.ts'

const host = '127.0.0.1'

/**
 * Above the ports that `fetch` refuses, of which 10080 is the last (Fetch standard, port blocking), and below those for outgoing
 * connections: such a connection could take the port before a program listens on it.
 */
export const ownPorts = { min: 10_081, max: 32_767 } as const

/** Answers the wanted port if it is free, otherwise a random free one that no other call of this function answers. */
export async function takePort(wanted: number): Promise<number> {
  if (wanted !== 0 && (await isPortFree(wanted))) return wanted
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(ownPorts.min, ownPorts.max + 1)
    if ((await claimPort(port)) && (await isPortFree(port))) return port
  }
  throw new LocalError(`No free port was found from ${ownPorts.min} to ${ownPorts.max}.`)
}

/** Whether no program listens on a port of the loopback address. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

/** Whether browsers and `fetch` refuse a port that nothing listens on (Fetch standard, port blocking). */
export async function isPortBlocked(port: number): Promise<boolean> {
  const error: unknown = await fetch(`http://${host}:${port}`).catch((reason: unknown) => reason)
  return error instanceof TypeError && error.cause instanceof Error && error.cause.message === 'bad port'
}

/**
 * Whether this process is the first to claim a port. It takes seconds until a program listens there, and two stacks that start
 * at the same time, as in two test files, could choose the same port. The claim is the UDP port of the same number: the system
 * gives it to one process only and takes it back when that process ends, and nothing here uses UDP.
 */
export function claimPort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const claim = createSocket('udp4')
    claim.unref()
    claim.once('error', () => resolve(false))
    claim.bind({ port, address: host, exclusive: true }, () => resolve(true))
  })
}

/** Where debuggers look for a Worker and for a second Node process, if these ports are free. */
export async function takeInspectorPorts(): Promise<{ worker: number; origin: number }> {
  return { worker: await takePort(9_229), origin: await takePort(9_230) }
}
