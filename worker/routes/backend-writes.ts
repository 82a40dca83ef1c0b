import { z } from 'zod'
import {
  backendBodies,
  callSessionDeletedSchema,
  callSessionWrittenSchema,
  leadControlWrittenSchema,
  leadMessageWrittenSchema,
  mailboxFolderDeletedSchema,
  mailboxFolderWrittenSchema,
} from '../../shared/contract/backend-writes.ts'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import { callIdSchema, contactIdSchema, folderSchema, mailboxOwnerSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { Writer } from '../auth/callers.ts'
import { enveloped, respondJson } from '../http/answers.ts'
import type { Call } from '../http/route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { OriginWrite } from '../outbound/origin-client.ts'

/*
 * Writes of what is cached besides contacts (shared/contract/backend-writes.ts), by the CRM's backend and by admins. The Worker admits
 * the caller, refuses a body that the origin would refuse, and passes the write on once, as it does with contacts. The `version` in
 * the answer is the one that the ledger gave to the write.
 */

const leadPath = z.strictObject({ id: contactIdSchema })
const callPath = z.strictObject({ id: callIdSchema })
const folderPath = z.strictObject({ userId: mailboxOwnerSchema, folder: folderSchema })

const seenBy = 'A read that sends the `version` of the answer as `X-Min-Version` sees the write.'

const errors: readonly WireErrorCode[] = [
  'not_found',
  'overloaded',
  'origin_unavailable',
  'origin_timeout',
  'write_unconfirmed',
]

/** Passes a write on in the caller's name, and answers what the origin says of it. */
async function passOn<Schema extends z.ZodType>(
  { services, caller }: Pick<Call<Writer, unknown>, 'services' | 'caller'>,
  schema: Schema,
  write: Omit<OriginWrite, 'workspaceId'>,
  status: 200 | 201 = 200,
): Promise<Result<Response, WireError>> {
  const { workspaceId, caller: onBehalf } = caller
  const written = await services.origin.write(schema, { ...write, workspaceId }, onBehalf)
  return written.ok ? ok(respondJson({ success: true, data: written.value }, status)) : written
}

interface FolderNamed {
  readonly userId: string
  readonly folder: string
}
const pathOfFolder = ({ userId, folder }: FolderNamed) =>
  `/mailboxes/${encodeURIComponent(userId)}/${encodeURIComponent(folder)}`
const pathOfLead = (id: string, part: string) => `/leads/${encodeURIComponent(id)}/${part}`
const pathOfSession = (id: string) => `/calls/${encodeURIComponent(id)}/session`

const putFolder = defineRoute({
  method: 'PUT',
  path: '/api/mailboxes/{userId}/{folder}',
  summary: "Put the messages of a folder of a user's mailbox",
  description: `The messages, at most ${limits.mailboxMessagesMax}, take the place of those that the folder had. ${seenBy}`,
  access: 'service-or-admin',
  takes: { path: folderPath, body: backendBodies.mailboxFolder },
  gives: enveloped(mailboxFolderWrittenSchema),
  errors,
  handle: (call) =>
    passOn(call, mailboxFolderWrittenSchema, {
      method: 'PUT',
      path: pathOfFolder(call.input.path),
      body: call.input.body,
    }),
})

const deleteFolder = defineRoute({
  method: 'DELETE',
  path: '/api/mailboxes/{userId}/{folder}',
  summary: "Delete a folder of a user's mailbox",
  description: seenBy,
  access: 'service-or-admin',
  takes: { path: folderPath },
  gives: enveloped(mailboxFolderDeletedSchema),
  errors,
  handle: (call) =>
    passOn(call, mailboxFolderDeletedSchema, { method: 'DELETE', path: pathOfFolder(call.input.path) }),
})

const putControl = defineRoute({
  method: 'PUT',
  path: '/api/leads/{id}/control',
  summary: 'Say who answers a lead',
  description: `Without \`since\`, a lead that is answered as before keeps it. ${seenBy}`,
  access: 'service-or-admin',
  takes: { path: leadPath, body: backendBodies.leadControl },
  gives: enveloped(leadControlWrittenSchema),
  errors: ['contact_not_found', ...errors],
  handle: (call) =>
    passOn(call, leadControlWrittenSchema, {
      method: 'PUT',
      path: pathOfLead(call.input.path.id, 'control'),
      body: call.input.body,
    }),
})

const createMessage = defineRoute({
  method: 'POST',
  path: '/api/leads/{id}/messages',
  summary: 'Add a message with a lead',
  description: `A message with an \`id\` of your own can be sent again safely: it is answered as it is stored, or with 409 if another message has that id. Without a conversation, the message belongs to the newest one on its channel that has not ended, and opens one if there is none. ${seenBy}`,
  access: 'service-or-admin',
  takes: { path: leadPath, body: backendBodies.leadMessage },
  status: 201,
  gives: enveloped(leadMessageWrittenSchema),
  errors: ['contact_not_found', 'message_exists', 'conversation_exists', ...errors],
  handle: (call) =>
    passOn(
      call,
      leadMessageWrittenSchema,
      { method: 'POST', path: pathOfLead(call.input.path.id, 'messages'), body: call.input.body },
      201,
    ),
})

const putSession = defineRoute({
  method: 'PUT',
  path: '/api/calls/{id}/session',
  summary: 'Begin or replace the session of a call',
  description: `\`state\` has at most ${limits.callStateBytesMax} bytes as the database writes it. ${seenBy}`,
  access: 'service-or-admin',
  takes: { path: callPath, body: backendBodies.session },
  gives: enveloped(callSessionWrittenSchema),
  errors,
  handle: (call) =>
    passOn(call, callSessionWrittenSchema, {
      method: 'PUT',
      path: pathOfSession(call.input.path.id),
      body: call.input.body,
    }),
})

const changeSession = defineRoute({
  method: 'PATCH',
  path: '/api/calls/{id}/session',
  summary: 'Change the session of a call; omitted fields stay unchanged',
  description: `\`state\` is merged into the stored one as a JSON Merge Patch (RFC 7396): null removes a member. ${seenBy}`,
  access: 'service-or-admin',
  takes: { path: callPath, body: backendBodies.sessionChange },
  gives: enveloped(callSessionWrittenSchema),
  errors,
  handle: (call) =>
    passOn(call, callSessionWrittenSchema, {
      method: 'PATCH',
      path: pathOfSession(call.input.path.id),
      body: call.input.body,
    }),
})

const deleteSession = defineRoute({
  method: 'DELETE',
  path: '/api/calls/{id}/session',
  summary: 'End the session of a call',
  description: seenBy,
  access: 'service-or-admin',
  takes: { path: callPath },
  gives: enveloped(callSessionDeletedSchema),
  errors,
  handle: (call) =>
    passOn(call, callSessionDeletedSchema, { method: 'DELETE', path: pathOfSession(call.input.path.id) }),
})

export const backendWriteRoutes: readonly Route[] = [
  ...[putFolder, deleteFolder, putControl, createMessage],
  ...[putSession, changeSession, deleteSession],
]
