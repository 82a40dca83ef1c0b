import type { Handler } from 'hono'
import type { z } from 'zod'
import { parseEmail } from '../../shared/contact-points/email.ts'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import {
  type InboundEmail,
  inboundEmailSchema,
  type MailEnvelope,
  mailEnvelopeHeader,
  mailEnvelopeSchema,
} from '../../shared/contract/inbound-email.ts'
import {
  mailAllowanceBody,
  mailEdgeCountsBody,
  mailSettingsChangeSchema,
} from '../../shared/contract/inbound-email-figures.ts'
import {
  mailDomainsQuery,
  mailFiguresQuery,
  mailListQuery,
  mailQueueQuery,
} from '../../shared/contract/inbound-email-routes.ts'
import { parseJson } from '../../shared/contract/json.ts'
import type { OriginRouteName } from '../../shared/contract/origin-routes.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import { parseBody, parseQuery, readBody } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type { MailDesk } from '../inbound-email/mail-desk.ts'
import type { MailTaker } from '../inbound-email/mail-taker.ts'
import type { MimeFault } from '../inbound-email/mime.ts'
import { respondWritten, writerOf } from './written.ts'

interface InboundEmailParts {
  readonly taker: MailTaker
  readonly desk: MailDesk
  /** Reads a message as it was sent. */
  readMime(
    bytes: Uint8Array<ArrayBuffer>,
    envelope: MailEnvelope | null,
  ): Promise<Result<InboundEmail, MimeFault>>
}

type Parsed<Input> = Result<Input, WireError>

/** The routes of shared/contract/inbound-email-routes.ts. */
export function inboundEmailRoutes({ taker, desk, readMime }: InboundEmailParts) {
  return {
    takeMail: answering(
      (context) => parseBody(context, inboundEmailSchema, limits.storedMailBytesMax),
      (_context, email) => taker.take(email),
    ),
    takeMime: takeMimeRoute(taker, readMime),
    countMailAtEdge: answering(
      (context) => parseBody(context, mailEdgeCountsBody.schema, mailEdgeCountsBody.bytesMax),
      (_context, report) => desk.countEdge(report),
    ),
    mailAllowance: answering(parseAllowance, (_context, { workspaceId, email }) =>
      desk.allowance(workspaceId, email),
    ),
    mailFigures: answering(
      (context) => parseQuery(context, mailFiguresQuery),
      (_context, { workspaceId = null, days }) => desk.figures(workspaceId, days),
    ),
    mailDomains: answering(
      (context) => parseQuery(context, mailDomainsQuery),
      (_context, { workspaceId = null, day = null }) => desk.domains(workspaceId, day),
    ),
    mailQueue: answering(
      (context) => parseQuery(context, mailQueueQuery),
      (_context, { workspaceId = null }) => desk.queue(workspaceId),
    ),
    mailList: answering(
      (context) => parseQuery(context, mailListQuery),
      (_context, { workspaceId = null, state = null }) => desk.list(workspaceId, state),
    ),
    mailSettings: answering(
      () => ok(null),
      (context) => desk.settings(writerOf(context)),
    ),
    changeMailSettings: answering(
      (context) => parseBody(context, mailSettingsChangeSchema, limits.mailSettingsBodyBytesMax),
      (context, change) => desk.changeSettings(writerOf(context), change),
    ),
  } satisfies Partial<Record<OriginRouteName, Handler<OriginEnv>>>
}

function answering<Input>(
  parse: (context: OriginContext) => Parsed<Input> | Promise<Parsed<Input>>,
  perform: (context: OriginContext, input: Input) => Promise<Result<unknown, Failure>>,
): Handler<OriginEnv> {
  return async (context) => {
    const input = await parse(context)
    if (!input.ok) return respondError(context, input.error)
    return respondWritten(context, await perform(context, input.value))
  }
}

const mimeFaults = {
  unreadable: 'message_unreadable',
  no_recipients: 'recipient_unknown',
} as const satisfies Readonly<Record<MimeFault, WireErrorCode>>

/** A message as MIME is held whole while it is read, so few of them are at the same time. The Worker brings a refused one again. */
function takeMimeRoute(taker: MailTaker, readMime: InboundEmailParts['readMime']): Handler<OriginEnv> {
  let underWay = 0
  return async (context) => {
    const envelope = parseEnvelope(context)
    if (!envelope.ok) return respondError(context, envelope.error)
    if (underWay >= limits.mailMimeAtOnceMax) return respondError(context, { code: 'overloaded' })
    underWay += 1
    try {
      const bytes = await readBody(context.req.raw, limits.mailMimeBytesMax)
      if (!bytes.ok) return respondError(context, bytes.error)
      const email = await readMime(bytes.value, envelope.value)
      if (!email.ok) return respondError(context, { code: mimeFaults[email.error] })
      return respondWritten(context, await taker.take(email.value))
    } finally {
      underWay -= 1
    }
  }
}

function parseEnvelope(context: OriginContext): Parsed<MailEnvelope | null> {
  const header = context.req.header(mailEnvelopeHeader)
  if (header === undefined) return ok(null)
  const envelope = mailEnvelopeSchema.safeParse(jsonOf(header))
  if (envelope.success) return ok(envelope.data)
  const message = 'must be the envelope as percent-encoded JSON'
  return err({ code: 'invalid_parameter', details: [{ parameter: mailEnvelopeHeader, message }] })
}

/** Undefined if it is not JSON. */
function jsonOf(header: string): unknown {
  try {
    const json = parseJson(new TextEncoder().encode(decodeURIComponent(header)))
    return json.ok ? json.value : undefined
  } catch {
    return undefined
  }
}

async function parseAllowance(
  context: OriginContext,
): Promise<Parsed<z.output<typeof mailAllowanceBody.schema>>> {
  const body = await parseBody(context, mailAllowanceBody.schema, mailAllowanceBody.bytesMax)
  if (!body.ok) return body
  const email = parseEmail(body.value.email)
  if (email.ok) return ok({ ...body.value, email: email.value })
  return err({ code: 'invalid_body', details: [{ parameter: 'email', message: email.error }] })
}
