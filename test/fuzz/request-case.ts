import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Dice } from '../support/dice.ts'
import { signatureOf } from '../support/voice-calls.ts'

/**
 * A request as data. The bytes that are sent follow from it and from the stack's tokens, so its JSON can be replayed.
 * Texts are byte strings with one character for each byte. `{{name}}` in a header stands for a token or key of the
 * stack.
 */
const byteString = z.string().regex(/^[\0-\xff]*$/)

/** A text and how often it is repeated. If it is repeated, each `#` in it becomes the number of the copy. */
const segmentSchema = z.tuple([byteString, z.int().min(0).max(200_000)])
export type Segment = z.output<typeof segmentSchema>

/** How the body's length is declared, correctly or not (RFC 9112, section 6). */
const framingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['length', 'chunked', 'untold']) }),
  /** A Content-Length that differs from the body's length by this much. */
  z.object({ kind: z.literal('lying-length'), by: z.int() }),
  z.object({ kind: z.literal('length-field'), value: byteString }),
  z.object({ kind: z.enum(['two-lengths', 'length-and-chunked', 'chunked-twice']) }),
  z.object({ kind: z.literal('broken-chunk'), size: byteString, end: byteString }),
  /** The last chunk never comes. */
  z.object({ kind: z.literal('cut-chunks') }),
  /** Only this share of the head is sent. */
  z.object({ kind: z.literal('half-head'), share: z.number().min(0).max(1) }),
])
export type Framing = z.output<typeof framingSchema>

export const requestCaseSchema = z.object({
  side: z.enum(['worker', 'origin', 'supabase']),
  /** The pattern of the route that the case was made from, by which a report names it. */
  route: z.string(),
  method: byteString,
  target: byteString,
  version: byteString,
  headers: z.array(z.tuple([byteString, byteString])),
  body: z.array(segmentSchema).nullable(),
  framing: framingSchema,
  ending: z.enum(['answer', 'half-close', 'cut', 'wait']),
  lineEnd: z.enum(['\r\n', '\n']),
  /** The request is repeated this often on one connection, without waiting for answers. */
  copies: z.int().min(1).max(8),
  /** How many bytes are written at once, or null to write all of them at once. */
  pieceBytes: z.int().min(1).nullable(),
})
export type RequestCase = z.output<typeof requestCaseSchema>
export type Side = RequestCase['side']

/** Any text as the bytes of its UTF-8. Half of a surrogate pair becomes the three bytes that UTF-8 forbids. */
export function bytesOf(text: string): string {
  let bytes = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes +=
      code >= 0xd800 && code <= 0xdfff
        ? String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
        : Buffer.from(character).toString('latin1')
  }
  return bytes
}

export function expandSegments(segments: readonly Segment[]): string {
  return segments
    .map(([text, times]) => {
      if (times === 1) return text
      if (!text.includes('#')) return text.repeat(times)
      return Array.from({ length: times }, (_, index) => text.replaceAll('#', String(index))).join('')
    })
    .join('')
}

/** In a header, this stands for the voice platform's signature over the request's body. */
export const voiceSignature = '{{voiceSignature}}'

/** Headers after Standard Webhooks. Their time and their signature over the body are made when the request is sent. */
export function mailSignature(dice: Pick<Dice, 'pick'>): [string, string][] {
  return [
    ['webhook-id', dice.pick(['msg_1', 'msg_2'])],
    ['webhook-timestamp', '{{sentAt}}'],
    ['webhook-signature', dice.pick(['{{mailSignature}}', 'v2,x {{mailSignature}}'])],
  ]
}

/** In a target, this stands for the signature of the link to a file that the fuzzers have. No percent-encoding changes it. */
export const linkSignature = 'signature-of-the-link'

/** The values for a case: an address, and the value of each `{{name}}`. */
export interface Filling {
  readonly host: string
  readonly secrets: Readonly<Record<string, string>>
}

/** The bytes of a case, in the pieces in which they are written. */
export function renderCase(request: RequestCase, filling: Filling): Buffer[] {
  const one = renderOnce(request, filling)
  const all = Buffer.from(one.repeat(request.copies), 'latin1')
  const { pieceBytes } = request
  if (pieceBytes === null) return [all]
  const pieces: Buffer[] = []
  // A thousand pieces are enough to split the bytes at every kind of border.
  const step = Math.max(pieceBytes, Math.ceil(all.length / 1_000))
  for (let at = 0; at < all.length; at += step) pieces.push(all.subarray(at, at + step))
  return pieces
}

function renderOnce(request: RequestCase, { host, secrets }: Filling): string {
  const { method, target, version, headers, framing, lineEnd } = request
  const body = request.body === null ? null : expandSegments(request.body)
  const framed = body === null ? { fields: [], content: '' } : frame(body, framing)
  const signed = signedMail(headers, body ?? '', secrets['email'] ?? '')
  const filled = (value: string) =>
    value
      .replace(voiceSignature, () => signatureOf(Buffer.from(body ?? '', 'latin1'), secrets['voice'] ?? ''))
      .replaceAll(/\{\{([a-zA-Z]+)\}\}/g, (whole, name: string) =>
        name === 'host' ? host : (signed[name] ?? secrets[name] ?? whole),
      )
  const lines = [
    `${method} ${target.replace(linkSignature, secrets['linkSignature'] ?? '')} ${version}`,
    ...[...headers, ...framed.fields].map(([name, value]) => `${name}: ${filled(value)}`),
  ]
  const head = `${lines.join(lineEnd)}${lineEnd}${lineEnd}`
  if (framing.kind === 'half-head') return head.slice(0, Math.floor(head.length * framing.share))
  return `${head}${framed.content}`
}

/** The values of the headers of `mailSignature`; none for other requests. */
function signedMail(
  headers: RequestCase['headers'],
  body: string,
  secret: string,
): Readonly<Record<string, string>> {
  const id = headers.find(([name]) => name === 'webhook-id')?.[1]
  if (id === undefined) return {}
  const sentAt = `${Math.floor(Date.now() / 1_000)}`
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = Buffer.from(`${id}.${sentAt}.${body}`, 'latin1')
  return { sentAt, mailSignature: `v1,${createHmac('sha256', key).update(signed).digest('base64')}` }
}

function frame(body: string, framing: Framing): { fields: [string, string][]; content: string } {
  const length = (value: number | string): [string, string] => ['Content-Length', String(value)]
  const chunked: [string, string] = ['Transfer-Encoding', 'chunked']
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
  const whole = body === '' ? '0\r\n\r\n' : `${chunk}0\r\n\r\n`
  switch (framing.kind) {
    case 'half-head':
    case 'length':
      return { fields: [length(body.length)], content: body }
    case 'untold':
      return { fields: [], content: body }
    case 'lying-length':
      return { fields: [length(Math.max(0, body.length + framing.by))], content: body }
    case 'length-field':
      return { fields: [length(framing.value)], content: body }
    case 'two-lengths':
      return { fields: [length(body.length), length(body.length + 3)], content: body }
    case 'length-and-chunked':
      return { fields: [length(body.length), chunked], content: whole }
    case 'chunked-twice':
      return { fields: [chunked, chunked], content: whole }
    case 'chunked':
      return { fields: [chunked], content: whole }
    case 'broken-chunk':
      return { fields: [chunked], content: `${framing.size}\r\n${body}${framing.end}` }
    case 'cut-chunks':
      return { fields: [chunked], content: chunk }
  }
}
