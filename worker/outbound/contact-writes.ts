import type { z } from 'zod'
import type {
  ContactCreation,
  ContactDeleted,
  ContactMove,
  ContactPatch,
  ContactWritten,
} from '../../shared/contract/contacts.ts'
import { contactDeletedSchema, contactWrittenSchema } from '../../shared/contract/contacts.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { ContactId, WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'

/** A write of the origin's interface, in the name of a caller (origin-client.ts). */
type Write<Caller> = <Schema extends z.ZodType>(
  schema: Schema,
  write: {
    readonly method: 'POST' | 'PATCH' | 'DELETE'
    readonly path: string
    readonly body?: unknown
    readonly workspaceId: WorkspaceId
  },
  caller: Caller,
) => Promise<Result<z.output<Schema>, WireError>>

/**
 * Writes of contacts in a caller's name. Each is sent at most once, whatever becomes of it. The origin's own refusals come back
 * with their code and details; `write_unconfirmed` where it was sent and nobody can say whether it was made.
 */
export interface ContactWrites<Caller> {
  create(
    workspaceId: WorkspaceId,
    contact: ContactCreation,
    caller: Caller,
  ): Promise<Result<ContactWritten, WireError>>
  change(
    workspaceId: WorkspaceId,
    contactId: ContactId,
    change: ContactPatch,
    caller: Caller,
  ): Promise<Result<ContactWritten, WireError>>
  move(
    workspaceId: WorkspaceId,
    contactId: ContactId,
    place: ContactMove,
    caller: Caller,
  ): Promise<Result<ContactWritten, WireError>>
  remove(
    workspaceId: WorkspaceId,
    contactId: ContactId,
    caller: Caller,
  ): Promise<Result<ContactDeleted, WireError>>
}

export function createContactWrites<Caller>(write: Write<Caller>): ContactWrites<Caller> {
  const pathOf = (contactId: ContactId) => `/contacts/${encodeURIComponent(contactId)}`

  return {
    create: (workspaceId, body, caller) =>
      write(contactWrittenSchema, { method: 'POST', path: '/contacts', body, workspaceId }, caller),
    change(workspaceId, contactId, body, caller) {
      const path = pathOf(contactId)
      return write(contactWrittenSchema, { method: 'PATCH', path, body, workspaceId }, caller)
    },
    move(workspaceId, contactId, body, caller) {
      const path = `${pathOf(contactId)}/move`
      return write(contactWrittenSchema, { method: 'POST', path, body, workspaceId }, caller)
    },
    remove(workspaceId, contactId, caller) {
      const path = pathOf(contactId)
      return write(contactDeletedSchema, { method: 'DELETE', path, workspaceId }, caller)
    },
  }
}
