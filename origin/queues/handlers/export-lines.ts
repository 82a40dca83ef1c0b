import type { z } from 'zod'
import type { ExportFormat } from '../../../shared/contract/exports.ts'
import { byteOrderMark, csvLine } from '../../../shared/csv.ts'
import { wholeContactSchema } from '../../../shared/resources/contacts/whole-contact.ts'

/** How contacts are written into the file of an export. */
interface ExportLines {
  readonly contentType: string
  /** The beginning of the file, before the first contact. */
  readonly head: string
  lineOf(contact: Contact): string
}

type Contact = z.output<typeof wholeContactSchema>

const columns = wholeContactSchema.keyof().options

export const exportLines: Readonly<Record<ExportFormat, ExportLines>> = {
  // A JSON text on each line, as the API shows a contact.
  ndjson: {
    contentType: 'application/x-ndjson',
    head: '',
    lineOf: (contact) => `${JSON.stringify(contact)}\n`,
  },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: `${byteOrderMark}${csvLine(columns)}`,
    lineOf: (contact) => csvLine(columns.map((column) => contact[column])),
  },
}
