import { describe, expect, test } from 'vitest'
import { senderFactsOf } from '../../../origin/inbound-email/sender-facts.ts'
import { senderFactsSchema } from '../../../shared/contract/inbound-email.ts'

function factsOf(host: string) {
  return senderFactsSchema.parse(senderFactsOf({ address: `ann@${host}`, name: null }))
}

describe('the company of a domain', () => {
  test.each([
    ['acme-tools.co.uk', 'Acme Tools'],
    ['acme.com', 'Acme'],
    ['acme.example', 'Acme'],
    ['smith-and-sons.com', 'Smith and Sons'],
    ['brot-und-butter.de', 'Brot und Butter'],
    ['the-bakery.com', 'The Bakery'],
    ['mueller-gmbh.de', 'Mueller GmbH'],
    ['xn--mller-kva.de', 'Müller'],
    ['xn--mller-bau-q9a.de', 'Müller Bau'],
    ['acme-it.nl', 'Acme IT'],
    ['it-haus.de', 'It Haus'],
    ['acme-ltd.co.nz', 'Acme Ltd'],
    ['ibm.com', 'IBM'],
    ['dhl.de', 'DHL'],
    ['kpmg.com', 'KPMG'],
    ['hsbc-bank.com', 'HSBC Bank'],
    ['3m.com', '3M'],
    ['24seven.com', '24seven'],
    ['1200.example', '1200'],
    ['a--b.com', 'A B'],
    ['xn--85x722f.com.cn', '食狮'],
    ['xn--80akhbyknj4f.xn--p1ai', 'Испытание'],
    ['acme.onmicrosoft.com', 'Acme'],
    ['acme-tools.github.io', 'Acme Tools'],
    ['acme.com.br', 'Acme'],
  ])('%s is called %s', (domain, name) => {
    expect(factsOf(domain).companyName).toBe(name)
  })
})

describe('the registrable domain', () => {
  test.each([
    ['mail.acme-tools.co.uk', 'acme-tools.co.uk'],
    ['em123.bounces.acme.com', 'acme.com'],
    ['acme.onmicrosoft.com', 'acme.onmicrosoft.com'],
    ['acme.mail.onmicrosoft.com', 'acme.onmicrosoft.com'],
    ['support.acme.zendesk.com', 'acme.zendesk.com'],
    ['zendesk.com', 'zendesk.com'],
    ['onmicrosoft.com', 'onmicrosoft.com'],
    ['acme.com.test-google-a.com', 'acme.com'],
    ['test-google-a.com', 'test-google-a.com'],
    ['a.acme.github.io', 'acme.github.io'],
    ['github.io', 'github.io'],
    ['acme.uk.com', 'acme.uk.com'],
    ['a.city.kawasaki.jp', 'city.kawasaki.jp'],
    ['x.xn--85x722f.xn--55qx5d.cn', 'xn--85x722f.xn--55qx5d.cn'],
    ['mail.acme.test', 'acme.test'],
    ['co.uk', null],
    ['xn--55qx5d.cn', null],
  ])('of %s is %s', (host, domain) => {
    expect(factsOf(host).domain).toBe(domain)
  })

  test('of nobody is none, and there is no company', () => {
    expect(senderFactsOf(null)).toEqual({ domain: null, isFreeMail: false, companyName: null })
  })
})

describe('a provider of free mail', () => {
  test.each([
    ...['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.co.uk', 'yahoo.co.jp', 'icloud.com', 'gmx.de'],
    ...[
      'web.de',
      't-online.de',
      'posteo.de',
      'tutanota.com',
      'tuta.io',
      'proton.me',
      'fastmail.com',
      'qq.com',
    ],
    ...['163.com', 'mail.ru', 'yandex.ru', 'orange.fr', 'libero.it', 'bluewin.ch', 'wp.pl', 'seznam.cz'],
    ...['privaterelay.appleid.com', 'duck.com', 'mail.gmail.com'],
  ])('is %s, and never a company', (host) => {
    expect(factsOf(host)).toMatchObject({ isFreeMail: true, companyName: null })
  })

  test.each([
    'acme.com',
    'example.com',
    'facebook.com',
    'nus.edu.sg',
    'appleid.com',
    'notgmail.com',
    'b.spb.ru',
  ])('is not %s', (host) => {
    expect(factsOf(host)).toMatchObject({ isFreeMail: false, companyName: expect.any(String) })
  })
})
