import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from '../../../origin/config.ts'
import { faultsOf } from '../../../shared/contract/errors.ts'
import { ConfigError, parseConfig } from '../../../worker/config.ts'
import { schemasIn } from '../../support/schemas-in.ts'
import { valueNear } from '../../support/value-near.ts'
import { readProject } from '../../tidy/project.ts'

function messagesOf(schema: z.ZodType, input: unknown): string[] {
  const parsed = schema.safeParse(input)
  return parsed.success ? [] : faultsOf(parsed.error).map(({ message }) => message)
}

const oneOf = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({ kind: z.literal('closed') }),
])

type Sample = readonly [schema: z.ZodType, input: unknown, sentence: string]

/** Every kind of issue that zod has: one that a new version brings does not compile until it has a sample. */
const samples: Readonly<Record<z.core.$ZodIssueCode, readonly Sample[]>> = {
  invalid_type: [
    [z.string(), undefined, 'must be given'],
    [z.string(), 1, 'must be text'],
    [z.number(), '1', 'must be a number'],
    [z.number(), Number.NaN, 'must be a number'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.int(), Number.POSITIVE_INFINITY, 'must be a whole number'],
    [z.int().min(1).max(100), 'a', 'must be a whole number from 1 to 100'],
    [z.number().min(0).max(1), 'a', 'must be a number from 0 to 1'],
    [z.bigint(), 1, 'must be a whole number'],
    [z.boolean(), 'true', 'must be true or false'],
    [z.object({}), [], 'must be an object'],
    [z.record(z.string(), z.string()), 1, 'must be an object'],
    [z.map(z.string(), z.string()), 1, 'must be an object'],
    [z.array(z.string()), {}, 'must be a list'],
    [z.tuple([z.string()]), {}, 'must be a list'],
    [z.set(z.string()), 1, 'must be a list'],
    [z.date(), 'now', 'must be a date'],
    [z.null(), 1, 'must be null'],
    [z.undefined(), 1, 'must be left out'],
    [z.void(), 1, 'must be left out'],
    [z.never(), 1, 'must be left out'],
    [z.string().optional().nonoptional(), undefined, 'must be given'],
    [z.nan(), 1, 'must not be a number'],
    [z.instanceof(URL), 1, 'is not of a form that is taken here'],
  ],
  invalid_value: [
    [z.enum(['open', 'closed']), 'shut', 'must be one of open, closed'],
    [z.enum(['open', 'closed']), undefined, 'must be given, and be one of open, closed'],
    [z.literal('open'), 'shut', 'must be "open"'],
    [z.literal(200), 503, 'must be 200'],
    [z.literal([200, 503]), 404, 'must be one of 200, 503'],
  ],
  too_small: [
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(16), 'short', 'must have at least 16 characters'],
    [z.string().length(3), 'no', 'must have exactly 3 characters'],
    [z.array(z.string()).min(1), [], 'must not be empty'],
    [z.array(z.string()).min(2), [], 'must have at least 2 items'],
    [z.set(z.string()).min(2), new Set(), 'must have at least 2 items'],
    [z.int().min(1).max(100), 0, 'must be a whole number from 1 to 100'],
    [z.number().min(0.5).max(1), 0, 'must be a number from 0.5 to 1'],
    [z.int().nonnegative(), -1, 'must be at least 0'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.bigint().min(2n), 1n, 'must be at least 2'],
    [z.date().min(new Date(0)), new Date(-1), 'must be no earlier than 1970-01-01T00:00:00.000Z'],
  ],
  too_big: [
    [z.string().max(1), 'ab', 'must have at most 1 character'],
    [z.string().max(200), 'a'.repeat(201), 'must have at most 200 characters'],
    [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
    [z.int().min(1).max(100), 101, 'must be a whole number from 1 to 100'],
    [z.int(), 2 ** 60, 'must be at most 9007199254740991'],
    [z.number().max(1), 2, 'must be at most 1'],
    [z.number().lt(1), 1, 'must be less than 1'],
    [z.date().max(new Date(0)), new Date(1), 'must be no later than 1970-01-01T00:00:00.000Z'],
  ],
  invalid_format: [
    [z.iso.datetime(), 'today', 'must be a date and time such as 2026-01-31T12:00:00Z'],
    [z.iso.date(), 'today', 'must be a date such as 2026-01-31'],
    [z.email(), 'x', 'must be an e-mail address such as name@example.com'],
    [z.url(), 'x', 'must be a URL such as https://example.com/path'],
    [z.uuid(), 'x', 'must be a UUID'],
    [z.e164(), 'x', 'must be a phone number such as +14155550123'],
    [z.string().startsWith('sb_'), 'x', 'must begin with "sb_"'],
    [z.string().endsWith('!'), 'x', 'must end with "!"'],
    [z.string().includes('@'), 'x', 'must contain "@"'],
    [z.string().regex(/^a$/), 'x', 'is not of a form that is taken here'],
    [z.string().regex(/^a$/, 'must be the letter a'), 'x', 'must be the letter a'],
  ],
  not_multiple_of: [[z.int().multipleOf(5), 3, 'must be a multiple of 5']],
  unrecognized_keys: [[z.strictObject({}), { page: 1 }, 'is not a parameter of this route']],
  invalid_union: [
    [z.union([z.string(), z.number()]), true, 'is not of a form that is taken here'],
    [z.union([z.object({}), z.strictObject({})]), null, 'must be an object'],
    [
      z.union([z.strictObject({ a: z.int() }), z.strictObject({ b: z.int() })]),
      { a: '1' },
      'must be a whole number',
    ],
    [z.xor([z.string(), z.string().min(1)]), 'both', 'is not of a form that is taken here'],
    [oneOf, { kind: 'ajar' }, 'must be one of open, closed'],
    [oneOf, {}, 'must be one of open, closed'],
  ],
  invalid_key: [[z.record(z.string().min(2), z.int()), { a: 1 }, 'must have a name of another form']],
  invalid_element: [
    [z.map(z.string(), z.int()), new Map([[{}, 1]]), 'must have a name of another form'],
    [z.map(z.any(), z.int()), new Map([[{}, 'one']]), 'holds an item that is not taken here'],
  ],
  custom: [
    [z.string().refine(() => false), 'x', 'is not of a form that is taken here'],
    [z.string().refine(() => false, 'must be storable'), 'x', 'must be storable'],
  ],
}

describe.each(Object.entries(samples))('a fault of the kind %s', (code, cases) => {
  test.each(cases)('has a plain sentence %#', (schema, input, sentence) => {
    expect(messagesOf(schema, input)).toEqual([sentence])
  })
  test('is the kind that zod reports', () => {
    const codes = cases.flatMap(([schema, input]) =>
      schema.safeParse(input).error?.issues.map((issue) => issue.code),
    )
    expect(codes).toContain(code)
  })
})

test('a fault in one of several shapes is reported in the shape that fits best', () => {
  const forms = z.union([
    z.strictObject({ events: z.array(z.int()) }),
    z.strictObject({ action: z.string() }),
  ])
  const fault = { parameter: 'events.1', message: 'must be a whole number' }
  const parsed = z.object({ body: forms }).safeParse({ body: { events: [1, 'two'] } })
  expect(parsed.error && faultsOf(parsed.error)).toEqual([{ ...fault, parameter: 'body.events.1' }])
})

/** Words in which zod tells of a fault; no sentence of ours needs them. */
const wordsOfTheValidator =
  /\b(expected|received|invalid|unrecognized|too small|too big|undefined|NaN|regex|pattern|zod|input)\b|[<>]=/i
const wayToBegin = /^(must|is|has|holds|takes|belongs|and) /

const files = readProject().filter(({ path }) => /^(shared|worker\/routes)\/.*\.ts$/.test(path))
const modules = await Promise.all(files.map(({ path }) => import(/* @vite-ignore */ `../../../${path}`)))
const schemas = schemasIn(modules)

describe('the sentence of a fault in any schema of the product', () => {
  test('all schemas are found', () => {
    expect(schemas.length).toBeGreaterThan(50)
  })

  test('it has no word of the validator or of the input', () => {
    const marked = fc.constantFrom('MARKED-VALUE', 'MARKED-VALUE'.repeat(900), '', '1', '-1', 'a:b')
    const junk = fc.oneof(marked, fc.double(), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 1 }))
    const tried = fc.oneof(
      ...schemas.map((schema) => fc.record({ schema: fc.constant(schema), input: valueNear(schema, junk) })),
    )
    fc.assert(
      fc.property(tried, ({ schema, input }) => {
        for (const message of messagesOf(schema, input)) {
          expect(message).toMatch(wayToBegin)
          expect(message).not.toMatch(wordsOfTheValidator)
          expect(message).not.toContain('MARKED')
        }
      }),
      { numRuns: 800 },
    )
  }, 60_000)
})

test('a configuration that is wrong in every variable is reported in the same words', () => {
  const wrong = (value: string) => Object.fromEntries(variables.map((name) => [name, value]))
  for (const environment of [{}, wrong('MARKED-VALUE'), wrong('-1')]) {
    const origin = readConfig(environment)
    const told = origin.ok ? '' : origin.error
    expect(told).not.toBe('')
    for (const sentence of [told, sentenceOfWorker(environment)]) {
      expect(sentence).not.toMatch(wordsOfTheValidator)
      expect(sentence).not.toContain('MARKED')
    }
  }
})

const variables = [
  ...['ORIGIN_URL', 'INTERNAL_AUTH_KEY', 'REDIS_ENABLED', 'UPSTASH_REDIS_REST_URL', 'JWT_ISSUER', 'JWKS_URL'],
  ...['SUPABASE_JWT_SECRET', 'ALLOWED_ORIGINS', 'STALENESS_BOUND_MS', 'CONSISTENCY_SAMPLE_RATE', 'LOG_LEVEL'],
  ...[
    'EDGE_CACHE_ENABLED',
    'METRICS_TOKEN',
    'ALERT_WEBHOOK_URL',
    'ALERT_WEBHOOK_SECRET',
    'PORT',
    'SUPABASE_URL',
  ],
  ...['OPERATORS_WORKSPACE_ID', 'QUERIES_AT_ONCE', 'RATE_LIMIT_USER_MAX', 'WORKER_URL', 'MEMORY_CACHE_BYTES'],
]

function sentenceOfWorker(environment: object): string {
  try {
    parseConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('the configuration was taken')
}
