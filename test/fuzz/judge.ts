import { z } from 'zod'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import type { HttpAnswer } from './http-answers.ts'
import { expandSegments, type RequestCase } from './request-case.ts'
import type { Exchange } from './wire.ts'

/** A fault of an answer: a word for its kind, and what was seen. */
export interface Fault {
  readonly kind: string
  readonly seen: string
}

/** At most this many faults of an input are listed in an answer. */
const faultsToldMax = 20

/** Every answer of our code has this header. An answer of a server in front of it does not. */
const ours = 'x-request-id'

export function isOurs({ headers }: HttpAnswer): boolean {
  return headers.has(ours)
}

const servedOtherwise =
  /^(text\/(html|css|javascript|plain|event-stream)|image\/|application\/(javascript|octet-stream|openmetrics-text|x-ndjson|manifest\+json))/
/** Begins a line, also where the text stands in JSON. */
const stackLine = /(?:^|\n|\\n)\s+at .{0,200}:\d+:\d+\)?/

/** All faults of an exchange. The list is empty if the invariants hold. */
export function faultsOf(request: RequestCase, { answers, isHanging, isGarbled }: Exchange): Fault[] {
  const faults: Fault[] = answers.flatMap((answer) => faultsOfAnswer(request, answer))
  if (isGarbled) faults.push({ kind: 'no HTTP', seen: 'what came back is no HTTP answer' })
  if (isHanging && request.ending !== 'cut') {
    faults.push({ kind: 'hangs', seen: 'neither an answer nor the end of the connection by the deadline' })
  } else if (answers.length === 0 && mustBeAnswered(request)) {
    faults.push({ kind: 'no answer', seen: 'the connection was closed without an answer' })
  }
  return faults
}

/** The errors of the board of the queues are pages for people and JSON for Bull Board's own script, which knows sentences by a key. */
const boardErrorSchema = z.strictObject({
  error: z.union([z.string(), z.object({ key: z.string() })]),
  code: z.string().optional(),
})

function isErrorOfBoard({ route }: RequestCase, { status, headers }: HttpAnswer, text: string): boolean {
  if (!route.startsWith('/admin/queues') || (status >= 500 && status !== 503 && status !== 504)) return false
  const isPage = /^text\/(html|plain)/.test(headers.get('content-type') ?? '')
  return isPage || boardErrorSchema.safeParse(isJson(text) ? JSON.parse(text) : null).success
}

function faultsOfAnswer(request: RequestCase, answer: HttpAnswer): Fault[] {
  const { status } = answer
  const text = answer.body.toString('utf8')
  if (!isOurs(answer)) {
    // The local front's own complaint about a target that is no URL. At Cloudflare the edge answers it.
    return status < 500 || isBeyondTheFront(request)
      ? []
      : [{ kind: `a bare ${status}`, seen: text.slice(0, 300) }]
  }
  if (stackLine.test(text)) return [{ kind: 'a stack trace', seen: text.slice(0, 300) }]
  if (status < 400) return faultsOfSuccess(request, answer)
  return isErrorOfBoard(request, answer, text) ? [] : faultsOfError(answer, text)
}

function faultsOfSuccess({ method }: RequestCase, { status, headers, body, isCutOff }: HttpAnswer): Fault[] {
  const type = headers.get('content-type') ?? ''
  if (method === 'HEAD' || status === 204 || status === 304 || servedOtherwise.test(type)) return []
  if (status === 303 && body.length === 0 && headers.has('location')) return []
  if (isCutOff) return [{ kind: 'a cut off answer', seen: `${status} ${type}` }]
  return type.startsWith('application/json') && isJson(body.toString('utf8'))
    ? []
    : [{ kind: 'no JSON', seen: `${status} ${type} ${body.toString('utf8', 0, 200)}` }]
}

/** Every error has the same form, and no 5xx is sent except 503 and 504. */
function faultsOfError({ status, headers, body }: HttpAnswer, text: string): Fault[] {
  const type = headers.get('content-type') ?? ''
  if (body.length === 0 && !type.startsWith('text/html')) {
    // An answer to HEAD has no body, so its status must say whether it is an accepted 5xx.
    return status >= 500 && status !== 503 && status !== 504 ? [{ kind: `a ${status}`, seen: 'no body' }] : []
  }
  const parsed = errorBodySchema.safeParse(isJson(text) ? JSON.parse(text) : undefined)
  if (!parsed.success) {
    const isHealth = status === 503 && isJson(text) && text.includes('"status":"unhealthy"')
    return isHealth ? [] : [{ kind: `a ${status} of another shape`, seen: `${type} ${text.slice(0, 300)}` }]
  }
  const { code, requestId, details } = parsed.data
  if (status >= 500 && status !== 503 && status !== 504)
    return [{ kind: `a ${status} ${code}`, seen: text.slice(0, 300) }]
  const faults: Fault[] = []
  if (!type.startsWith('application/json'))
    faults.push({ kind: 'an error that is not called JSON', seen: type })
  if ((details?.length ?? 0) > faultsToldMax) {
    faults.push({
      kind: `more than ${faultsToldMax} faults listed`,
      seen: `${details?.length} in ${body.length} bytes`,
    })
  }
  if (wireErrors[code].status !== status)
    faults.push({ kind: 'a code under another status', seen: `${status} ${code}` })
  if (requestId !== headers.get(ours)) faults.push({ kind: 'two request ids', seen: text.slice(0, 300) })
  if (status === 503 && !headers.has('retry-after'))
    faults.push({ kind: 'a 503 without Retry-After', seen: code })
  return faults
}

/**
 * A complete and correct request must be answered. A large body may be refused while it is still on its way, and then
 * the refusal may be lost. So may the answer to a request that asks for the end of the connection and has others behind it
 * (RFC 9112, section 9.6).
 */
function mustBeAnswered({
  framing,
  ending,
  body,
  method,
  pieceBytes,
  lineEnd,
  version,
  target,
  headers,
  copies,
}: RequestCase): boolean {
  const isHonest = framing.kind === 'length' || framing.kind === 'chunked'
  const isSmall = body === null || expandSegments(body).length < 16_384
  const isPlain = lineEnd === '\r\n' && version === 'HTTP/1.1' && pieceBytes === null && target.length < 4_000
  const isAsked = headers.every(([name]) => /^[\w-]+$/.test(name) && name !== 'Expect' && name !== 'Upgrade')
  const isEnd = headers.some(([name, value]) => name === 'Connection' && value === 'close')
  return (
    isHonest &&
    isSmall &&
    (copies === 1 || !isEnd) &&
    isPlain &&
    isAsked &&
    ending === 'answer' &&
    /^[A-Z]{3,10}$/.test(method) &&
    method !== 'CONNECT'
  )
}

const methodsOfTheFront = /^[A-Z-]+$/

function isBeyondTheFront({ side, method, target, headers }: RequestCase): boolean {
  if (side !== 'worker') return false
  const invented = ['BREW', 'GETT', 'CONNECT', 'TRACE']
  if (!methodsOfTheFront.test(method) || invented.includes(method) || method.length > 20) return true
  const host = (headers.find(([name]) => name === 'Host')?.[1] ?? '').replace('{{host}}', '127.0.0.1')
  const url = target.startsWith('/') ? `http://${host}${target}` : target
  return target === '*' || !/^[\w.:-]+$/.test(host) || !URL.canParse(url)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
