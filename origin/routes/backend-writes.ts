import type { Handler } from 'hono'
import type { z } from 'zod'
import { backendBodies } from '../../shared/contract/backend-writes.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { OriginRouteName } from '../../shared/contract/origin-routes.ts'
import { callIdSchema, contactIdSchema, folderSchema, mailboxOwnerSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import { parseBody, parseIdentifier } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type { BackendWriter } from '../outbox/backend-writer.ts'
import type { Writer } from '../outbox/delivered-writes.ts'
import { respondWritten, writerOf } from './written.ts'

type Written = Promise<Result<unknown, Failure>>

/** The body that a write takes: its schema and its greatest size. */
interface BodyTaken<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly bytesMax: number
}

/** The routes of shared/contract/backend-writes.ts. */
export function backendWriteRoutes(writes: BackendWriter) {
  return {
    putMailboxFolder: writing(folderOf, backendBodies.mailboxFolder, writes.putMailboxFolder),
    deleteMailboxFolder: deleting(folderOf, writes.deleteMailboxFolder),
    putLeadControl: writing(leadOf, backendBodies.leadControl, writes.putLeadControl),
    createLeadMessage: writing(leadOf, backendBodies.leadMessage, writes.createLeadMessage, 201),
    putCallSession: writing(callOf, backendBodies.session, writes.putCallSession),
    changeCallSession: writing(callOf, backendBodies.sessionChange, writes.changeCallSession),
    deleteCallSession: deleting(callOf, writes.deleteCallSession),
  } satisfies Partial<Record<OriginRouteName, Handler<OriginEnv>>>
}

/** A route that writes what its body says about the thing that its path names. */
function writing<Named, Schema extends z.ZodType>(
  named: (context: OriginContext) => Result<Named, WireError>,
  { schema, bytesMax }: BodyTaken<Schema>,
  write: (writer: Writer, named: Named, body: z.output<Schema>) => Written,
  status: 200 | 201 = 200,
): Handler<OriginEnv> {
  return async (context) => {
    const thing = named(context)
    if (!thing.ok) return respondError(context, thing.error)
    const body = await parseBody(context, schema, bytesMax)
    if (!body.ok) return respondError(context, body.error)
    return respondWritten(context, await write(writerOf(context), thing.value, body.value), status)
  }
}

function deleting<Named>(
  named: (context: OriginContext) => Result<Named, WireError>,
  remove: (writer: Writer, named: Named) => Written,
): Handler<OriginEnv> {
  return async (context) => {
    const thing = named(context)
    if (!thing.ok) return respondError(context, thing.error)
    return respondWritten(context, await remove(writerOf(context), thing.value))
  }
}

const leadOf = (context: OriginContext) => parseIdentifier(contactIdSchema, context.req.param('id'), 'id')
const callOf = (context: OriginContext) => parseIdentifier(callIdSchema, context.req.param('id'), 'id')

function folderOf(context: OriginContext) {
  const userId = parseIdentifier(mailboxOwnerSchema, context.req.param('userId'), 'userId')
  if (!userId.ok) return userId
  const folder = parseIdentifier(folderSchema, context.req.param('folder'), 'folder')
  return folder.ok ? ok({ userId: userId.value, folder: folder.value }) : folder
}
