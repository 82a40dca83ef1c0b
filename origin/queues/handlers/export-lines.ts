import type { z } from 'zod'
import type { ExportFormat } from '../../../shared/contract/exports.ts'
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

/** A spreadsheet may take these for the beginning of a formula; a quotation mark may hide one, and the apostrophe is our own sign. */
const dangerous = /["'=+\-@＝＋－＠]/u
/** A spreadsheet may strip these from the beginning of a cell. */
const stripped = /[\s\p{Z}\p{Cc}\p{Cf}]/u
/** A spreadsheet may take these for the end of a cell. */
const separator = /[,;|\t\r\n]/
/** Only a text in which this occurs can need an apostrophe. */
const suspect = /(?:^|[,;|\s\p{Z}\p{Cc}\p{Cf}])["'=+\-@＝＋－＠]/u

export const exportLines: Readonly<Record<ExportFormat, ExportLines>> = {
  // A JSON text on each line, as the API shows a contact.
  ndjson: {
    contentType: 'application/x-ndjson',
    head: '',
    lineOf: (contact) => `${JSON.stringify(contact)}\n`,
  },
  // RFC 4180. The byte order mark makes spreadsheets read UTF-8. A value that is not set is an empty cell without quotes.
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: `\uFEFF${columns.map((column) => cellOf(column)).join(',')}\r\n`,
    lineOf: (contact) => `${columns.map((column) => cellOf(contact[column])).join(',')}\r\n`,
  },
}

function cellOf(value: Contact[keyof Contact]): string {
  if (value === null) return ''
  const text = Array.isArray(value) ? value.join(', ') : `${value}`
  return `"${withoutFormulas(text).replaceAll('"', '""')}"`
}

/**
 * A text that no spreadsheet takes for a formula (OWASP, "CSV Injection"), whatever it takes for a separator and whatever it strips: an
 * apostrophe is put before each place at which one could begin. Before an apostrophe too, so that those that were put there can be told
 * from the text's own. Takes time in proportion to the text.
 */
export function withoutFormulas(text: string): string {
  if (!suspect.test(text)) return text
  const characters = Array.from(text)
  let leadsToDanger = false
  for (let index = characters.length - 1; index >= 0; index -= 1) {
    const character = characters[index] ?? ''
    if (leadsToDanger && separator.test(character)) characters[index] = `${character}'`
    leadsToDanger = dangerous.test(character) || (leadsToDanger && stripped.test(character))
  }
  return leadsToDanger ? `'${characters.join('')}` : characters.join('')
}
