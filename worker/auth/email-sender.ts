import { joinBytes } from '../../shared/bytes.ts'
import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Config } from '../config.ts'
import { createHmacKey } from './hmac-key.ts'
import { matchesKey } from './internal-key.ts'
import { createSignatureBudget } from './signature-budget.ts'

/** The content type of a message as it was sent (RFC 2046 section 5.2.1). Everything else is read as JSON. */
export const messageContentType = 'message/rfc822'

export function isMessage(headers: Pick<Headers, 'get'>): boolean {
  return headers.get('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase() === messageContentType
}

/** A request that brings mail, whose sender is to be verified. */
interface MailRequest {
  readonly headers: Pick<Headers, 'get'>
  /** Reads the body, up to the size limit of JSON. */
  readRaw(): Promise<Result<Uint8Array<ArrayBuffer>, WireError>>
}

/** Verifies that a request was sent by the service that receives the deployment's mail. */
export interface EmailSender {
  /**
   * By the shared secret as a bearer token, which costs no read of the body; or, for JSON, by a signature after Standard Webhooks 1.0
   * over the body. A message of MIME is passed on while it arrives, so a signature over it could only be checked too late.
   */
  verify(request: MailRequest): Promise<Result<null, WireError>>
  /** By the shared secret alone, for requests without a body. */
  holdsSecret(headers: Pick<Headers, 'get'>): Promise<boolean>
}

const encoder = new TextEncoder()
const unverified = err({ code: 'signature_invalid' } as const)

/** Without a secret in the configuration nobody is verified. */
export function createEmailSender({ inboundEmail }: Pick<Config, 'inboundEmail'>, clock: Clock): EmailSender {
  const { secret } = inboundEmail
  const budget = createSignatureBudget(clock)
  const key = secret === null ? null : createHmacKey(keyBytesOf(secret))

  async function holdsSecret(headers: MailRequest['headers']): Promise<boolean> {
    return secret !== null && (await matchesKey(headers.get('Authorization'), secret))
  }

  async function verifySigned(request: MailRequest): Promise<Result<null, WireError>> {
    const { headers } = request
    const signed = signatureIn(headers)
    if (key === null || signed === null || isMessage(headers)) return unverified
    const ageSeconds = clock.now() / 1_000 - Number(signed.sentAt)
    if (Math.abs(ageSeconds) > limits.emailSignatureAgeMaxSeconds) return unverified
    const refusal = budget.spend(headers)
    if (refusal !== null) return err(refusal)
    const body = await request.readRaw()
    if (!body.ok) return body.error.code === 'body_too_large' ? unverified : body
    const content = joinBytes([encoder.encode(`${signed.id}.${signed.sentAt}.`), body.value])
    for (const digest of signed.digests) {
      if (await key.verify(digest, content)) return ok(null)
    }
    return unverified
  }

  return {
    holdsSecret,
    verify: async (request) => ((await holdsSecret(request.headers)) ? ok(null) : verifySigned(request)),
  }
}

interface Signature {
  readonly id: string
  readonly sentAt: string
  readonly digests: readonly Uint8Array<ArrayBuffer>[]
}

/**
 * Standard Webhooks 1.0, "Webhook headers": an id, seconds since 1970, and one signature or several, each `v1,` and base64. Signatures
 * of other versions are ignored. Null if one of the headers is missing or has another form.
 */
function signatureIn(headers: Pick<Headers, 'get'>): Signature | null {
  const id = headers.get('webhook-id') ?? ''
  const sentAt = headers.get('webhook-timestamp') ?? ''
  if (!/^[\x21-\x7e]{1,255}$/.test(id) || !/^\d{1,12}$/.test(sentAt)) return null
  const given = (headers.get('webhook-signature') ?? '').split(' ', limits.emailSignaturesMax)
  const digests = given.flatMap((signature) => {
    const base64 = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1]
    return base64 === undefined ? [] : [bytesOfBase64(base64)]
  })
  return digests.length === 0 ? null : { id, sentAt, digests }
}

const wholeBase64 =
  /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{2}(?:==)?))$/

/** The key of a secret: after `whsec_` comes base64, as Standard Webhooks writes secrets; any other text stands for its own bytes. */
function keyBytesOf(secret: string): Uint8Array<ArrayBuffer> {
  const base64 = wholeBase64.exec(secret)?.[1]
  return base64 === undefined ? Uint8Array.from(encoder.encode(secret)) : bytesOfBase64(base64)
}

function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
