import { expect, test } from 'vitest'
import { parseNetworks } from '../../../origin/outbound/networks.ts'
import { createNameServerResolve } from '../../../origin/outbound/resolve.ts'

const internet = parseNetworks([])

test.each(['localhost', 'localhost.', 'hooks.localhost', 'a.b.localhost.'])(
  'the name %s is this machine’s without a server of names, and therefore refused',
  async (hostname) => {
    const addresses = await createNameServerResolve()(hostname)
    expect(addresses).toEqual(['127.0.0.1', '::1'])
    expect(internet.ok && addresses.some(internet.value.isAllowed)).toBe(false)
  },
)
