import { describe, expect, it } from 'vitest'
import { errorBody, type WireError } from '../../shared/contract/errors.ts'
import { HttpAnswers } from './http-answers.ts'
import { faultsOf } from './judge.ts'
import type { RequestCase } from './request-case.ts'

const request: RequestCase = {
  side: 'worker',
  route: '/health',
  method: 'GET',
  target: '/health',
  version: 'HTTP/1.1',
  headers: [['Host', '{{host}}']],
  body: null,
  framing: { kind: 'length' },
  ending: 'answer',
  lineEnd: '\r\n',
  copies: 1,
  pieceBytes: null,
}

interface Given {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly lengthBytes?: number
}

/** The kinds of fault in an answer with these bytes. */
function kindsOf({ status, body, headers = {}, lengthBytes = body.length }: Given): string[] {
  const fields = {
    'X-Request-ID': 'request-1',
    'Content-Type': 'application/json',
    'Content-Length': `${lengthBytes}`,
    ...headers,
  }
  const head = Object.entries(fields).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]))
  const answers = new HttpAnswers(['GET'])
  answers.take(Buffer.from([`HTTP/1.1 ${status} Word`, ...head, '', body].join('\r\n')))
  answers.end()
  const exchange = { answers: answers.all, isHanging: false, isGarbled: answers.isGarbled }
  return faultsOf(request, exchange).map(({ kind }) => kind)
}

const refusal = (error: WireError, requestId = 'request-1') => JSON.stringify(errorBody(error, requestId))
const faults = (count: number) => Array.from({ length: count }, () => ({ parameter: 'a', message: 'b' }))

describe('the judge of an answer', () => {
  it.each<[string, Given]>([
    ['JSON', { status: 200, body: '{}' }],
    ['an error of our form', { status: 400, body: refusal({ code: 'invalid_json' }) }],
    [
      'twenty faults of an input',
      { status: 400, body: refusal({ code: 'invalid_body', details: faults(20) }) },
    ],
    [
      'a name with a time of day, sent by the caller and named behind words that end in "at"',
      {
        status: 400,
        body: refusal({
          code: 'invalid_body',
          details: [{ parameter: 'that 2026-01-01T00:00:00', message: 'b' }],
        }),
      },
    ],
    [
      'a 503 with Retry-After',
      { status: 503, body: refusal({ code: 'overloaded' }), headers: { 'Retry-After': '1' } },
    ],
    ['a refusal by the server in front', { status: 400, body: 'no', headers: { 'X-Request-ID': '' } }],
  ])('finds no fault in %s', (_what, given) => {
    expect(kindsOf(given)).toEqual([])
  })

  it.each<[string, Given]>([
    ['a 500 internal', { status: 500, body: refusal({ code: 'internal' }) }],
    ['a 502 of another shape', { status: 502, body: '{"message":"no"}' }],
    ['a bare 500', { status: 500, body: 'no', headers: { 'X-Request-ID': '' } }],
    ['a 503 without Retry-After', { status: 503, body: refusal({ code: 'overloaded' }) }],
    ['a 404 of another shape', { status: 404, body: '<p>', headers: { 'Content-Type': 'text/html' } }],
    ['a code under another status', { status: 404, body: refusal({ code: 'invalid_json' }) }],
    ['two request ids', { status: 400, body: refusal({ code: 'invalid_json' }, 'request-2') }],
    [
      'an error that is not called JSON',
      { status: 400, body: refusal({ code: 'invalid_json' }), headers: { 'Content-Type': 'text/plain' } },
    ],
    [
      'more than 20 faults listed',
      {
        status: 400,
        body: JSON.stringify({ ...errorBody({ code: 'invalid_body' }, 'request-1'), details: faults(21) }),
      },
    ],
    ['no JSON', { status: 200, body: '{' }],
    ['a cut off answer', { status: 200, body: '{}', lengthBytes: 9 }],
    ['a stack trace', { status: 200, body: '{"a":"\\n    at read (file:///a.ts:1:2)"}' }],
    [
      'a stack trace',
      { status: 200, body: 'Error\n    at file:///a.ts:1:2', headers: { 'Content-Type': 'text/plain' } },
    ],
  ])('finds the fault of %s', (kind, given) => {
    expect(kindsOf(given)).toEqual([kind])
  })

  it('bytes that are no HTTP, answers that never end and connections that close without an answer are faults', () => {
    const nothing = { answers: [], isHanging: false, isGarbled: false }
    const kinds = (seen: Partial<typeof nothing>) =>
      faultsOf(request, { ...nothing, ...seen }).map(({ kind }) => kind)
    expect(kinds({ isGarbled: true })).toContain('no HTTP')
    expect(kinds({ isHanging: true })).toEqual(['hangs'])
    expect(kinds({})).toEqual(['no answer'])
  })
})
