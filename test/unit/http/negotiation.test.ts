import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { negotiate, type Offered } from '../../../shared/contract/negotiation.ts'

const accepts = (parameters: Readonly<Record<string, string>>) => (name: string, value: string) =>
  parameters[name] === value

const offered: readonly [Offered<'json' | 'text'>, ...Offered<'json' | 'text'>[]] = [
  { name: 'json', type: 'application/json', has: accepts({ charset: 'utf-8' }) },
  { name: 'text', type: 'text/plain', has: accepts({ version: '0.0.4', charset: 'utf-8' }) },
]

describe('of JSON and text, JSON first', () => {
  test.each([
    ['json', null],
    ['json', ''],
    ['json', '*/*'],
    ['json', 'text/html'],
    ['json', 'application/json, text/plain'],
    ['json', 'text/plain;q=0.5, */*'],
    ['json', 'text/plain;version=1.0.0, */*;q=0.1'],
    ['json', 'text/*;q=0.3, application/json;q=0.4'],
    ['json', 'text/plain;q=0'],
    ['json', '*/*, text/plain;q=0'],
    ['json', '*/*;q=0'],
    ['json', 'application/json;q=0'],
    ['text', 'text/plain'],
    ['text', 'TEXT/Plain ; VERSION="0.0.4" ; Q=0.5'],
    ['text', 'text/plain; charset=UTF-8'],
    ['text', 'text/*'],
    ['text', 'text/plain, application/json;q=0.9'],
    ['text', 'application/json;q=0, */*'],
    ['text', 'application/*;q=0, */*;q=0.1'],
    ['text', 'text/plain;version=0.0.4;q=0.3, */*;q=0.2'],
    // The most specific range decides, however low its weight and wherever it stands.
    ['text', 'text/*;q=1, application/*;q=0.2, application/json;q=0.1'],
    ['json', 'text/plain;version=0.0.4;q=0.1, text/plain, application/json;q=0.5'],
    // A malformed part says nothing, and the others are heard.
    ['text', 'nonsense, text/plain;q=0.1'],
    ['text', 'application/json;q=1.5, text/plain;q=0.1'],
    ['text', 'application/json;q=abc, text/plain;q=0.1'],
    ['text', 'application/json;q=0.1234, text/plain;q=0.1'],
    ['text', 'application/json;q=1;q=1, text/plain;q=0.1'],
    ['text', 'application/json;charset, text/plain;q=0.1'],
    ['text', 'application/json;charset = utf-8, text/plain;q=0.1'],
    ['text', 'application/json;charset="utf-8, text/plain;q=0.1, text/plain" x, text/plain;q=0.1'],
    ['text', '*/json, text/plain;q=0.1'],
    ['text', ', ,text/plain;q=0.1,'],
    ['text', 'text/plain;;q=0.1; '],
    ['json', 'text/plain;x="unfinished'],
    ['json', 'text/plain;x="a,b\\", text/plain"'],
  ] as const)('%s for %j', (name, accept) => {
    expect(negotiate(accept, offered)).toBe(name)
  })
})

/** A range as a sender means it, and how it may be spelt. */
interface Meant {
  readonly type: string
  readonly subtype: string
  readonly version: string | null
  readonly weight: number
  readonly isShouted: boolean
  readonly isWeightFirst: boolean
}

const meant: fc.Arbitrary<Meant> = fc
  .record({
    kind: fc.constantFrom(
      ...[
        ['*', '*'],
        ['text', '*'],
        ['application', '*'],
        ['text', 'plain'],
        ['application', 'json'],
        ['image', 'png'],
      ],
    ),
    version: fc.constantFrom(null, '0.0.4', '1.0.0'),
    weight: fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000),
    isShouted: fc.boolean(),
    isWeightFirst: fc.boolean(),
  })
  .map(({ kind: [type = '*', subtype = '*'], version, ...rest }) => ({
    ...{ type, subtype, version: subtype === '*' ? null : version },
    ...rest,
  }))

function spell({ type, subtype, version, weight, isShouted, isWeightFirst }: Meant): string {
  const parameters = [...(version === null ? [] : [`version="${version}"`]), `q=${weight}`]
  const text = [`${type}/${subtype}`, ...(isWeightFirst ? parameters.reverse() : parameters)].join(' ;')
  return isShouted ? text.toUpperCase() : text
}

/** RFC 9110 section 12.5.1, word for word: the ranges from the most specific to the least, the first that fits decides. */
function weightByTheRfc(
  type: string,
  subtype: string,
  version: string | null,
  ranges: readonly Meant[],
): number {
  const inOrder = [
    ranges.filter(
      (each) =>
        each.type === type && each.subtype === subtype && each.version !== null && each.version === version,
    ),
    ranges.filter((each) => each.type === type && each.subtype === subtype && each.version === null),
    ranges.filter((each) => each.type === type && each.subtype === '*'),
    ranges.filter((each) => each.type === '*'),
  ]
  const deciding = inOrder.find((each) => each.length > 0) ?? []
  return Math.max(0, ...deciding.map(({ weight }) => weight))
}

const separator = fc.constantFrom(',', ', ', ' ,\t', ',, ')

describe('whatever is sent', () => {
  test('the type of the greatest weight by the RFC is chosen, and JSON where weights are equal', () => {
    fc.assert(
      fc.property(fc.array(meant, { maxLength: 6 }), separator, (ranges, between) => {
        const json = weightByTheRfc('application', 'json', null, ranges)
        const text = weightByTheRfc('text', 'plain', '0.0.4', ranges)
        expect(negotiate(ranges.map(spell).join(between), offered)).toBe(text > json ? 'text' : 'json')
      }),
      { numRuns: 2_000 },
    )
  })

  test('what is malformed changes nothing, wherever it stands', () => {
    const malformed = fc.constantFrom(
      ...[
        '*',
        'text',
        'text/',
        '/plain',
        'text/plain/x',
        'te xt/plain',
        '*/plain',
        'text/plain;q',
        'text/plain;q=-1',
      ],
      ...[
        'text/plain;q=.5',
        'text/plain;q=2',
        'text/plain;v=1=2',
        '*; q=.2',
        '*/*; q=.2',
        'text/plain;=1',
        'ÿ/ÿ',
      ],
    )
    fc.assert(
      fc.property(fc.array(meant, { maxLength: 4 }), malformed, fc.nat(4), (ranges, noise, at) => {
        const spelt = ranges.map(spell)
        const disturbed = [...spelt.slice(0, at), noise, ...spelt.slice(at)]
        expect(negotiate(disturbed.join(','), offered)).toBe(negotiate(spelt.join(','), offered))
      }),
    )
  })

  test('there is an answer', () => {
    const text = fc.string({ unit: fc.constantFrom(...'*/;,="\\q.01 \ttextplain'.split('')), maxLength: 200 })
    fc.assert(
      fc.property(text, (accept) => {
        expect(['json', 'text']).toContain(negotiate(accept, offered))
      }),
      { numRuns: 2_000 },
    )
  })
})
