import { afterEach, describe, expect, it, vi } from 'vitest'
import { logRequest } from '../../../worker/http/request-log.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const request = {
  requestId: 'request-1',
  trace: { traceId, flags: '01', state: 'congo=t61rcWkgMzE' },
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
  it('names the trace, and nothing that other systems noted of it', () => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line))
    logRequest(request, { level: 'info', sampleRate: 1 }, () => 0)
    expect(lines).toEqual([expect.stringContaining(traceId)])
    expect(lines[0]).not.toContain('congo')
  })

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
