import { lookup, Resolver } from 'node:dns/promises'

/** The addresses of a host. Rejects, or answers none, if it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

/** How long one server of names may take, and how often it is asked. */
const nameServerTimeoutMs = 2_000
const nameServerTries = 2

/**
 * Asks the servers of names without the system's own resolver. That one has four threads for the whole process, and a host whose
 * servers are slow would hold them. The names of this machine are known without a server (RFC 6761 section 6.3).
 */
export function createNameServerResolve(): Resolve {
  const resolver = new Resolver({ timeout: nameServerTimeoutMs, tries: nameServerTries })
  return async (hostname) => {
    if (/^(.+\.)?localhost\.?$/.test(hostname)) return ['127.0.0.1', '::1']
    const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    return found.flatMap((family) => (family.status === 'fulfilled' ? family.value : []))
  }
}

/** Asks the system, which also knows the names in its own files. For hosts that the operator names. */
export const resolveBySystem: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)
