import { z } from 'zod'
import type {
  ContactChange,
  ContactCreation,
  ContactDeleted,
  ContactWritten,
} from '../../shared/contract/contacts.ts'
import type { ContactId, Version, WorkspaceId } from '../../shared/ids.ts'
import { contactIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { Queries } from '../database/queries.ts'
import type { UnfitValues } from '../database/rows.ts'
import type { Failure } from '../failures.ts'
import type { OutboxRow } from '../outbox/outbox.ts'
import { outboxRowsSchema, parseOutboxRows } from '../outbox/outbox.ts'
import { readWholeContactRow } from './contact-rows.ts'

/** The caller that writes, and the workspace. A null token is the CRM's backend, as the service role. */
export interface Writer {
  readonly callerToken: string | null
  readonly callerKey: string
  readonly workspaceId: WorkspaceId
}

/** Delivers a write's rows of the outbox to the Worker; null if that takes too long and the relay delivers them later. */
export type Deliver = (rows: readonly OutboxRow[]) => Promise<Version | null>

/** The result of a batch of an import. `outbox` has the rows to deliver. */
export interface ImportedBatch {
  readonly created: number
  readonly updated: number
  readonly rejected: readonly {
    readonly id: string
    readonly code: 'column_not_found' | 'contact_vanished'
  }[]
  /** Contacts that existed, with the fields of their lines that only a creation sets. */
  readonly ignored: readonly { readonly id: string; readonly fields: readonly string[] }[]
  readonly outbox: readonly OutboxRow[]
}

/** Writes contacts, each in one transaction. If the Worker can be reached, it is invalidated before the answer. */
export interface ContactWriter {
  create(writer: Writer, contact: ContactCreation): Promise<Result<ContactWritten, Failure>>
  update(
    writer: Writer,
    contactId: ContactId,
    change: ContactChange,
  ): Promise<Result<ContactWritten, Failure>>
  remove(writer: Writer, contactId: ContactId): Promise<Result<ContactDeleted, Failure>>
  /** Writes a batch without delivering it. Every contact has an id, and no id occurs twice. */
  importBatch(writer: Writer, contacts: readonly ContactCreation[]): Promise<Result<ImportedBatch, Failure>>
  /** Checks that the caller may write at all, before an import begins to answer. */
  admit(writer: Writer): Promise<Result<void, Failure>>
}

const outbox = { outbox: outboxRowsSchema }
const writtenSchema = z.object({ contact: z.unknown(), ...outbox })
const removedSchema = z.object(outbox)
const importedSchema = z.object({
  created: z.int(),
  updated: z.int(),
  rejected: z.array(z.object({ id: z.string(), code: z.enum(['column_not_found', 'contact_vanished']) })),
  ignored: z.array(z.object({ id: z.string(), fields: z.array(z.string()) })).default([]),
  ...outbox,
})
const admittedSchema = z.object({ outcome: z.literal('ok') })

const writing = { name: 'contact-write', queryClass: 'writes' } as const
/** Only imports that have a turn query in this class, each one query at a time. */
const importing = { name: 'contact-import', queryClass: 'imports' } as const

export function createContactWriter(
  queries: Queries,
  deliver: Deliver,
  unfitValues: UnfitValues,
): ContactWriter {
  function write<Schema extends z.ZodType>(
    { callerToken, callerKey, workspaceId }: Writer,
    schema: Schema,
    functionName: string,
    args: RpcArguments,
  ): Promise<Result<z.output<Schema>, Failure>> {
    return queries.perform({
      ...(functionName === 'contacts_import' ? importing : writing),
      workspaceId,
      callerKey,
      callerToken,
      perform: (query) => query(schema, functionName, { p_workspace: workspaceId, ...args }),
    })
  }

  /** Runs after the commit. A workspace that cannot be cached has no rows to deliver and no version. */
  async function invalidated(rows: z.output<typeof outboxRowsSchema>) {
    const version = await deliver(parseOutboxRows(rows).rows)
    return { version, invalidation: version === null ? ('pending' as const) : ('done' as const) }
  }

  async function writeOne(
    writer: Writer,
    functionName: string,
    args: RpcArguments,
  ): Promise<Result<ContactWritten, Failure>> {
    const written = await write(writer, writtenSchema, functionName, args)
    if (!written.ok) return written
    const contact = await unfitValues.during('contact-write', async (note) =>
      readWholeContactRow(written.value.contact, note),
    )
    return ok({ contact, ...(await invalidated(written.value.outbox)) })
  }

  return {
    create: (writer, contact) => writeOne(writer, 'contact_create', { p_contact: withId(contact) }),
    update: (writer, contactId, change) =>
      writeOne(writer, 'contact_update', { p_contact: contactId, p_change: change }),
    async remove(writer, contactId) {
      const removed = await write(writer, removedSchema, 'contact_delete', {
        p_contact: contactId,
      })
      if (!removed.ok) return removed
      return ok({ id: contactId, ...(await invalidated(removed.value.outbox)) })
    },
    async importBatch(writer, contacts) {
      const imported = await write(writer, importedSchema, 'contacts_import', {
        p_contacts: contacts,
      })
      return imported.ok
        ? ok({ ...imported.value, outbox: parseOutboxRows(imported.value.outbox).rows })
        : imported
    },
    async admit(writer) {
      const admitted = await write(writer, admittedSchema, 'contacts_import', { p_contacts: [] })
      return admitted.ok ? ok(undefined) : admitted
    },
  }
}

/** Gives a contact its id here and not in the database, so that a batch that is sent again creates nothing twice. */
export function withId(contact: ContactCreation): ContactCreation & { readonly id: ContactId } {
  return { ...contact, id: contact.id ?? contactIdSchema.parse(crypto.randomUUID()) }
}
