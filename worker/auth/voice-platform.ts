import { joinBytes } from '../../shared/bytes.ts'
import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Config } from '../config.ts'
import { createHmacKey } from './hmac-key.ts'
import { matchesKey, matchesSecret } from './internal-key.ts'
import { createSignatureBudget } from './signature-budget.ts'

/** The header with the shared secret, for platforms that send headers of their user's choice. */
export const voiceSecretHeader = 'X-Voice-Secret'
/** ElevenLabs' signature: `t=<seconds>,v0=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`. */
export const voiceSignatureHeader = 'ElevenLabs-Signature'

/** A request whose sender is to be verified. */
interface SignedRequest {
  readonly headers: Pick<Headers, 'get'>
  /** Reads the body, up to its size limit. */
  readRaw(): Promise<Result<Uint8Array<ArrayBuffer>, WireError>>
}

/** Verifies that a request was sent by the voice platform. */
export interface VoicePlatform {
  /**
   * By the shared secret, which costs no read of the body, or by a signature. A body that cannot be read to its end proves no sender,
   * so the error is `signature_invalid` then, too.
   */
  verify(request: SignedRequest): Promise<Result<null, WireError>>
  /** By a signature, which proves the body too. */
  verifySigned(request: SignedRequest): Promise<Result<null, WireError>>
}

const encoder = new TextEncoder()
const unverified = err({ code: 'signature_invalid' } as const)

/**
 * Without a secret in the configuration nobody is verified. The number of signatures that are checked for one address is
 * limited, because each costs a read of the body before anything is known about its sender.
 */
export function createVoicePlatform(config: Pick<Config, 'voice'>, clock: Clock): VoicePlatform {
  const { secret, signingSecret } = config.voice
  const budget = createSignatureBudget(clock)
  const key = signingSecret === null ? null : createHmacKey(Uint8Array.from(encoder.encode(signingSecret)))

  async function hasSecret(headers: SignedRequest['headers']): Promise<boolean> {
    if (secret === null) return false
    const given = headers.get(voiceSecretHeader)
    return given === null ? matchesKey(headers.get('Authorization'), secret) : matchesSecret(given, secret)
  }

  async function verifySigned(request: SignedRequest): Promise<Result<null, WireError>> {
    const { headers } = request
    const signature = signatureIn(headers)
    if (key === null || signature === null) return unverified
    const { sentAt, digest } = signature
    const ageSeconds = clock.now() / 1_000 - Number(sentAt)
    const isTimely =
      ageSeconds <= limits.signatureAgeMaxSeconds && ageSeconds >= -limits.signatureSkewMaxSeconds
    if (!isTimely) return unverified
    const refusal = budget.spend(headers)
    if (refusal !== null) return err(refusal)
    const body = await request.readRaw()
    if (!body.ok) return body
    const message = joinBytes([encoder.encode(`${sentAt}.`), body.value])
    const isGenuine = await key.verify(bytesOf(digest), message)
    return isGenuine ? ok(null) : unverified
  }

  return {
    verifySigned,
    async verify(request) {
      if (await hasSecret(request.headers)) return ok(null)
      const verified = await verifySigned(request)
      return verified.ok || verified.error.code === 'rate_limited' ? verified : unverified
    },
  }
}

/** The parts of a signature; null if it has another form. Parts that are not known are ignored, such as later versions. */
function signatureIn(headers: SignedRequest['headers']) {
  const given = headers.get(voiceSignatureHeader)?.split(',', 8) ?? []
  const parts = new Map(given.map((part) => [part.trim().split('=', 1)[0], part.trim()]))
  const sentAt = /^t=(\d{1,12})$/.exec(parts.get('t') ?? '')?.[1]
  const digest = /^v0=([0-9a-f]{64})$/i.exec(parts.get('v0') ?? '')?.[1]
  return sentAt === undefined || digest === undefined ? null : { sentAt, digest }
}

function bytesOf(hexadecimal: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
