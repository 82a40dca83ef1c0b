import { describe, expect, test } from 'vitest'
import { asciiDomain, parseDomain } from '../../../shared/contact-points/domain.ts'
import { addressesFoundBy, emailTags, parseEmail } from '../../../shared/contact-points/email.ts'
import { bucketTag, familyTag } from '../../../shared/tags/tags.ts'

describe('an address', () => {
  test.each([
    ['Ann.Lee+news@EXAMPLE.com', 'ann.lee+news@example.com'],
    [' ann@example.com ', 'ann@example.com'],
    ['mailto:Ann@example.com', 'ann@example.com'],
    ['ann@example.com.', 'ann@example.com'],
    ['ann@ÖST.example', 'ann@xn--st-eka.example'],
    ['ann@XN--ST-EKA.example', 'ann@xn--st-eka.example'],
    ['Ölaf@example.com', 'Ölaf@example.com'],
    ['O\u0308laf@example.com', 'Ölaf@example.com'],
    ['"Ann Lee"@example.com', '"ann lee"@example.com'],
    ["o'neill_1{x}@mail.example.co.uk", "o'neill_1{x}@mail.example.co.uk"],
  ])('%s is %s', (text, address) => {
    expect(parseEmail(text)).toEqual({ ok: true, value: address })
  })

  test.each([
    ...['', 'ann', '@example.com', 'ann@', 'ann@example', 'ann@localhost', 'ann@.com', 'ann@example..com'],
    ...[
      'a..b@example.com',
      '.a@example.com',
      'a.@example.com',
      'a b@example.com',
      'a@b@example.com',
      'a\n@example.com',
    ],
    ...['ann@1.2.3.4', 'ann@[1.2.3.4]', 'ann@0x7f.1', 'ann@exam%70le.com', 'ann@exa_mple.com', 'ann@-a.com'],
    ...['ann@example.com/x', 'ann@example.com:25', `${'a'.repeat(65)}@example.com`],
    ...[
      'Ann Lee <ann@example.com>',
      'ann@example.com, bo@example.com',
      '"a@example.com',
      `ann@${'a'.repeat(64)}.com`,
    ],
  ])('%j is refused, with a sentence that says what is wrong', (text) => {
    expect(parseEmail(text)).toEqual({ ok: false, error: expect.stringMatching(/^must /) })
  })

  test('with a tag behind a plus sign also finds its plain form, and not the other way round', () => {
    const found = (text: string) => {
      const parsed = parseEmail(text)
      return parsed.ok ? addressesFoundBy(parsed.value) : []
    }
    expect(found('ann+news+2@x.com')).toEqual(['ann+news+2@x.com', 'ann@x.com'])
    expect(found('ann+@x.com')).toEqual(['ann+@x.com', 'ann@x.com'])
    expect(found('ann@x.com')).toEqual(['ann@x.com'])
    expect(found('+ann@x.com')).toEqual(['+ann@x.com'])
    expect(found('"a+b"@x.com')).toEqual(['"a+b"@x.com'])
  })

  test('depends on all addresses, on itself and on its plain form', () => {
    const parsed = parseEmail('Ann+news@x.com')
    if (!parsed.ok) throw new Error('the address is valid')
    const own = ['ann+news@x.com', 'ann@x.com'].map((address) => bucketTag('email', address))
    expect(emailTags(parsed.value)).toEqual([familyTag('email'), ...own])
  })
})

describe('a domain', () => {
  test.each([
    ['www.Example.com', 'example.com'],
    ['EXAMPLE.com.', 'example.com'],
    ['https://ann:pw@www.example.com:8443/a?b#c', 'example.com'],
    ['//example.com/a', 'example.com'],
    ['example.com/contact', 'example.com'],
    ['ann@example.com', 'example.com'],
    ['mailto:ann@example.com', 'example.com'],
    ['öst.example', 'xn--st-eka.example'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['www.com', 'www.com'],
    ['www2.example.com', 'www2.example.com'],
  ])('%s is %s', (text, domain) => {
    expect(parseDomain(text)).toEqual({ ok: true, value: domain })
  })

  test.each([
    ...[
      '',
      '.',
      'example',
      'http://',
      'exa mple.com',
      'a..com',
      '1.2.3.4',
      '[::1]',
      'http://127.1/',
      'ex%61mple.com',
    ],
    ...['-a.com', 'a-.com', 'exa_mple.com', `${'a.'.repeat(130)}com`, 'a\0b.com'],
  ])('%j is refused', (text) => {
    expect(parseDomain(text).ok).toBe(false)
  })

  test('has one ASCII form, which is its own', () => {
    for (const name of ['straße.example', 'ΟΔΟΣ.example', 'οδος.example', 'ＥＸ.example']) {
      const ascii = asciiDomain(name)
      expect(ascii, name).not.toBeNull()
      expect(asciiDomain(ascii ?? '')).toBe(ascii)
    }
  })
})
