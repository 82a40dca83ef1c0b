import { expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { inTrace, withTrace } from '../../../origin/database/traced-calls.ts'
import { ownTrace, parseTrace } from '../../../shared/contract/trace.ts'
import { ok } from '../../../shared/result.ts'

const ids = ['7a9c2d5e-1111-4222-8333-444455556666', '0af76519-16cd-43dd-8448-eb211c80319c']
const signal = new AbortController().signal

/** The headers of each call, by the function that was called. */
function createListened() {
  const heard = new Map<string, Readonly<Record<string, string>>>()
  const database: Database = {
    async callRpc(functionName, _args, _token, _signal, headers = {}) {
      heard.set(functionName, headers)
      return ok(null)
    },
    probe: async () => true,
  }
  return { heard, traced: withTrace(database) }
}

test('each call carries the trace of its own request, however requests are interleaved', async () => {
  const { heard, traced } = createListened()
  const work = async (requestId: string) => {
    await Promise.resolve()
    await traced.callRpc(`first ${requestId}`, {}, null, signal)
    await Promise.all([traced.callRpc(`second ${requestId}`, {}, null, signal, { 'X-Proof': 'kept' })])
  }
  await Promise.all(ids.map((requestId) => inTrace(ownTrace(requestId), () => work(requestId))))
  for (const requestId of ids) {
    const [first, second] = [heard.get(`first ${requestId}`), heard.get(`second ${requestId}`)]
    for (const headers of [first, second])
      expect(parseTrace(new Headers(headers))?.traceId).toBe(requestId.replaceAll('-', ''))
    // Two calls of one trace are told apart.
    expect(first?.['traceparent']).not.toBe(second?.['traceparent'])
    expect(second?.['X-Proof']).toBe('kept')
  }
})

test('work of no request has no trace, and the notes of other systems do not reach the database', async () => {
  const { heard, traced } = createListened()
  await traced.callRpc('upkeep', {}, null, signal)
  expect(heard.get('upkeep')).toEqual({})
  const trace = { ...ownTrace(ids[0] ?? ''), state: 'congo=t61' }
  await inTrace(trace, () => traced.callRpc('noted', {}, null, signal))
  expect(Object.keys(heard.get('noted') ?? {})).toEqual(['traceparent'])
})
