import { createServer, type Server } from 'node:http'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import { page } from './read-page.ts'

export interface StandInOrigin {
  readonly url: string
  stop(): Promise<void>
}

/** So long that nothing expires during a measurement. */
const lifetimeSeconds = 86_400
/** Only what every version knows: one that is compared may refuse settings with more. */
const { contactCounts, contactLists, search, messageHistory, prefetch } = defaultCacheSettings.features
const { lifetimes: _, ...cacheConfig } = defaultCacheSettings.cacheConfig
const settings = {
  cacheEnabled: true,
  features: { contactCounts, contactLists, search, messageHistory, prefetch },
  cacheConfig: { ...cacheConfig, contactsTTL: lifetimeSeconds },
}

/**
 * A stand-in for the origin. It answers each load with the one page, from memory. On a hit the origin is called only
 * to check a sample of the served answers, so a real one would use more of the machine and show nothing more.
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
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port')
  return address.port
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
