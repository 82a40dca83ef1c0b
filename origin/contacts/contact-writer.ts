import { z } from 'zod'
import type {
  ContactChange,
  ContactCreation,
  ContactDeleted,
  ContactWritten,
} from '../../shared/contract/contacts.ts'
import type { ContactId } from '../../shared/ids.ts'
import { contactIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { UnfitValues } from '../database/rows.ts'
import type { Failure } from '../failures.ts'
import type { DeliveredWrites, Writer } from '../outbox/delivered-writes.ts'
import type { OutboxRow } from '../outbox/outbox.ts'
import { outboxRowsSchema, parseOutboxRows } from '../outbox/outbox.ts'
import { readWholeContactRow } from './contact-rows.ts'

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
/** The answer of the SQL function for a batch. */
export const importedBatchSchema = z.object({
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

export function createContactWriter(writes: DeliveredWrites, unfitValues: UnfitValues): ContactWriter {
  async function writeOne(
    writer: Writer,
    functionName: string,
    args: RpcArguments,
  ): Promise<Result<ContactWritten, Failure>> {
    const done = await writes.write(writer, writing, writtenSchema, functionName, args)
    if (!done.ok) return done
    const contact = await unfitValues.during('contact-write', async (note) =>
      readWholeContactRow(done.value.written.contact, note),
    )
    return ok({ contact, ...done.value.invalidated })
  }

  return {
    create: (writer, contact) => writeOne(writer, 'contact_create', { p_contact: withId(contact) }),
    update: (writer, contactId, change) =>
      writeOne(writer, 'contact_update', { p_contact: contactId, p_change: change }),
    async remove(writer, contactId) {
      const args = { p_contact: contactId }
      const removed = await writes.write(writer, writing, removedSchema, 'contact_delete', args)
      return removed.ok ? ok({ id: contactId, ...removed.value.invalidated }) : removed
    },
    async importBatch(writer, contacts) {
      const args = { p_contacts: contacts }
      const imported = await writes.perform(writer, importing, importedBatchSchema, 'contacts_import', args)
      return imported.ok
        ? ok({ ...imported.value, outbox: parseOutboxRows(imported.value.outbox).rows })
        : imported
    },
    async admit(writer) {
      const args = { p_contacts: [] }
      const admitted = await writes.perform(writer, importing, admittedSchema, 'contacts_import', args)
      return admitted.ok ? ok(undefined) : admitted
    },
  }
}

/** Gives a contact its id here and not in the database, so that a batch that is sent again creates nothing twice. */
export function withId(
  contact: ContactCreation,
  id: ContactId = contactIdSchema.parse(crypto.randomUUID()),
): ContactCreation & { readonly id: ContactId } {
  return { ...contact, id: contact.id ?? id }
}
