import type { Handler } from 'hono'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import {
  contactChangeSchema,
  contactCreationSchema,
  contactMoveSchema,
  type ImportReport,
} from '../../shared/contract/contacts.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { ContactId } from '../../shared/ids.ts'
import { contactIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { OriginContext, OriginEnv } from '../answers.ts'
import { respondError, respondFailure } from '../answers.ts'
import { tokenOf } from '../caller.ts'
import type { ContactWriter, Deliver, Writer } from '../contacts/contact-writer.ts'
import { importContacts } from '../contacts/import-contacts.ts'
import type { Failure } from '../failures.ts'
import { parseBody, parseIdentifier } from '../request.ts'

type ContactsHandler = Handler<OriginEnv>

/** POST /contacts */
export function createContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contact = await parseBody(context, contactCreationSchema, limits.contactBodyBytesMax)
    if (!contact.ok) return respondError(context, contact.error)
    return respondData(context, await contacts.create(writerOf(context), contact.value), 201)
  }
}

/** PATCH /contacts/{id} */
export function changeContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contactId = contactIdOf(context)
    if (!contactId.ok) return respondError(context, contactId.error)
    const change = await parseBody(context, contactChangeSchema, limits.contactBodyBytesMax)
    if (!change.ok) return respondError(context, change.error)
    return respondData(context, await contacts.update(writerOf(context), contactId.value, change.value))
  }
}

/** POST /contacts/{id}/move */
export function moveContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contactId = contactIdOf(context)
    if (!contactId.ok) return respondError(context, contactId.error)
    const place = await parseBody(context, contactMoveSchema, limits.contactMoveBodyBytesMax)
    if (!place.ok) return respondError(context, place.error)
    return respondData(context, await contacts.update(writerOf(context), contactId.value, place.value))
  }
}

/** DELETE /contacts/{id} */
export function deleteContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contactId = contactIdOf(context)
    if (!contactId.ok) return respondError(context, contactId.error)
    return respondData(context, await contacts.remove(writerOf(context), contactId.value))
  }
}

interface ImportRouteOptions {
  readonly contacts: ContactWriter
  readonly deliver: Deliver
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * POST /contacts/import: answers as the work goes on. Who may not write is told before the first line; what comes later
 * stands in the reports. Reports wait in memory where the caller reads nothing before all is sent: they are bounded.
 */
export function importContactsRoute({
  contacts,
  deliver,
  clock,
  logger,
}: ImportRouteOptions): ContactsHandler {
  return async (context) => {
    const writer = writerOf(context)
    const admitted = await contacts.admit(writer)
    if (!admitted.ok) return respondFailure(context, admitted.error)
    const body = context.req.raw.body ?? new Blob([]).stream()
    const { requestId } = context.var
    const encoder = new TextEncoder()
    const reports = new ReadableStream<Uint8Array>({
      async start(controller) {
        let isRead = true
        const report = (line: ImportReport) => {
          try {
            if (isRead) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
          } catch {
            // Whoever asked has gone; what was read is written all the same.
            isRead = false
          }
        }
        try {
          await importContacts({
            contacts,
            deliver,
            clock,
            writer,
            body,
            linesMax: limits.importLinesMax,
            report,
          })
          if (isRead) controller.close()
        } catch (error) {
          logger.error({ requestId, error: error instanceof Error ? error.name : 'unknown' }, 'import')
          controller.error(error)
        }
      },
    })
    return context.body(reports, 200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' })
  }
}

function contactIdOf(context: OriginContext): Result<ContactId, WireError> {
  return parseIdentifier(contactIdSchema, context.req.param('id'), 'contactId')
}

/** Who writes where, as the door let them in. */
function writerOf(context: OriginContext): Writer {
  const { caller, workspaceId } = context.var
  return { callerToken: tokenOf(caller), workspaceId }
}

function respondData(
  context: OriginContext,
  written: Result<unknown, Failure>,
  status: 200 | 201 = 200,
): Response {
  if (!written.ok) return respondFailure(context, written.error)
  context.header('Cache-Control', 'no-store')
  return context.json({ success: true, data: written.value }, status)
}
