import type { Handler } from 'hono'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { contactBodies, type ImportReport } from '../../shared/contract/contacts.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { ContactId } from '../../shared/ids.ts'
import { contactIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { ContactWriter } from '../contacts/contact-writer.ts'
import { importContacts } from '../contacts/import-contacts.ts'
import type { ImportTurns } from '../contacts/import-turns.ts'
import { parseBody, parseIdentifier } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError, respondFailure } from '../http/respond.ts'
import type { Deliver } from '../outbox/delivered-writes.ts'
import { respondWritten, writerOf } from './written.ts'

type ContactsHandler = Handler<OriginEnv>

/** POST /contacts */
export function createContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const { schema, bytesMax } = contactBodies.creation
    const contact = await parseBody(context, schema, bytesMax)
    if (!contact.ok) return respondError(context, contact.error)
    return respondWritten(context, await contacts.create(writerOf(context), contact.value), 201)
  }
}

/** PATCH /contacts/{id} */
export function changeContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contactId = contactIdOf(context)
    if (!contactId.ok) return respondError(context, contactId.error)
    const { schema, bytesMax } = contactBodies.change
    const change = await parseBody(context, schema, bytesMax)
    if (!change.ok) return respondError(context, change.error)
    return respondWritten(context, await contacts.update(writerOf(context), contactId.value, change.value))
  }
}

/** POST /contacts/{id}/move */
export function moveContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contactId = contactIdOf(context)
    if (!contactId.ok) return respondError(context, contactId.error)
    const { schema, bytesMax } = contactBodies.move
    const place = await parseBody(context, schema, bytesMax)
    if (!place.ok) return respondError(context, place.error)
    return respondWritten(context, await contacts.update(writerOf(context), contactId.value, place.value))
  }
}

/** DELETE /contacts/{id} */
export function deleteContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const contactId = contactIdOf(context)
    if (!contactId.ok) return respondError(context, contactId.error)
    return respondWritten(context, await contacts.remove(writerOf(context), contactId.value))
  }
}

interface ImportRouteOptions {
  readonly contacts: ContactWriter
  readonly turns: ImportTurns
  readonly deliver: Deliver
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * POST /contacts/import: answers with reports while the import runs. A caller that may not write, or whose turn does not
 * come in time, is refused before the upload is read; a later failure is reported in the answer. The turn ends with the
 * import: when all lines are written, or soon after the caller disconnects or stops sending.
 */
export function importContactsRoute(options: ImportRouteOptions): ContactsHandler {
  const { contacts, turns, deliver, clock, logger } = options
  return async (context) => {
    const writer = writerOf(context)
    const turn = await turns.take(writer, context.req.raw.signal)
    if (!turn.ok) return respondFailure(context, turn.error)
    let importing: ReadableStream<Uint8Array> | null = null
    try {
      const admitted = await contacts.admit(writer)
      if (!admitted.ok) return respondFailure(context, admitted.error)
      const body = context.req.raw.body ?? new Blob([]).stream()
      const { requestId } = context.var
      importing = reportsOf(
        (report) =>
          importContacts({
            ...{ contacts, deliver, clock, report, body },
            writer,
            linesMax: limits.importLinesMax,
          }).finally(turn.value.free),
        (error) =>
          logger.error(
            { requestId, error: error instanceof Error ? error.name : 'unknown' },
            'unexpected error in an import',
          ),
      )
      const headers = { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' }
      return context.body(importing, 200, headers)
    } finally {
      if (importing === null) turn.value.free()
    }
  }
}

/**
 * The reports of the work, one JSON object on each line. They wait in memory if the caller reads nothing until it has sent
 * everything; their number is bounded. The work begins at once, and continues after the caller has gone, so the lines
 * that were read are written all the same.
 */
function reportsOf(
  work: (report: (line: ImportReport) => void) => Promise<void>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async start(controller) {
      let isRead = true
      const report = (line: ImportReport) => {
        try {
          if (isRead) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
        } catch {
          isRead = false
        }
      }
      try {
        await work(report)
        if (isRead) controller.close()
      } catch (error) {
        onError(error)
        controller.error(error)
      }
    },
  })
}

function contactIdOf(context: OriginContext): Result<ContactId, WireError> {
  return parseIdentifier(contactIdSchema, context.req.param('id'), 'contactId')
}
