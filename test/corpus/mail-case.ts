import type { InboundEmail, MailEnvelope } from '../../shared/contract/inbound-email.ts'

/**
 * A message that was made for the tests, and what it has to become. Nobody in it exists: names are of examples, and domains are
 * reserved for them (RFC 2606).
 */
export interface MailCase {
  /** The guarantee, as the end of a sentence that begins with "a message". */
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly envelope?: MailEnvelope
  /** The checked members of the form, or the reason why there is none. */
  readonly gives: Partial<InboundEmail> | 'unreadable' | 'no_recipients'
}

const encoder = new TextEncoder()

/** A message in UTF-8 with the line ends of SMTP. */
export function mail(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text.replaceAll('\n', '\r\n'))
}

/** A message whose characters are its bytes: for character sets other than UTF-8, and for line ends as they are. */
export function rawMail(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** A message from Ann to the CRM, with more of a header and with a body. */
export function fromAnn(header: string, body = 'Hello'): Uint8Array<ArrayBuffer> {
  return mail(
    `From: Ann Lee <ann@acme-tools.example>\nTo: sales@crm.example\nMessage-ID: <1@acme-tools.example>\n` +
      `Date: Thu, 26 Nov 2026 13:30:00 +0100\n${header === '' ? '' : `${header}\n`}\n${body}`,
  )
}

/** The same with a multipart body. Its parts are complete, with their headers. */
export function multipart(type: string, parts: readonly string[], boundary = 'b1'): Uint8Array<ArrayBuffer> {
  return fromAnn(
    `MIME-Version: 1.0\nContent-Type: multipart/${type}; boundary="${boundary}"`,
    partsOf(parts, boundary),
  )
}

/** Parts between boundaries. */
export function partsOf(parts: readonly string[], boundary: string): string {
  return `${parts.map((part) => `--${boundary}\n${part}\n`).join('')}--${boundary}--\n`
}
