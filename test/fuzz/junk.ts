import type { Dice } from '../support/dice.ts'
import { bytesOf, type Segment } from './request-case.ts'

/** Texts that some program has once mistaken for something else. None contains a mark; it is added where it fits. */
const oddTexts: readonly string[] = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '...',
    '/',
    '//',
    '\\',
    ':',
    '*',
    '%',
    '#',
    '?',
    '&',
    '=',
    '+',
    '-',
    '_',
    '~',
    ';',
    ',',
  ],
  ...[
    '\0',
    'a\0b',
    '\u0001',
    '\t',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\ufffe',
    '\uffff',
  ],
  ...['\ud800', '\udc00', 'a\ud83d', '\ude00b', '\ud83d\ude00', 'e\u0301', 'İ', 'ß', 'ﬁ', '№7', '٣', '１'],
  ...['null', 'undefined', 'NaN', 'Infinity', 'true', 'false', '[]', '{}', '[object Object]', '""', "''"],
  ...['0', '-0', '-1', '+1', '1.5', '1e3', '1e400', '0x10', '00', '007', '1 ', ' 1', '1,2', '1_000'],
  ...['2147483648', '4294967296', '9007199254740993', '18446744073709551616', '999999999', '9'.repeat(400)],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length'],
  ...["'", "' or '1'='1", '";--', '$1', '$$', '%s', '%%', '{{x}}', '#{x}', '<script>', '../../etc/passwd'],
  ...['2026-02-30T00:00:00Z', '10000-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z'],
  ...[
    '2026-01-01T00:00:00+15:59',
    '2026-01-01T00:00:00+23:59',
    '2026-01-01T24:00:00Z',
    '2026-06-30T23:59:60Z',
  ],
  ...[
    `2026-01-01T00:00:00.${'1'.repeat(130)}Z`,
    '2026-01-01',
    '2026-01-01T00:00:00',
    'infinity',
    'epoch',
    'now',
  ],
]

/** A text that a field may not expect, sometimes very long. */
export function oddText(dice: Dice): string {
  if (dice.happens(0.04))
    return dice.pick(['x', 'é', '\ud83d\ude00', '%', '\0']).repeat(dice.between(100, 5_000))
  // Characters that a database refuses in a text.
  if (dice.happens(0.08)) return `a${dice.pick(['\0', '\ud800', '\udc00'])}`
  if (dice.happens(0.1)) return `${dice.pick(oddTexts)}${dice.pick(oddTexts)}`
  return dice.pick(oddTexts)
}

/** A cursor that this API never gave out, though it may look like one. */
export function oddCursor(dice: Dice): string {
  const good = {
    sortBy: 'created_at',
    sortOrder: 'desc',
    after: '2026-01-01T00:00:00.000000Z',
    id: 'a',
    page: 2,
  }
  const spoiled: Record<string, unknown> = {
    ...good,
    [dice.pick(Object.keys(good))]: dice.happens(0.5) ? oddText(dice) : oddJson(dice),
    ...(dice.happens(0.3) ? { sortBy: 'name', after: oddText(dice) } : {}),
  }
  // JSON.stringify writes half of a surrogate pair as an escape, which is valid JSON.
  return Buffer.from(JSON.stringify(dice.happens(0.2) ? good : spoiled)).toString('base64url')
}

/** Writes a text into a URL in one of the ways that servers see: encoded, half encoded, encoded twice, or unchanged. */
export function inUrl(text: string, dice: Dice): string {
  const encoded = percentEncoded(text)
  const way = dice.between(1, 12)
  if (way === 1) return bytesOf(text)
  if (way === 2) return encoded.replaceAll('%', '%25')
  if (way === 3) return encoded.toLowerCase()
  if (way === 4)
    return `${encoded}${dice.pick(['%', '%4', '%zz', '%ff', '%c0%af', '%ed%a0%80', '%00', '%f4%90%80%80'])}`
  return encoded
}

function percentEncoded(text: string): string {
  return [...bytesOf(text)]
    .map((byte) =>
      /[\w.~-]/.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

/** A JSON value that no schema accepts. */
export function oddJson(dice: Dice, depth = 0): unknown {
  const kind = dice.between(1, depth > 2 ? 6 : 9)
  if (kind === 1) return dice.pick([null, true, false])
  if (kind === 2) return dice.pick([0, -1, 1.5, 1e308, -1e308, 2 ** 53, 5e-324, 2_147_483_648])
  if (kind <= 5) return oddText(dice)
  if (kind === 6) return dice.pick([[], {}, [[]], [null], { '': '' }])
  if (kind === 7) return Array.from({ length: dice.between(1, 60) }, () => oddJson(dice, depth + 1))
  if (kind === 8) return Object.fromEntries([[oddText(dice), oddJson(dice, depth + 1)]])
  let nested: unknown = 'deep'
  for (let level = 0; level < dice.between(5, 200); level += 1)
    nested = dice.happens(0.5) ? [nested] : { a: nested }
  return nested
}

/** The JSON with one of its values, members or items replaced, dropped or added. */
export function spoiled(value: unknown, dice: Dice): unknown {
  if (dice.happens(0.15)) return oddJson(dice)
  if (Array.isArray(value) && value.length > 0) {
    const at = dice.between(0, value.length - 1)
    return value.map((item, index) => (index === at ? spoiled(item, dice) : item))
  }
  if (typeof value !== 'object' || value === null) return oddJson(dice)
  const entries = Object.entries(value)
  const at = dice.between(0, entries.length)
  const [name, member] = entries[at] ?? [oddText(dice), oddJson(dice)]
  const others = entries.filter((_, index) => index !== at)
  if (at < entries.length && dice.happens(0.15)) return Object.fromEntries(others)
  return Object.fromEntries([...others, [name, spoiled(member, dice)]])
}

/** Bodies that are wrong before any schema sees them, or too large for it. */
export function oddBody(json: string, dice: Dice): Segment[] {
  const bytes = bytesOf(json)
  const deep = dice.pick([1_000, 20_000, 120_000])
  const bodies: Segment[][] = [
    [['', 1]],
    [[' \n', 1]],
    [[bytes.slice(0, dice.between(0, bytes.length)), 1]],
    [[`${bytes}${bytes}`, 1]],
    [[`${bytes},`, 1]],
    [[`\xef\xbb\xbf${bytes}`, 1]],
    [[`\xff\xfe${bytes}`, 1]],
    [[`${bytes.slice(0, -1)}\xff}`, 1]],
    [['{"a":"\xed\xa0\x80"}', 1]],
    [['{"a":"\\ud800"}', 1]],
    [['{"a":"\\u0000"}', 1]],
    [['{"a":"\0"}', 1]],
    [['{"a":1,"a":2}', 1]],
    [['{"__proto__":{"admin":true},"constructor":1}', 1]],
    [['NaN', 1]],
    [["{'a':1}", 1]],
    [['\x1f\x8b\x08\0\0\0\0\0', 1]],
    [
      ['["a",', deep],
      ['1', 1],
      [']', deep],
    ],
    [
      ['[', deep],
      [']', deep],
    ],
    [
      ['{"a":', deep],
      ['1', 1],
      ['}', deep],
    ],
    [
      ['{"k#":1', 1],
      [',"k#":1', 90_000],
      ['}', 1],
    ],
    [
      ['[0', 1],
      [',0', 200_000],
      [']', 1],
    ],
    [
      ['"', 1],
      ['x', 200_000],
      ['"', 1],
    ],
    [[`${bytes}\n`, 200]],
  ]
  return dice.pick(bodies)
}
