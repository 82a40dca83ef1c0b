import { createServer, type Server } from 'node:http'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import { page } from './read-page.ts'

export interface StandInOrigin {
  readonly url: string
  stop(): Promise<void>
}

/** Long enough that nothing expires while it is measured. */
const lifetimeSeconds = 86_400
/** Without what a version that is compared may not know. */
const { lifetimes: _, ...cacheConfig } = defaultCacheSettings.cacheConfig
const settings = {
  ...defaultCacheSettings,
  cacheConfig: { ...cacheConfig, contactsTTL: lifetimeSeconds },
}

/**
 * What stands where the origin does: it answers each load with the one page, from memory. On a hit the origin is asked
 * only to check a sample of what was served, so that a real one would cost the machine more and tell no more.
 */
export async function startStandInOrigin(): Promise<StandInOrigin> {
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('Content-Type', 'application/json')
    response.end(request.url?.endsWith('/settings') ? JSON.stringify(settings) : page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${portOf(server)}`, stop: () => stop(server) }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the stand-in listens on a port')
  return address.port
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
