import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { serviceUrl } from '../../../shared/contract/service-url.ts'

const schema = serviceUrl('the origin')

describe('the URL of a service', () => {
  test.each([
    'https://origin.example.com',
    'https://origin.example.com:8443/base',
    'HTTPS://origin.example.com',
    'http://localhost:8788',
    'http://127.0.0.1:8788',
    'http://127.255.255.254',
    'http://[::1]:8788',
  ])('%s is taken as it is', (url) => {
    expect(schema.parse(url)).toBe(url)
  })

  test('loses the slashes at its end, so that a path can be put behind it', () => {
    expect(schema.parse('https://origin.example.com/base//')).toBe('https://origin.example.com/base')
  })

  test.each([
    'http://origin.example.com',
    'http://10.0.0.1:8788',
    'http://169.254.169.254',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://localhost@example.com',
    'https://user:secret@origin.example.com',
    'https://origin.example.com/#part',
    'http://[::ffff:10.0.0.1]',
    'ftp://localhost',
    'https://',
    'https:origin.example.com',
    'https://origin example.com',
    'http:\\\\localhost',
    'origin.example.com',
    ' https://origin.example.com',
    'javascript:alert(1)',
    '',
    undefined,
  ])('%j is refused by a sentence that does not repeat it', (url) => {
    const parsed = schema.safeParse(url)
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual([
      'must be the https URL of the origin (http only on this machine)',
    ])
  })

  test('is never in the clear to another machine, whatever the host', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((ip) => `[${ip}]`),
        ),
        (host) => {
          const { hostname } = new URL(`http://${host}`)
          const isHere = hostname === '[::1]' || hostname.startsWith('127.')
          expect(schema.safeParse(`http://${host}`).success).toBe(isHere)
          expect(schema.safeParse(`https://${host}`).success).toBe(true)
        },
      ),
    )
  })
})
