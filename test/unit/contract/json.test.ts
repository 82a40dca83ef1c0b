import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../shared/contract/json.ts'
import { limits } from '../../../shared/limits.ts'
import { storable, storableRule } from '../../../shared/text.ts'
import { unstorableText } from '../../support/storable-text.ts'

const encoder = new TextEncoder()
const parse = (text: string) => parseJson(encoder.encode(text))

/** Where a value is put into a body, one step a member or item. */
const pathArbitrary = fc.array(
  fc.oneof(fc.constantFrom('name', '__proto__', 'constructor', 'a b'), fc.nat(2)),
  {
    maxLength: 5,
  },
)

/** JSON with a value's JSON at the end of a path, beside other things. */
function jsonAt(path: readonly (string | number)[], json: string): string {
  const [step, ...rest] = path
  if (step === undefined) return json
  const inner = jsonAt(rest, json)
  return typeof step === 'string'
    ? `{"other":["x",1,null,{}],${JSON.stringify(step)}:${inner}}`
    : `[${'"x",'.repeat(step)}${inner}]`
}

const escaped = (text: string) =>
  [...Array(text.length).keys()]
    .map((index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')

describe('a body', () => {
  test('is parsed as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) })
      }),
    )
  })

  test('with unstorable text is refused with its place, in any spelling and at any depth', () => {
    fc.assert(
      fc.property(pathArbitrary, unstorableText, fc.boolean(), (path, text, isName) => {
        const inner = isName ? `{"${escaped(text)}":1}` : `"${escaped(text)}"`
        const parsed = parse(jsonAt(path, inner))
        const place = storable([...path, ...(isName ? [text] : [])].join('.')) || '(input)'
        expect(parsed).toEqual({
          ok: false,
          error: { code: 'invalid_body', details: [{ parameter: place, message: storableRule }] },
        })
      }),
    )
  })

  test('with a number that no double can hold is refused with its place, and any other number is not', () => {
    const rule = 'must be a number of at most 1.7976931348623157e308'
    for (const number of ['1e309', '-1E+400', '1.5e1000', `1${'0'.repeat(309)}`, `${'9'.repeat(310)}.5`])
      expect(parse(`{"a":[1,${number}]}`)).toEqual({
        ok: false,
        error: { code: 'invalid_body', details: [{ parameter: 'a.1', message: rule }] },
      })
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = JSON.stringify(number)
        expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) })
      }),
    )
    for (const text of ['1e308', '1e-400', '"1e999"', `{"a1e999":"${'9'.repeat(400)}"}`])
      expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) })
  })

  test('of a hundred thousand levels is refused, and never exhausts the stack', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const) {
      const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
      expect(parse(deep)).toMatchObject({ ok: false, error: { code: 'invalid_body' } })
      expect(parse(open.repeat(100_000))).toEqual({ ok: false, error: { code: 'invalid_json' } })
    }
  })

  test('may be nested as deep as the limit says, and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(parse(nested(limits.jsonDepthMax)).ok).toBe(true)
    expect(parse(nested(limits.jsonDepthMax + 1)).ok).toBe(false)
  })

  test('names the place of a fault in at most one line, however long its names are', () => {
    const parsed = parse(`{"${'x'.repeat(100_000)}":"\\u0000"}`)
    expect(JSON.stringify(parsed).length).toBeLessThan(500)
  })

  test.each([
    ['a byte order mark before it is as good as none', '\ufeff{"a":1}', { a: 1 }],
    ['of two members of one name the later one counts', '{"a":1,"a":2}', { a: 2 }],
  ])('%s', (_name, text, value) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })

  test('that names a prototype has a member of that name, and no other prototype', () => {
    const parsed = parse('{"__proto__":{"admin":true}}')
    if (!parsed.ok) throw new Error('it was refused')
    expect(Object.getPrototypeOf(parsed.value)).toBe(Object.prototype)
    expect(parsed.value).not.toHaveProperty('admin')
  })

  test.each([
    ['no UTF-8', [0x22, 0xff, 0x22]],
    ['half of a character at its end', [0x22, 0xe2, 0x82]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ['two byte order marks', [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x31]],
    ['nothing', []],
  ])('that is %s is no JSON', (_name, bytes) => {
    expect(parseJson(new Uint8Array(bytes))).toEqual({ ok: false, error: { code: 'invalid_json' } })
  })
})
