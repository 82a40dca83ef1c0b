import { BlockList, isIP } from 'node:net'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

/** The addresses that may be connected to. */
export interface Networks {
  /** `address` is an IP address in any notation. Anything else is not allowed. */
  isAllowed(address: string): boolean
}

type Family = 'ipv4' | 'ipv6'
type Network = readonly [address: string, prefixBits: number, family: Family]

/** Not globally reachable, by the IANA registry of special-purpose IPv4 addresses (RFC 6890), and multicast. */
const specialIpv4 = listOf([
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
])
/** The addresses of IPv6 that hosts of the internet have (RFC 4291 section 2.4). */
const globalIpv6 = listOf([['2000::', 3, 'ipv6']])
/** Among those: not globally reachable, or 6to4 and Teredo, which lead to an IPv4 address of the name's owner's choice. */
const specialIpv6 = listOf([
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
])
/** Addresses of IPv4 in the notation of IPv6 (RFC 4291 section 2.5.5.2). A BlockList compares them with networks of IPv4. */
const mappedIpv4 = listOf([['::ffff:0:0', 96, 'ipv6']])

/** Allows the addresses of the internet, and those of the networks in `allowed` besides, such as `10.1.0.0/16`. */
export function parseNetworks(allowed: readonly string[]): Result<Networks, 'malformed'> {
  const networks = allowed.map(parseNetwork)
  if (networks.some((network) => network === null)) return err('malformed')
  const configured = listOf(networks.filter((network) => network !== null))
  return ok({
    isAllowed(address) {
      const family = familyOf(address)
      if (family === null) return false
      if (configured.check(address, family)) return true
      if (family === 'ipv4' || mappedIpv4.check(address, family)) return !specialIpv4.check(address, family)
      return globalIpv6.check(address, family) && !specialIpv6.check(address, family)
    },
  })
}

function parseNetwork(text: string): Network | null {
  const [, address = '', digits = ''] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = familyOf(address)
  const prefixBits = Number(digits)
  if (family === null || prefixBits > (family === 'ipv4' ? 32 : 128)) return null
  return [address, prefixBits, family]
}

/** An address with a zone is one of a link, and never of the internet. */
function familyOf(address: string): Family | null {
  const version = address.includes('%') ? 0 : isIP(address)
  return version === 0 ? null : version === 4 ? 'ipv4' : 'ipv6'
}

function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList()
  for (const network of networks) list.addSubnet(...network)
  return list
}
