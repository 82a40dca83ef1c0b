import { describe, expect, it, vi } from 'vitest'
import { parseTrace, type Trace, traceHeaders } from '../../shared/contract/trace.ts'
import { userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { traceOf } from '../../worker/http/request-log.ts'
import { createOrigin } from '../../worker/outbound/origin-client.ts'
import { createDice } from '../support/dice.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createRandom } from '../support/random.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${traceId}-b7ad6b7169203331-01`
const callId = '7a9c2d5e-1111-4222-8333-444455556666'
const own = { traceId: '7a9c2d5e111142228333444455556666', flags: '00', state: null }

/** A trace is made once it is read. */
const read = ({ traceId, flags, state }: Trace): Trace => ({ traceId, flags, state })

describe('a trace', () => {
  it('continues under another id for each call', () => {
    const trace = parseTrace(new Headers({ traceparent }))
    expect(trace).toEqual({ traceId, flags: '00', state: null })
    if (trace === null) throw new Error('not parsed')
    const onwards = traceHeaders(trace, callId)
    expect(onwards).toEqual({ traceparent: `00-${traceId}-8333444455556666-00` })
    expect(parseTrace(new Headers(onwards))).toEqual(trace)
  })

  it('asks nobody to record it, whatever the caller sets, and says on whether its id is random', () => {
    for (let flags = 0; flags < 256; flags += 1) {
      const digits = flags.toString(16).padStart(2, '0')
      const trace = parseTrace(new Headers({ traceparent: `00-${traceId}-b7ad6b7169203331-${digits}` }))
      expect(trace?.flags).toBe((flags & 2) === 2 ? '02' : '00')
    }
  })

  it('has an id of 32 digits and an answer of 55 characters, whatever is sent', () => {
    const dice = createDice(createRandom(19))
    const valid = `00-${traceId}-b7ad6b7169203331-01`
    for (let round = 0; round < 2_000; round += 1) {
      const at = dice.between(0, valid.length - 1)
      const put = dice.pick(['', '0', 'g', 'A', '-', ' ', ',', '\u00e9', valid, '0'.repeat(5_000)])
      const header = valid.slice(0, at) + put + valid.slice(at + dice.between(0, 3))
      const requestId = dice.pick([
        callId,
        'request-1',
        '0'.repeat(32),
        `${'0'.repeat(15)}1${'0'.repeat(16)}`,
      ])
      const trace = traceOf(new Headers({ traceparent: header }), requestId)
      expect(trace.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
      expect(trace.answered).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[02]$/)
      expect(parseTrace(new Headers({ traceparent: trace.answered }))?.traceId).toBe(trace.traceId)
      if (!header.includes(traceId)) expect(trace.traceId).not.toBe(traceId)
    }
  })

  it('is answered under the last digits of the request id', () => {
    expect(traceOf(new Headers({ traceparent }), callId).answered).toBe(`00-${traceId}-8333444455556666-00`)
    expect(traceOf(new Headers(), callId).answered).toBe(`00-${own.traceId}-8333444455556666-00`)
  })

  it.each([
    ['nothing', ''],
    ['another version', `01-${traceId}-b7ad6b7169203331-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a call of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${traceId.toUpperCase()}-b7ad6b7169203331-01`],
    ['more than version 00 has', `00-${traceId}-b7ad6b7169203331-01-x`],
  ])('%s is replaced by one of our own, and its state goes no further', (_name, header) => {
    const headers = new Headers({ traceparent: header, tracestate: 'congo=t61' })
    expect(parseTrace(headers)).toBeNull()
    expect(read(traceOf(headers, callId))).toEqual(own)
    expect(traceOf(headers, 'request-1').traceId).toMatch(/^[0-9a-f]{32}$/)
  })

  it('has no state without traceparent', () => {
    expect(read(traceOf(new Headers({ tracestate: 'congo=t61' }), callId))).toEqual(own)
  })
})

describe('the state of a trace', () => {
  const stateOf = (tracestate: string) => parseTrace(new Headers({ traceparent, tracestate }))?.state

  it.each([
    ['as it came', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['without the space around members, and without empty ones', 'a=1 ,\t, b=2,', 'a=1,b=2'],
    ['with the newest of a key that stands twice', 'a=1,b=2,a=3', 'a=1,b=2'],
    ['with the key of a tenant', '0tenant@sys-tem=a:b;c d', '0tenant@sys-tem=a:b;c d'],
    ['with 512 characters', `${'k'.repeat(256)}=${'v'.repeat(255)}`, `${'k'.repeat(256)}=${'v'.repeat(255)}`],
  ])('goes on %s', (_name, header, state) => {
    expect(stateOf(header)).toBe(state)
  })

  it('continues from several headers in their order', () => {
    const headers = new Headers({ traceparent })
    headers.append('tracestate', 'a=1')
    headers.append('tracestate', 'b=2,c=3')
    expect(parseTrace(headers)?.state).toBe('a=1,b=2,c=3')
  })

  it.each([
    ['no member at all', ' , '],
    ['a member without a value', 'a=1,b'],
    ['a value that is empty', 'a='],
    ['a second equals sign', 'a=1=2'],
    ['a key in capitals', 'A=1'],
    ['a key that is too long', `${'k'.repeat(257)}=1`],
    ['a value that is too long', `a=${'v'.repeat(257)}`],
    ['something that is not ASCII', 'a=\u00e9'],
    ['33 members', Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(',')],
  ])('is dropped where it has %s, and the trace goes on', (_name, header) => {
    expect(parseTrace(new Headers({ traceparent, tracestate: header }))).toEqual({
      traceId,
      flags: '00',
      state: null,
    })
  })

  it('is shortened to 512 characters by whole members: the long ones first, then the last', () => {
    const short = Array.from(
      { length: 31 },
      (_, index) => `k${String(index).padStart(2, '0')}=${'v'.repeat(20)}`,
    )
    const long = `long=${'v'.repeat(124)}`
    const state = stateOf([long, ...short].join(','))
    expect(state).toBe(short.slice(0, 20).join(','))
    expect(state?.length).toBeLessThanOrEqual(512)
    const two = [`${'a'.repeat(10)}=${'v'.repeat(240)}`, `${'b'.repeat(10)}=${'v'.repeat(249)}`]
    expect(stateOf(two.join(','))).toBe(two.join(','))
    expect(stateOf([...two, 'c=1'].join(','))).toBe([two[0], 'c=1'].join(','))
  })
})

describe('a call of the origin', () => {
  /** The headers that the origin is sent. */
  async function sentWith(trace: Parameters<typeof traceHeaders>[0] | undefined): Promise<Headers> {
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ role: 'admin' }))
    const origin = createOrigin({
      url: 'https://origin.test',
      internalAuthKey: 'a key of some length',
      clock: createFakeClock(),
      recorder: { record: () => undefined },
    })
    const userId = userIdSchema.parse('alice')
    const caller = { kind: 'member', userId, token: 'a token', requestId: 'request-1' } as const
    await origin.membership(workspaceIdSchema.parse('15213'), null, {
      ...caller,
      ...(trace === undefined ? {} : { trace }),
    })
    const headers = new Headers(fetched.mock.calls[0]?.[1]?.headers)
    fetched.mockRestore()
    return headers
  }

  it('carries the trace and its state', async () => {
    const headers = await sentWith({ traceId, flags: '01', state: 'rojo=1,congo=2' })
    expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    expect(headers.get('tracestate')).toBe('rojo=1,congo=2')
  })

  it("has no state if the caller's trace has none, and neither header if there is no trace", async () => {
    const headers = await sentWith({ traceId, flags: '01', state: null })
    expect(headers.has('traceparent')).toBe(true)
    expect(headers.has('tracestate')).toBe(false)
    const untraced = await sentWith(undefined)
    expect(untraced.has('traceparent') || untraced.has('tracestate')).toBe(false)
  })
})
