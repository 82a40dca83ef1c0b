import { wireErrors } from '../../shared/contract/errors.ts'
import type { WorkKeeper } from '../http/exchange.ts'
import { logRequest, traceOf } from '../http/request-log.ts'
import { takeMessage } from '../inbound-email/take-mail.ts'
import type { Services } from '../services.ts'

/** A message as Cloudflare's Email Routing delivers it: the platform's `ForwardableEmailMessage`, as far as it is used. */
export interface RoutedMessage {
  /** The addresses of the envelope. The sender's is empty for bounces. */
  readonly from: string
  readonly to: string
  readonly raw: ReadableStream<Uint8Array>
  readonly rawSize: number
  /** Answers the sending server with a permanent error, so that it does not try again. */
  setReject(reason: string): void
}

/** The parts that it needs. */
type MailServices = Pick<Services, 'mail' | 'clock'> & {
  readonly config: Pick<Services['config'], 'requestLog'>
  readonly metrics: Pick<Services['metrics'], 'flushSoon'>
}

/** Says that a message was not taken and may come again. Email Routing makes a temporary error of every exception. */
class TryAgain extends Error {}

/**
 * The Worker's `email` handler. A message that was taken, or had been before, is accepted. One that can never be taken is rejected for
 * good. Everything else is a temporary error, after which the sending server tries again (RFC 5321 section 4.5.4.1).
 */
export async function takeRoutedMail(
  services: MailServices,
  message: RoutedMessage,
  keeper: WorkKeeper,
): Promise<void> {
  const requestId = crypto.randomUUID()
  const trace = traceOf(new Headers(), requestId)
  const startedAtMs = services.clock.now()
  const caller = { kind: 'service', userId: null, requestId, trace } as const
  const keepAlive = (work: Promise<unknown>) => keeper.waitUntil(work)
  const taken = await takeMessage(
    services.mail,
    {
      bytes: message.raw,
      lengthBytes: message.rawSize,
      envelope: { from: message.from, to: [message.to] },
    },
    { way: 'routing', startedAtMs, caller, keepAlive },
  )
  const { status, sentence } = taken.ok
    ? { status: taken.value.status, sentence: '' }
    : { ...wireErrors[taken.error.code], ...taken.error }
  logRequest(
    {
      ...{ requestId, trace, method: 'email', route: 'email', status, location: 'email', notes: undefined },
      durationMs: services.clock.now() - startedAtMs,
    },
    services.config.requestLog,
    Math.random,
  )
  const flushed = services.metrics.flushSoon('email')
  if (flushed !== null) keepAlive(flushed)
  if (taken.ok) return
  const isForGood = status < 500 && status !== 408 && status !== 429
  if (!isForGood) throw new TryAgain(sentence)
  message.setReject(sentence)
}
