import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { errorBody, faultsOf } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import { isStorable } from '../../../shared/text.ts'
import { anyText } from '../../support/storable-text.ts'

const strict = z.strictObject({ name: z.string(), tags: z.array(z.string()).optional() })

function faultsOfInput(input: unknown) {
  const parsed = strict.safeParse(input)
  if (parsed.success) throw new Error('the input has no fault')
  return faultsOf(parsed.error)
}

const withKeys = (count: number) =>
  Object.fromEntries([['name', 'x'], ...Array.from({ length: count }, (_, index) => [`key${index}`, 1])])

describe('the faults of an input', () => {
  test('are listed whole up to the limit', () => {
    expect(faultsOfInput(withKeys(limits.faultsMax))).toEqual(
      Array.from({ length: limits.faultsMax }, (_, index) => ({
        parameter: `key${index}`,
        message: 'is not a parameter of this route',
      })),
    )
  })

  test('beyond the limit end with how many more there are', () => {
    const faults = faultsOfInput(withKeys(90_000))
    expect(faults).toHaveLength(limits.faultsMax)
    expect(faults.at(-2)).toMatchObject({ parameter: `key${limits.faultsMax - 2}` })
    expect(faults.at(-1)).toEqual({
      parameter: '(more)',
      message: `and ${90_000 - limits.faultsMax + 1} more faults`,
    })
  })

  test('are not walked beyond the limit, however many names an object has', () => {
    let reads = 0
    const keys = new Proxy(Object.keys(withKeys(90_000)), {
      get(target, name, receiver) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1
        return Reflect.get(target, name, receiver)
      },
    })
    const error = new z.core.$ZodError([
      { code: 'unrecognized_keys', keys, input: {}, path: [], message: '' },
    ])
    expect(faultsOf(error)).toHaveLength(limits.faultsMax)
    expect(reads).toBeLessThanOrEqual(limits.faultsMax)
  })

  test('name their places in text that a database stores, whatever the names are and wherever they are cut', () => {
    const long = fc
      .tuple(fc.integer({ min: 190, max: 205 }), anyText)
      .map(([length, text]) => 'x'.repeat(length) + text)
    fc.assert(
      fc.property(fc.oneof(anyText, long), (name) => {
        fc.pre(name !== 'name' && name !== 'tags' && name !== '__proto__')
        const parameters = faultsOfInput({ name: 'x', [name]: 1 }).map(({ parameter }) => parameter)
        expect(parameters.filter(isStorable)).toEqual(parameters)
      }),
    )
  })

  test('make an answer of a few kilobytes, however many and long the names are', () => {
    const name = fc.string({ minLength: 1, maxLength: 3_000 })
    fc.assert(
      fc.property(fc.dictionary(name, fc.constant(1), { minKeys: 1, maxKeys: 200 }), (input) => {
        const faults = faultsOfInput({ ...input, name: 1, tags: Array.from({ length: 50 }, () => 1) })
        expect(faults.length).toBeLessThanOrEqual(limits.faultsMax)
        const body = errorBody({ code: 'invalid_body', details: faults }, 'id')
        expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(32_768)
      }),
      { numRuns: 50 },
    )
  })

  test('say of a value of a wrong type that alone, and nothing twice', () => {
    const schema = z.object({
      text: z.string().min(1).max(3),
      list: z.array(z.string()).max(1),
      whole: z.int().min(1).max(9),
    })
    const input = { text: [], list: 'four', whole: 1e20 }
    const { error } = schema.safeParse(input)
    if (error === undefined) throw new Error('the input has no fault')
    expect(error.issues.length).toBeGreaterThan(3)
    expect(faultsOf(error)).toEqual([
      { parameter: 'text', message: 'must be text' },
      { parameter: 'list', message: 'must be a list' },
      { parameter: 'whole', message: 'must be a whole number from 1 to 9' },
    ])
  })

  test('of a name that is empty are still named', () => {
    expect(faultsOfInput({ name: 'x', '': 1 })).toEqual([
      { parameter: '(empty name)', message: 'is not a parameter of this route' },
    ])
  })

  test('of several inputs together are bounded by one limit', () => {
    const error = strict.safeParse(withKeys(15)).error
    if (error === undefined) throw new Error('the input has no fault')
    const faults = faultsOf(error, error)
    expect(faults).toHaveLength(limits.faultsMax)
    expect(faults.at(-1)).toEqual({ parameter: '(more)', message: 'and 11 more faults' })
  })
})

test('an error body lists no more faults than the limit, whoever gathered them', () => {
  const details = Array.from({ length: 500 }, (_, index) => ({ parameter: `p${index}`, message: 'is wrong' }))
  const body = errorBody({ code: 'invalid_body', details }, 'id')
  expect(body.details).toHaveLength(limits.faultsMax)
  expect(body.details?.at(-1)).toEqual({ parameter: '(more)', message: 'and 481 more faults' })
})
