import type { Access } from '../../worker/auth/callers.ts'
import type { Dice } from '../support/dice.ts'
import { type Known, sampleOf } from './json-samples.ts'
import { inUrl, oddBody, oddCursor, oddText, spoiled } from './junk.ts'
import { messageBody, messageHeaders } from './mail-requests.ts'
import {
  bytesOf,
  type Framing,
  mailSignature,
  type RequestCase,
  type Segment,
  voiceSignature,
} from './request-case.ts'
import { pickTarget, type Target } from './targets.ts'
import { tokenNames } from './tokens.ts'

/** In every text that the fuzzer sends and that no log may repeat. */
export const mark = 'Zq7mark'

/** Values of the reference data, by the names of the fields that take them. */
const knownToAll: Known = {
  workspaceId: ['15213'],
  workspace_id: ['15213'],
  id: ['15213', 'contact_000042', 'contact_000007', `new-${mark}`],
  boardId: ['board_123', 'board_1'],
  board_id: ['board_123', 'board_1'],
  contactId: ['contact_000042'],
  columnId: ['col_1', 'col_2'],
  column_id: ['col_1', 'col_2'],
  board_column_id: ['col_1', 'col_2'],
  fromColumnId: ['col_1'],
  toColumnId: ['col_2'],
  userId: ['00000000-0000-4000-8000-000000000001'],
  assigned_to: ['00000000-0000-4000-8000-000000000002'],
  name: [`Somebody ${mark}`],
  email: [`${mark}@example.com`],
  search: [mark, 'ann', '555'],
  version: ['l:1', '1'],
  tags: ['workspace', 'board:board_123', 'counts'],
  table: ['contacts', 'contacts_49', 'boards'],
  schema: ['public', 'private'],
  phone: ['+15550100123', '(555) 010-0123', '00442079460000'],
  calledPhone: ['+15550100456', '+442079460001'],
  callerPhone: ['+15550100123', '020 7946 0000'],
  domain: ['alder.example', `${mark}.example`],
  // A clearing names its database twice.
  ...{ database: ['cache'], confirm: ['cache'] },
}

function knownOf({ values }: Target): Known {
  return { ...knownToAll, ...values }
}

/**
 * The headers that the product reads (headers.test.ts checks that all are here), and those that servers themselves
 * read.
 */
export const headersRead = [
  ...['Accept', 'Authorization', 'Cache-Control', 'CF-Connecting-IP', 'Content-Length', 'Content-Type'],
  ...['ElevenLabs-Signature', 'If-None-Match', 'X-Voice-Secret'],
  ...['Last-Event-ID', 'Origin', 'Pragma', 'Retry-After', 'X-Request-ID', 'X-User-ID', 'X-Workspace-ID'],
  ...[
    'X-Caller-Token',
    'X-Explain',
    'X-Min-Version',
    'X-Boardcache-Writer-Proof',
    'traceparent',
    'tracestate',
  ],
  ...['webhook-id', 'webhook-timestamp', 'webhook-signature', 'X-Mail-Envelope', 'X-Resource-Version'],
  ...['Cookie', 'Host', 'Sec-Fetch-Site', 'Sec-WebSocket-Protocol', 'Upgrade', 'X-Live-Arrival'],
] as const
const headersOfServers = [
  ...['Content-Encoding', 'Expect', 'Range', 'If-Modified-Since', 'If-Match', 'Connection', 'TE'],
  ...['Trailer', 'X-Forwarded-For', 'Forwarded', 'X-HTTP-Method-Override'],
  ...['Access-Control-Request-Method', 'Access-Control-Request-Headers', 'Accept-Encoding', 'User-Agent'],
]

const usualValues: Readonly<Record<string, readonly string[]>> = {
  Accept: ['*/*', 'text/plain;version=0.0.4;q=0.5, */*;q=0.1', 'application/json;q=0', ',;q=', 'a/b;q=2'],
  'Cache-Control': ['no-cache', 'max-age=0', 'only-if-cached', 'no-store', 'max-stale', 'max-age=-1, =', '"'],
  'Content-Type': [
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=',
    'application/x-ndjson',
    'message/rfc822',
  ],
  'Content-Encoding': ['gzip', 'br', 'identity', 'gzip, gzip'],
  'If-None-Match': ['*', 'W/"a"', '"', 'W/', ',,,'],
  'X-Explain': ['0', '1', '2'],
  'X-Min-Version': ['0', '1', '999999999999999', '9999999999999999'],
  'X-Workspace-ID': ['15213', '15213, 15213', '15214', '15213 ', '١٥٢١٣'],
  'X-User-ID': ['00000000-0000-4000-8000-000000000001'],
  'Last-Event-ID': ['1', '-1', '9'.repeat(30)],
  Origin: ['http://localhost:3000', 'null', 'http://evil.test'],
  Expect: ['100-continue', '200-ok'],
  'X-Mail-Envelope': ['%7B%22from%22%3A%22%22%2C%22to%22%3A%5B%22a%40b.example%22%5D%7D', '%', '{}', '%00'],
  Cookie: ['boardcache_board=', 'boardcache_board=9999999999.a.b', '=;=', 'boardcache_board={{board}}; a=b'],
  'Sec-Fetch-Site': ['same-origin', 'cross-site', 'same-site', 'none', ''],
  traceparent: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'ff-0-0-0'],
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
const inventedMethods = ['BREW', 'get', 'G\0T', 'GETT', 'CONNECT', '', 'POST POST', 'x'.repeat(300)]

/** The parts of a request that may be wrong. */
type Part = 'method' | 'path' | 'query' | 'target' | 'head' | 'header' | 'token' | 'body' | 'framing'
/** The parts that the product itself reads are wrong most often. */
const parts: readonly Part[] = [
  ...(['method', 'path', 'target', 'head', 'token'] as const),
  ...(['query', 'query', 'header', 'header', 'body', 'body', 'framing', 'framing'] as const),
]

/** Chance, and how wrong a case is. Most cases are right except for one part, so that they get far. */
interface Mischief extends Dice {
  /** Whether a part becomes wrong, with this probability if all parts may be wrong. */
  spoils(part: Part, probability: number): boolean
}

function createMischief(dice: Dice): Mischief {
  const only = dice.happens(0.7) ? dice.pick(parts) : null
  return {
    ...dice,
    spoils(part, probability) {
      if (only === null) return dice.happens(probability)
      return part === only && dice.happens(Math.max(0.5, probability))
    },
  }
}

/** Case number `index` of a run. Slow ones are left open until the server gives up. */
export function malformedCase(
  targets: readonly Target[],
  dice: Dice,
  index: number,
  isSlow: boolean,
): RequestCase {
  const mischief = createMischief(dice)
  const target = pickTarget(targets, dice)
  const takesBody = target.bodies.length > 0 || target.form !== undefined || target.isMessage === true
  const hasBody = mischief.spoils('body', 0.05) ? !takesBody : takesBody
  const body = !hasBody ? null : takesBody ? bodyOf(target, mischief) : oddBody('{"a":1}', dice)
  const framing: Framing = body === null ? { kind: 'length' } : framingOf(mischief)
  return {
    side: target.side,
    route: target.path,
    method: methodOf(target, mischief),
    target: targetOf(target, mischief),
    version: mischief.spoils('head', 0.01)
      ? dice.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 '])
      : 'HTTP/1.1',
    headers: headersOf(target, mischief, index),
    body,
    framing,
    ending: endingOf(framing, dice),
    lineEnd: mischief.spoils('head', 0.01) ? '\n' : '\r\n',
    copies: dice.happens(0.03) ? dice.between(2, 8) : 1,
    pieceBytes: dice.happens(0.06) ? dice.pick([1, 7, 500, 16_384]) : null,
    ...(isSlow ? slowly(dice) : {}),
  }
}

/** A head or a body whose rest does not come, on a connection that stays open. */
function slowly(dice: Dice): Pick<RequestCase, 'framing' | 'body' | 'ending' | 'copies'> {
  const framing: Framing = dice.happens(0.5)
    ? { kind: 'half-head', share: dice.pick([0.1, 0.5, 0.9]) }
    : dice.pick<Framing>([{ kind: 'lying-length', by: 10 }, { kind: 'cut-chunks' }])
  return { framing, body: [['{"a":', 1]], ending: 'wait', copies: 1 }
}

function methodOf(target: Target, dice: Mischief): string {
  if (!dice.spoils('method', 0.06)) return target.method
  return dice.happens(0.75) ? dice.pick(methods) : bytesOf(dice.pick(inventedMethods))
}

function targetOf(target: Target, dice: Mischief): string {
  const known = knownOf(target)
  const path = target.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    if (!dice.spoils('path', 0.2))
      return dice.pick(
        known[name === 'id' && /workspace/.test(target.path) ? 'workspaceId' : name] ?? ['abc'],
      )
    return inUrl(`${oddText(dice)}${dice.happens(0.1) ? mark : ''}`, dice)
  })
  const pairs = Object.entries(target.query).flatMap(([name, schema]) => {
    if (!dice.happens(target.required.includes(name) ? 0.9 : 0.25)) return []
    const value = !dice.spoils('query', 0.3)
      ? String(sampleOf(schema, dice, known, name))
      : oddValue(name, dice)
    return Array.from(
      { length: dice.spoils('query', 0.02) && dice.happens(0.1) ? 2 : 1 },
      () => `${name}=${inUrl(value, dice)}`,
    )
  })
  if (dice.spoils('query', 0.03) && dice.happens(0.3))
    pairs.push(`${inUrl(oddText(dice), dice)}=${inUrl(oddText(dice), dice)}`)
  const whole = pairs.length === 0 ? path : `${path}?${pairs.join(dice.spoils('target', 0.01) ? ';' : '&')}`
  return dice.spoils('target', 0.02) ? oddTarget(whole, dice) : whole
}

function oddValue(name: string, dice: Dice): string {
  if (name === 'cursor' && dice.happens(0.8)) return oddCursor(dice)
  return name === 'search' ? `${mark}${oddText(dice)}` : oddText(dice)
}

/** Other forms of a target (RFC 9112, section 3.2), and texts that are no target. */
function oddTarget(whole: string, dice: Dice): string {
  return dice.pick([
    `http://elsewhere.test${whole}`,
    `HTTPS://user:pass@{}:99999${whole}`,
    '*',
    whole.slice(1),
    `/${whole}`,
    `${whole}/`,
    `/.${whole}`,
    `/x/..${whole}`,
    `/%2e%2e${whole}`,
    whole.toUpperCase(),
    `${whole}#fragment`,
    `${whole} HTTP/1.1`,
    whole.replaceAll('/', '\\'),
    whole.replace('/', '/\ud83d'.slice(0, 1)),
    `${whole}?${'a=b&'.repeat(1_500)}`,
    `/${'a/'.repeat(3_000)}`,
    '',
  ])
}

function headersOf(target: Target, dice: Mischief, index: number): [string, string][] {
  const headers: [string, string][] = [
    [
      'Host',
      !dice.spoils('head', 0.01)
        ? '{{host}}'
        : bytesOf(dice.pick(['', 'a b', 'x:y:z', '[', '\0', oddText(dice)])),
    ],
    ...credentialsOf(target, dice),
    // The id by which lines of a log are found. The product replaces an id that it does not accept.
    ['X-Request-ID', `fuzz-${index}`],
  ]
  // A resource of the deployment is asked without a workspace.
  if (dice.happens(target.access === 'service' ? 0.2 : 0.9))
    headers.push([
      'X-Workspace-ID',
      !dice.spoils('header', 0.05) ? '15213' : oddHeader('X-Workspace-ID', dice),
    ])
  if (target.isMessage === true) headers.push(...messageHeaders(dice, dice.spoils('header', 0.05)))
  else if (target.bodies.length > 0 && dice.happens(0.9)) headers.push(['Content-Type', 'application/json'])
  while (dice.spoils('header', 0.3)) {
    const name = dice.happens(0.7) ? dice.pick(headersRead) : dice.pick(headersOfServers)
    if (name !== 'X-Request-ID' && name !== 'Content-Length' && name !== 'Host')
      headers.push([name, oddHeader(name, dice)])
  }
  if (dice.happens(0.01))
    headers.push(...Array.from({ length: 300 }, (_, at): [string, string] => [`X-${at}`, 'x']))
  if (dice.spoils('head', 0.02)) headers.push([bytesOf(oddText(dice)), bytesOf(oddText(dice))])
  headers.push(['Connection', dice.happens(0.9) ? 'close' : 'keep-alive'])
  return headers
}

function oddHeader(name: string, dice: Dice): string {
  const usual = usualValues[name]
  if (usual !== undefined && dice.happens(0.6)) return bytesOf(dice.pick(usual))
  // A trace is there to be logged, and so is the workspace that the CRM's backend names.
  const isShown = name.startsWith('trace') || name === 'X-Workspace-ID'
  // Line ends would turn the rest into another header. `oddTarget` and the framings try that.
  return bytesOf(`${oddText(dice)}${isShown || dice.happens(0.7) ? '' : mark}`.replaceAll(/[\r\n]/g, ''))
}

/** The secret that opens a kind of access, and how often it is sent. Everywhere else it is the internal key, now and then. */
const secretsTaken: Readonly<Partial<Record<Access, readonly [secret: string, share: number]>>> = {
  ...{ 'internal-key': ['key', 0.95], service: ['key', 0.95], jobs: ['key', 0.3], queues: ['key', 0.3] },
  ...{ 'queue-figures': ['key', 0.3], 'service-or-admin': ['key', 0.3], 'reader-or-service': ['key', 0.3] },
  ...{ 'operator-named': ['key', 0.3], 'operator-reading': ['key', 0.3] },
  ...{ 'email-sender': ['email', 0.95], 'email-figures': ['email', 0.5] },
}

/** The session of somebody who has signed in to the board, on whose pages the request was made. */
function boardCredentials({ path }: Target, dice: Mischief): [string, string][] {
  const headers: [string, string][] = []
  // A sign-out ends its session, which no other request may share.
  const session = path.endsWith('/logout') ? '{{boardToEnd}}' : '{{board}}'
  if (!dice.spoils('token', 0.05)) headers.push(['Cookie', session])
  else headers.push(['Cookie', bytesOf(`boardcache_board=${oddText(dice).replaceAll(/[\r\n]/g, '')}`)])
  if (!dice.spoils('header', 0.05)) headers.push(['Sec-Fetch-Site', 'same-origin'])
  return headers
}

function credentialsOf(target: Target, dice: Mischief): [string, string][] {
  const { side, access, takesTokens = false, isBoard = false } = target
  if (isBoard) return boardCredentials(target, dice)
  const name = () => (dice.spoils('token', 0.15) ? dice.pick(tokenNames) : 'admin')
  const bearer = (secret: string) =>
    `${dice.spoils('header', 0.02) && dice.happens(0.1) ? bytesOf(oddText(dice)) : 'Bearer'} {{${secret}}}`
  if (dice.spoils('token', 0.02) && dice.happens(0.2)) return []
  if (side === 'origin' && (!takesTokens || dice.happens(0.2))) {
    const key: [string, string] = ['Authorization', bearer(dice.happens(0.97) ? 'key' : name())]
    return dice.happens(0.9) ? [key, ['X-Caller-Token', `{{${name()}}}`]] : [key]
  }
  if (access === 'voice-platform' && dice.happens(0.8)) return [['X-Voice-Secret', '{{voice}}']]
  if (access === 'voice-signature' && dice.happens(0.95)) return [['ElevenLabs-Signature', voiceSignature]]
  if (access === 'email-sender' && target.isMessage !== true && dice.happens(0.2)) return mailSignature(dice)
  const [secret, share] = (access === undefined ? undefined : secretsTaken[access]) ?? ['key', 0.03]
  return [['Authorization', bearer(dice.happens(share) ? secret : name())]]
}

function bodyOf(target: Target, dice: Mischief): Segment[] {
  if (target.form !== undefined) return formOf(target.form, dice)
  if (target.isMessage === true) return messageBody(dice, dice.spoils('body', 0.4))
  const known = knownOf(target)
  const lines = target.isLines ? dice.between(1, 5) : 1
  const texts = Array.from({ length: lines }, () => {
    let value = sampleOf(dice.pick(target.bodies), dice, known)
    const spoilings = dice.spoils('body', 0.4) ? dice.pick([1, 1, 1, 2, 4]) : 0
    for (let time = 0; time < spoilings; time += 1) value = spoiled(value, dice)
    return JSON.stringify(value)
  })
  const json = texts.join('\n')
  return dice.spoils('body', 0.1) && dice.happens(0.3) ? oddBody(json, dice) : [[bytesOf(json), 1]]
}

function formOf(names: readonly string[], dice: Mischief): Segment[] {
  const fields = names.map((name) => {
    const value = dice.spoils('body', 0.3) ? oddText(dice) : mark
    return `${name}=${inUrl(value, dice)}`
  })
  const form = fields.join('&')
  return dice.spoils('body', 0.1) && dice.happens(0.3) ? oddBody(form, dice) : [[bytesOf(form), 1]]
}

function framingOf(dice: Mischief): Framing {
  if (!dice.spoils('framing', 0.15)) return { kind: dice.happens(0.9) ? 'length' : 'chunked' }
  return dice.pick<Framing>([
    { kind: 'untold' },
    { kind: 'lying-length', by: dice.pick([-1, -5, 1, 7, 100_000, 2_000_000]) },
    {
      kind: 'length-field',
      value: dice.pick([
        '-5',
        '+5',
        '1e3',
        '0x5',
        '5, 5',
        '5,6',
        '18446744073709551616',
        '',
        ' ',
        '9'.repeat(300),
      ]),
    },
    { kind: 'two-lengths' },
    { kind: 'length-and-chunked' },
    { kind: 'chunked-twice' },
    {
      kind: 'broken-chunk',
      size: dice.pick([
        'zz',
        '-1',
        'fffffffff',
        '5;ext=1',
        '5 ',
        ' 5',
        '0x5',
        '',
        '1\r',
        'f'.repeat(400),
        '00000005',
      ]),
      end: dice.pick(['', '\r\n', '\n0\n\n', '\r\n0\r\n', '\r\n0\r\nX: y\r\n\r\n', '\r\n0\r\n\r\n']),
    },
    { kind: 'cut-chunks' },
    { kind: 'half-head', share: dice.pick([0.02, 0.3, 0.7, 0.98]) },
  ])
}

/**
 * A server would wait for the rest of an incomplete request, so this side either ends its half of the connection or
 * cuts it.
 */
function endingOf({ kind }: Framing, dice: Dice): RequestCase['ending'] {
  if (kind === 'length' || kind === 'chunked')
    return dice.happens(0.98) ? 'answer' : dice.pick(['half-close', 'cut'])
  return dice.happens(0.5) ? 'half-close' : 'cut'
}
