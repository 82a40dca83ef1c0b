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
import { contactIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { OriginContext, OriginEnv } from '../answers.ts'
import { respondError, respondFailure } from '../answers.ts'
import { callerKeyOf } from '../caller-key.ts'
import type { ContactWriter, Deliver, Writer } from '../contacts/contact-writer.ts'
import { importContacts } from '../contacts/import-contacts.ts'
import type { ImportTurns } from '../contacts/import-turns.ts'
import type { Failure } from '../failures.ts'
import { parseBody, parseIdentifier } from '../request.ts'

type ContactsHandler = Handler<OriginEnv>

/** POST /contacts */
export function createContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const writer = writerOf(context)
    if (!writer.ok) return respondError(context, writer.error)
    const contact = await parseBody(context, contactCreationSchema)
    if (!contact.ok) return respondError(context, contact.error)
    return respondData(context, await contacts.create(writer.value, contact.value), 201)
  }
}

/** PATCH /contacts/{id} */
export function changeContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const named = contactOf(context)
    if (!named.ok) return respondError(context, named.error)
    const change = await parseBody(context, contactChangeSchema)
    if (!change.ok) return respondError(context, change.error)
    const { writer, contactId } = named.value
    return respondData(context, await contacts.update(writer, contactId, change.value))
  }
}

/** POST /contacts/{id}/move */
export function moveContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const named = contactOf(context)
    if (!named.ok) return respondError(context, named.error)
    const place = await parseBody(context, contactMoveSchema)
    if (!place.ok) return respondError(context, place.error)
    const { writer, contactId } = named.value
    return respondData(context, await contacts.update(writer, contactId, place.value))
  }
}

/** DELETE /contacts/{id} */
export function deleteContactRoute(contacts: ContactWriter): ContactsHandler {
  return async (context) => {
    const named = contactOf(context)
    if (!named.ok) return respondError(context, named.error)
    const { writer, contactId } = named.value
    return respondData(context, await contacts.remove(writer, contactId))
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
 * POST /contacts/import: answers as the work goes on. A caller who may not write, or whose turn does not come in time, is
 * refused before the upload is read; what comes later stands in the reports. The turn ends with the import: when all is
 * written, or soon after its caller has gone or sends no more.
 */
export function importContactsRoute(options: ImportRouteOptions): ContactsHandler {
  const { contacts, turns, deliver, clock, logger } = options
  return async (context) => {
    const writer = writerOf(context)
    if (!writer.ok) return respondError(context, writer.error)
    const turn = await turns.take(writer.value, context.req.raw.signal)
    if (!turn.ok) return respondFailure(context, turn.error)
    let importing: ReadableStream<Uint8Array> | null = null
    try {
      const admitted = await contacts.admit(writer.value)
      if (!admitted.ok) return respondFailure(context, admitted.error)
      const body = context.req.raw.body ?? new Blob([]).stream()
      const { requestId } = context.var
      importing = reportsOf(
        (report) =>
          importContacts({
            ...{ contacts, deliver, clock, report, body },
            writer: writer.value,
            linesMax: limits.importLinesMax,
          }).finally(turn.value.free),
        (error) =>
          logger.error({ requestId, error: error instanceof Error ? error.name : 'unknown' }, 'import'),
      )
      const headers = { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' }
      return context.body(importing, 200, headers)
    } finally {
      if (importing === null) turn.value.free()
    }
  }
}

/**
 * What the work reports, a JSON object a line. Reports wait in memory where the caller reads nothing before all is sent:
 * they are bounded. The work begins at once, and goes on when its caller has gone: what was read is written all the same.
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

function contactOf(context: OriginContext): Result<{ writer: Writer; contactId: ContactId }, WireError> {
  const writer = writerOf(context)
  if (!writer.ok) return writer
  const contactId = parseIdentifier(contactIdSchema, context.req.param('id'), 'contactId')
  return contactId.ok ? ok({ writer: writer.value, contactId: contactId.value }) : contactId
}

function writerOf(context: OriginContext): Result<Writer, WireError> {
  const header = context.req.header('X-Workspace-ID')
  if (header === undefined) return err({ code: 'workspace_missing' })
  const workspaceId = parseIdentifier(workspaceIdSchema, header, 'X-Workspace-ID')
  return workspaceId.ok
    ? ok({
        callerToken: context.var.writerToken,
        callerKey: callerKeyOf(context.var.writerToken, workspaceId.value),
        workspaceId: workspaceId.value,
      })
    : workspaceId
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
