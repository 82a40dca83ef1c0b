import { describe, expect, test } from 'vitest'
import { parseMailDate } from '../../../shared/inbound-email/mail-date.ts'

describe('the date of a message', () => {
  test.each([
    ['Thu, 26 Nov 2026 13:30:00 +0100', '2026-11-26T12:30:00Z'],
    ['26 Nov 2026 13:30 +0100', '2026-11-26T12:30:00Z'],
    ['Thu,  26  Nov 2026\t13:30:00 +0100 (CET)', '2026-11-26T12:30:00Z'],
    ['Thu, 26 November 2026 13:30:00 GMT', '2026-11-26T13:30:00Z'],
    ['26-Nov-2026 13:30:00 PST', '2026-11-26T21:30:00Z'],
    ['Thu, 26 Nov 99 13:30:00 Z', '1999-11-26T13:30:00Z'],
    ['Thu, 26 Nov 126 13:30:00 Z', '2026-11-26T13:30:00Z'],
    ['Thu Nov 26 13:30:00 2026', '2026-11-26T13:30:00Z'],
    ['Sat, 31 Dec 2016 23:59:60 +0000', '2016-12-31T23:59:59Z'],
    ['2026-11-26T13:30:00.123456789+01:00', '2026-11-26T12:30:00Z'],
    ['2026-11-26 13:30Z', '2026-11-26T13:30:00Z'],
    ['Thu, 26 Nov 2026 13:30:00 +9999', '2026-11-26T13:30:00Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseMailDate(text)).toBe(instant)
  })

  test.each([
    ...['', 'yesterday', '26 Nov 2026', '2026-11-26', '32 Nov 2026 13:30:00 GMT', '29 Feb 2026 13:30:00 GMT'],
    ...[
      '26 Now 2026 13:30:00 GMT',
      '26 Nov 2026 24:00:00 GMT',
      '26 Nov 2026 13:60:00 GMT',
      '26 Nov 1066 13:30:00 GMT',
    ],
    ...['2026-13-01T00:00:00Z', '99999-01-01T00:00:00Z', `${' '.repeat(300)}26 Nov 2026 13:30:00 GMT`],
  ])('%j is none', (text) => {
    expect(parseMailDate(text)).toBeNull()
  })
})
