import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { claimPort, isPortBlocked, isPortFree, ownPorts, takePort } from '../../origin/local/ports.ts'

const claimer = fileURLToPath(new URL('claims-a-port.ts', import.meta.url))

it('no other process takes a port that one has taken, even before anything listens there, until that process ends', async () => {
  const other = fork(claimer)
  const [message] = await once(other, 'message')
  const port = z.int().parse(message)
  expect(await isPortFree(port), 'nothing listens there yet').toBe(true)
  expect(await claimPort(port)).toBe(false)

  const ended = once(other, 'exit')
  other.kill('SIGKILL')
  await ended
  expect(await claimPort(port)).toBe(true)
  expect(await claimPort(port), 'twice by one process').toBe(false)
})

it('a port given by the user is taken only if nothing listens on it', async () => {
  const wished = await takePort(0)
  expect(await takePort(wished)).toBe(wished)
  const server = createServer().listen(wished, '127.0.0.1')
  await once(server, 'listening')
  expect(await takePort(wished)).not.toBe(wished)
  server.close()
})

it('no port is given that fetch refuses, the last of which is the one below them', async () => {
  expect(await isPortBlocked(ownPorts.min - 1)).toBe(true)
  expect(await isPortBlocked(ownPorts.min)).toBe(false)
  const taken = await Promise.all(Array.from({ length: 50 }, () => takePort(0)))
  expect(Math.min(...taken)).toBeGreaterThanOrEqual(ownPorts.min)
})
