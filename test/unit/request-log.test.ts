import { afterEach, describe, expect, it, vi } from 'vitest'
import { formatTraceparent, parseTraceparent } from '../../shared/contract/trace.ts'
import { logRequest, traceOf } from '../../worker/request-log.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const request = {
  requestId: 'request-1',
  trace: { traceId, flags: '01' },
  method: 'GET',
  route: '/health',
  status: 200,
  durationMs: 3,
  location: 'LAX',
  notes: undefined,
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** Which of three statuses leave a line. */
function logged(level: 'info' | 'warn' | 'error' | 'silent', sampleRate: number, chance: number): number[] {
  const lines: number[] = []
  const note = (line: string) => lines.push(JSON.parse(line).status)
  vi.spyOn(console, 'log').mockImplementation(note)
  vi.spyOn(console, 'error').mockImplementation(note)
  for (const status of [200, 404, 503])
    logRequest({ ...request, status }, { level, sampleRate }, () => chance)
  vi.restoreAllMocks()
  return lines
}

describe('the line of a request', () => {
  it('is left out below the level', () => {
    expect(logged('info', 1, 0.5)).toEqual([200, 404, 503])
    expect(logged('warn', 1, 0.5)).toEqual([404, 503])
    expect(logged('error', 1, 0.5)).toEqual([503])
    expect(logged('silent', 1, 0.5)).toEqual([])
  })

  it('is there for a share of requests, and always where something failed here', () => {
    expect(logged('info', 0.1, 0.09)).toEqual([200, 404, 503])
    expect(logged('info', 0.1, 0.1)).toEqual([503])
    expect(logged('info', 0, 0)).toEqual([503])
  })
})

describe('a trace', () => {
  it('goes on under another id for each call', () => {
    const trace = parseTraceparent(`00-${traceId}-b7ad6b7169203331-01`)
    expect(trace).toEqual({ traceId, flags: '01' })
    if (trace === null) throw new Error('not parsed')
    const onwards = formatTraceparent(trace, '7a9c2d5e-1111-4222-8333-444455556666')
    expect(onwards).toBe(`00-${traceId}-8333444455556666-01`)
    expect(parseTraceparent(onwards)).toEqual(trace)
  })

  it.each([
    ['nothing', ''],
    ['another version', `01-${traceId}-b7ad6b7169203331-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a call of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${traceId.toUpperCase()}-b7ad6b7169203331-01`],
    ['more than version 00 has', `00-${traceId}-b7ad6b7169203331-01-x`],
  ])('%s is replaced by one of our own', (_name, header) => {
    expect(parseTraceparent(header)).toBeNull()
    expect(traceOf(header, '7a9c2d5e-1111-4222-8333-444455556666')).toEqual({
      traceId: '7a9c2d5e111142228333444455556666',
      flags: '00',
    })
    expect(traceOf(header, 'request-1').traceId).toMatch(/^[0-9a-f]{32}$/)
  })
})
