import { z } from 'zod'
import type {
  CallSession,
  CallSessionChange,
  LeadControl,
  LeadMessage,
  MailboxFolder,
} from '../../shared/contract/backend-writes.ts'
import {
  type callSessionDeletedSchema,
  callSessionWrittenSchema,
  leadControlWrittenSchema,
  leadMessageWrittenSchema,
  type mailboxFolderDeletedSchema,
  mailboxFolderWrittenSchema,
} from '../../shared/contract/backend-writes.ts'
import type { CallId, ContactId, Folder, UserId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { Failure } from '../failures.ts'
import type { DeliveredWrites, Writer } from './delivered-writes.ts'
import { outboxRowsSchema } from './outbox.ts'

interface MailboxFolderOf {
  readonly userId: UserId
  readonly folder: Folder
}

type Written<Schema extends z.ZodType> = Promise<Result<z.output<Schema>, Failure>>

/** Writes of what is cached besides contacts, each in one transaction. The database decides whether the caller may write. */
export interface BackendWriter {
  putMailboxFolder(
    writer: Writer,
    of: MailboxFolderOf,
    content: MailboxFolder,
  ): Written<typeof mailboxFolderWrittenSchema>
  deleteMailboxFolder(writer: Writer, of: MailboxFolderOf): Written<typeof mailboxFolderDeletedSchema>
  putLeadControl(
    writer: Writer,
    contactId: ContactId,
    control: LeadControl,
  ): Written<typeof leadControlWrittenSchema>
  createLeadMessage(
    writer: Writer,
    contactId: ContactId,
    message: LeadMessage,
  ): Written<typeof leadMessageWrittenSchema>
  putCallSession(
    writer: Writer,
    callId: CallId,
    session: CallSession,
  ): Written<typeof callSessionWrittenSchema>
  changeCallSession(
    writer: Writer,
    callId: CallId,
    change: CallSessionChange,
  ): Written<typeof callSessionWrittenSchema>
  deleteCallSession(writer: Writer, callId: CallId): Written<typeof callSessionDeletedSchema>
}

const kind = { name: 'backend-write', queryClass: 'writes' } as const
const outbox = { outbox: outboxRowsSchema }

/** The results of the SQL functions: what an answer shows of them, and the rows to deliver. */
const folderPut = mailboxFolderWrittenSchema
  .pick({ folder: true, synced_at: true, messages: true })
  .extend(outbox)
const controlPut = leadControlWrittenSchema.pick({ control: true }).extend(outbox)
const sessionPut = callSessionWrittenSchema.pick({ session: true }).extend(outbox)
const messageCreated = leadMessageWrittenSchema.pick({ message: true }).extend(outbox)
const deleted = z.object(outbox)

export function createBackendWriter(writes: DeliveredWrites): BackendWriter {
  async function write<Data extends { readonly outbox: z.output<typeof outboxRowsSchema> }>(
    writer: Writer,
    schema: z.ZodType<Data>,
    functionName: string,
    args: RpcArguments,
  ) {
    const done = await writes.write(writer, kind, schema, functionName, args)
    if (!done.ok) return done
    const { outbox: _delivered, ...shown } = done.value.written
    return ok({ ...shown, ...done.value.invalidated })
  }

  return {
    putMailboxFolder: (writer, { userId, folder }, { messages, synced_at }) =>
      write(writer, folderPut, 'mailbox_put', {
        p_user: userId,
        p_folder: folder,
        p_messages: messages,
        p_synced_at: synced_at ?? null,
      }),
    async deleteMailboxFolder(writer, { userId, folder }) {
      const args = { p_user: userId, p_folder: folder }
      const done = await write(writer, deleted, 'mailbox_delete', args)
      return done.ok ? ok({ folder, ...done.value }) : done
    },
    putLeadControl: (writer, contactId, { answered_by, user_id, since }) =>
      write(writer, controlPut, 'lead_control_write', {
        p_contact: contactId,
        p_answered_by: answered_by,
        p_user: user_id,
        p_since: since ?? null,
      }),
    createLeadMessage: (writer, contactId, message) =>
      write(writer, messageCreated, 'lead_message_create', {
        p_contact: contactId,
        // A message gets its id here, as a contact does.
        p_message: { ...message, id: message.id ?? crypto.randomUUID() },
      }),
    putCallSession: (writer, callId, { contact_id, state }) =>
      write(writer, sessionPut, 'call_session_put', {
        p_call: callId,
        p_contact: contact_id,
        p_state: state,
      }),
    changeCallSession: (writer, callId, change) =>
      write(writer, sessionPut, 'call_session_patch', { p_call: callId, p_change: change }),
    async deleteCallSession(writer, callId) {
      const done = await write(writer, deleted, 'call_session_delete', { p_call: callId })
      return done.ok ? ok({ id: callId, ...done.value }) : done
    },
  }
}
