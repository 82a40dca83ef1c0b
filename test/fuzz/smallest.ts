import type { RequestCase, Segment } from './request-case.ts'

const triesMax = 60

/**
 * The smallest case that still shows a fault, for a person to read. It removes one part after another. `shows` sends
 * a case, and the number of tries is bounded.
 */
export async function smallestOf(
  request: RequestCase,
  shows: (smaller: RequestCase) => Promise<boolean>,
): Promise<RequestCase> {
  let smallest = request
  let tries = 0
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false
    for (const candidate of smallerThan(smallest)) {
      if (tries >= triesMax) return smallest
      tries += 1
      if (await shows(candidate)) {
        smallest = candidate
        isSmaller = true
        break
      }
    }
  }
  return smallest
}

function* smallerThan(request: RequestCase): Generator<RequestCase> {
  if (request.copies > 1) yield { ...request, copies: 1 }
  if (request.pieceBytes !== null) yield { ...request, pieceBytes: null }
  if (request.framing.kind !== 'length') yield { ...request, framing: { kind: 'length' }, ending: 'answer' }
  for (const [at, [name]] of request.headers.entries()) {
    if (name !== 'Host' && name !== 'X-Request-ID' && name !== 'Connection') {
      yield { ...request, headers: request.headers.filter((_, index) => index !== at) }
    }
  }
  const [path = '', query] = request.target.split('?')
  if (query !== undefined) {
    const pairs = query.split('&')
    for (const at of pairs.keys()) {
      const left = pairs.filter((_, index) => index !== at).join('&')
      yield { ...request, target: left === '' ? path : `${path}?${left}` }
    }
  }
  yield* withSmallerBody(request)
}

function* withSmallerBody(request: RequestCase): Generator<RequestCase> {
  const { body } = request
  if (body === null) return
  yield { ...request, body: null }
  const [only, ...others] = body
  if (only !== undefined && others.length === 0) {
    const left = withoutAMember(only)
    for (const text of left) yield { ...request, body: [[text, 1]] }
  } else if (body.some(([, times]) => times > 1)) {
    yield { ...request, body: body.map(([text, times]): Segment => [text, Math.ceil(times / 2)]) }
  }
}

/** The body's JSON object without one of its members, once for each member. */
function withoutAMember([text]: Segment): string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'latin1').toString('utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    const entries = Object.entries(value)
    return entries.map((_, at) =>
      Buffer.from(
        JSON.stringify(Object.fromEntries(entries.filter((_each, index) => index !== at))),
      ).toString('latin1'),
    )
  } catch {
    return []
  }
}
