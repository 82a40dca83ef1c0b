import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseNetworks } from '../../../origin/outbound/networks.ts'

function allowing(...allowed: readonly string[]) {
  const networks = parseNetworks(allowed)
  if (!networks.ok) throw new Error('these are networks')
  return networks.value
}
const internet = allowing()

const ipv4 = fc.ipV4()
/** The other notations of an IPv4 address in IPv6. */
const mappedOf = (address: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16)
  return [`::ffff:${address}`, `::ffff:${hex(a, b)}:${hex(c, d)}`, `0:0:0:0:0:FFFF:${address}`]
}
/** An address of IPv6 by its eight groups, which the oracle can judge without parsing. */
const groups = fc.tuple(...Array.from({ length: 8 }, () => fc.integer({ min: 0, max: 0xffff })))
const textOf = (parts: readonly number[]) => parts.map((part) => part.toString(16)).join(':')

/** Written apart from the rules under test: by arithmetic instead of networks. */
function isPublicIpv4(address: string): boolean {
  const [a = 0, b = 0, c = 0] = address.split('.').map(Number)
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100) return b < 64 || b > 127
  if (a === 169) return b !== 254
  if (a === 172) return b < 16 || b > 31
  if (a === 192) return b !== 168 && !(b === 0 && (c === 0 || c === 2)) && !(b === 88 && c === 99)
  if (a === 198) return b !== 18 && b !== 19 && !(b === 51 && c === 100)
  return !(a === 203 && b === 0 && c === 113)
}
function isPublicIpv6([first = 0, second = 0]: readonly number[]): boolean {
  if (first < 0x2000 || first > 0x3fff) return false
  if (first === 0x2001) return second >= 0x0200 && second !== 0x0db8
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000)
}

describe('the internet', () => {
  test('is every address of IPv4 that is globally reachable, in each notation, and no other', () => {
    const edges = fc.constantFrom(
      ...['0.0.0.0', '9.255.255.255', '10.0.0.0', '100.63.255.255', '100.64.0.0', '100.128.0.0', '127.1.2.3'],
      ...[
        '169.254.169.254',
        '172.15.0.1',
        '172.16.0.1',
        '172.31.255.255',
        '172.32.0.0',
        '192.0.0.8',
        '192.0.1.1',
      ],
      ...[
        '192.0.2.1',
        '192.88.99.1',
        '192.168.0.1',
        '198.18.0.1',
        '198.20.0.0',
        '198.51.100.7',
        '203.0.113.9',
      ],
      ...['223.255.255.255', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255', '8.8.8.8'],
    )
    fc.assert(
      fc.property(fc.oneof(ipv4, edges), (address) => {
        for (const notation of [address, ...mappedOf(address)])
          expect([notation, internet.isAllowed(notation)]).toEqual([notation, isPublicIpv4(address)])
      }),
      { numRuns: 2_000 },
    )
  })

  test('is every address of IPv6 that is globally reachable, and none that leads to another address', () => {
    const first = fc.constantFrom(
      0,
      0x64,
      0x100,
      0x1fff,
      0x2000,
      0x2001,
      0x2002,
      0x2600,
      0x3fff,
      0x4000,
      0xfc00,
      0xfe80,
      0xff02,
    )
    const second = fc.constantFrom(0, 1, 2, 0x10, 0x1ff, 0x200, 0xdb8, 0xfff, 0x1000, 0xff9b)
    const near = fc.tuple(groups, first, second).map(([parts, one, two]) => [one, two, ...parts.slice(2)])
    fc.assert(
      fc.property(fc.oneof(groups, near), (parts) => {
        const address = textOf(parts)
        expect([address, internet.isAllowed(address)]).toEqual([address, isPublicIpv6(parts)])
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '',
    'localhost',
    'example.com',
    '8.8.8',
    '08.8.8.8',
    '8.8.8.8%eth0',
    '2600::1%eth0',
    'fe80::1%lo',
    '[::1]',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::',
    '::1',
    '64:ff9b::7f00:1',
  ])('%j is not of it', (address) => expect(internet.isAllowed(address)).toBe(false))
})

describe('a configured network', () => {
  test('is allowed besides the internet, and nothing else is', () => {
    const networks = allowing('10.1.0.0/16', 'fd00:1::/32', '127.0.0.1/32')
    for (const address of [
      '10.1.0.0',
      '10.1.255.255',
      '::ffff:10.1.2.3',
      'fd00:1::5',
      '127.0.0.1',
      '8.8.8.8',
    ])
      expect([address, networks.isAllowed(address)]).toEqual([address, true])
    for (const address of ['10.0.255.255', '10.2.0.0', 'fd00:2::5', '127.0.0.2', '::1', '192.168.0.1'])
      expect([address, networks.isAllowed(address)]).toEqual([address, false])
  })

  test.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    'localhost/8',
    '10.0.0.0/8 ',
    '10.0.0/8',
    '/8',
    '10.0.0.0/-1',
    'fe80::%1/64',
  ])('%j is none', (network) => expect(parseNetworks(['8.0.0.0/8', network])).toMatchObject({ ok: false }))
})
