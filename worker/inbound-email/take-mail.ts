import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import {
  decidingOutcome,
  type InboundEmail,
  type MailEnvelope,
  type MailOutcome,
  mailEnvelopeHeader,
  type TakenMail,
  takenMailSchema,
} from '../../shared/contract/inbound-email.ts'
import type { MailAnswer } from '../../shared/contract/inbound-email-answers.ts'
import { inboundEmailRoutes } from '../../shared/contract/inbound-email-routes.ts'
import { readMailHead } from '../../shared/inbound-email/mail-head.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { messageContentType } from '../auth/email-sender.ts'
import type { MailResult, MailWay, Recorder } from '../events.ts'
import type { Caller, Origin } from '../outbound/origin-client.ts'
import type { EdgeCounts } from './edge-counts.ts'
import type { Known, KnownMail } from './known-mail.ts'
import { type MailFacts, mailFactsOf } from './mail-facts.ts'
import { openMessage } from './message-stream.ts'

/** The parts that take mail. */
export interface MailParts {
  readonly clock: Clock
  readonly recorder: Recorder
  readonly origin: Pick<Origin, 'write' | 'passOn'>
  readonly known: KnownMail
  readonly counts: EdgeCounts
}

/** The request or the call that brings a message. */
export interface Arriving {
  readonly way: MailWay
  readonly startedAtMs: number
  /** The origin's caller. */
  readonly caller: Caller
  keepAlive(work: Promise<unknown>): void
}

/** An answer, with its status. */
interface AnsweredMail {
  readonly status: 200 | 202
  readonly body: MailAnswer
}

const tooLarge = err({ code: 'body_too_large' } as const)

type Taken = Result<AnsweredMail, WireError>
/** Sends the message to the origin, which takes it in once, however often it is sent. */
type Send = () => Promise<Result<TakenMail, WireError>>

/** Takes in a message that came as JSON. */
export function takeEmail(parts: MailParts, email: InboundEmail, arriving: Arriving): Promise<Taken> {
  const { method, path } = inboundEmailRoutes.takeMail
  return take(parts, arriving, mailFactsOf(email), () =>
    parts.origin.write(takenMailSchema, { method, path, body: email }, arriving.caller),
  )
}

/** A message of MIME on its way here. */
interface IncomingMessage {
  readonly bytes: ReadableStream<Uint8Array> | null
  /** As its sender says; null if nobody says. */
  readonly lengthBytes: number | null
  readonly envelope: MailEnvelope | null
}

/** Takes in a message of MIME, of which the header is read here and the rest only passes through. */
export async function takeMessage(
  parts: MailParts,
  { bytes, lengthBytes, envelope }: IncomingMessage,
  arriving: Arriving,
): Promise<Taken> {
  const isTooLarge = lengthBytes !== null && lengthBytes > limits.mailMimeBytesMax
  const opened = isTooLarge ? tooLarge : await openMessage(bytes, parts.clock)
  if (!opened.ok) return recorded(parts, arriving, opened, resultOfError(opened.error))
  const message = opened.value
  const facts = message.header === null ? null : mailFactsOf(await readMailHead(message.header, envelope))
  const taken = await take(parts, arriving, facts, () =>
    parts.origin.passOn(
      takenMailSchema,
      {
        path: inboundEmailRoutes.takeMime.path,
        contentType: messageContentType,
        headers:
          envelope === null ? {} : { [mailEnvelopeHeader]: encodeURIComponent(JSON.stringify(envelope)) },
        bytes: message.bytes,
        deadlineMs: limits.mailMessageDeadlineMs,
        sendersFault: (isLate) => message.sendersFault(isLate),
      },
      arriving.caller,
    ),
  )
  message.cancel()
  return taken
}

/** Answers from what Redis knows, or else from what the database decides. */
async function take(
  parts: MailParts,
  arriving: Arriving,
  facts: MailFacts | null,
  send: Send,
): Promise<Taken> {
  const { known, counts } = parts
  const found = facts === null ? null : await known.look(facts)
  if (found !== null) return answerKnown(parts, arriving, found)
  const sent = await send()
  if (!sent.ok) {
    const error = sentError(sent.error)
    return recorded(parts, arriving, err(error), resultOfError(error))
  }
  if (facts !== null) arriving.keepAlive(known.note(facts, sent.value))
  const reporting = counts.reportSoon()
  if (reporting !== null) arriving.keepAlive(reporting)
  const outcome = decidingOutcome(sent.value)
  return recorded(parts, arriving, answerTo(parts, arriving, sent.value, outcome), resultOf(outcome))
}

function answerKnown(parts: MailParts, arriving: Arriving, found: Known): Taken {
  const { kind, workspaces, senderDomain } = found
  parts.counts.count({ kind: kind === 'completed' ? 'duplicates' : 'limited', workspaces, senderDomain })
  const reporting = parts.counts.reportSoon()
  if (reporting !== null) arriving.keepAlive(reporting)
  if (kind === 'refused') {
    return recorded(parts, arriving, err(limitedError(found.scope, found.retryAfterSeconds)), 'limited-redis')
  }
  return recorded(parts, arriving, ok(seenBefore('completed', found.processedAt)), 'duplicate-redis')
}

function recorded(
  { recorder, clock }: MailParts,
  { way, startedAtMs }: Arriving,
  taken: Taken,
  result: MailResult,
): Taken {
  recorder.record({ kind: 'mail', way, result, durationMs: clock.now() - startedAtMs })
  return taken
}

function answerTo(
  { clock }: MailParts,
  { startedAtMs }: Arriving,
  { messageId }: TakenMail,
  outcome: MailOutcome,
): Taken {
  switch (outcome.status) {
    case 'processed': {
      const { communicationId, companyId, contactId } = outcome
      return ok({
        status: 200,
        body: {
          success: true,
          message: 'The message was processed.',
          processed: { communicationId, companyId, contactId, messageId },
          processingTimeMs: clock.now() - startedAtMs,
        },
      })
    }
    case 'queued':
      return ok({
        status: 202,
        body: {
          message: 'The message was taken and will be processed soon.',
          messageId,
          queuePosition: outcome.priority,
        },
      })
    case 'seen':
      return ok(seenBefore(outcome.state, outcome.processedAt))
    case 'limited':
      return err(limitedError(outcome.scope, outcome.retryAfterSeconds))
  }
}

function seenBefore(state: 'processing' | 'completed', processedAt: string | null): AnsweredMail {
  return { status: 200, body: { message: 'The message was taken before.', state, processedAt } }
}

function limitedError(scope: 'sender' | 'domain', retryAfterSeconds: number): WireError {
  const who = scope === 'sender' ? 'This sender has' : "The sender's domain has"
  return {
    code: 'rate_limited',
    sentence: `${who} sent as many messages as it may within an hour. Try again later.`,
    retryAfterSeconds,
  }
}

/** A message may always be sent again, so nobody has to look first whether it was taken. */
function sentError(error: WireError): WireError {
  if (error.code !== 'write_unconfirmed') return error
  return {
    ...error,
    sentence: 'It is not known whether the message was taken. Send it again: it is taken once.',
  }
}

function resultOf(outcome: MailOutcome): MailResult {
  switch (outcome.status) {
    case 'seen':
      return 'duplicate-database'
    case 'limited':
      return 'limited-database'
    case 'processed':
    case 'queued':
      return outcome.status
  }
}

/** Tells a message that cannot be taken as it is from a service that could not take it. */
function resultOfError({ code }: WireError): MailResult {
  switch (code) {
    case 'origin_unavailable':
    case 'origin_timeout':
    case 'overloaded':
    case 'write_unconfirmed':
    case 'internal':
    case 'answer_too_large':
      return 'failed'
    default:
      return 'refused'
  }
}
