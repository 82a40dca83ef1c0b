import { byteOrderMark, csvLine } from '../../../../../shared/csv.ts'
import type { Contact } from '../../../../client/api.ts'
import type { Board } from '../../api/directory.ts'

/** The fields of a row in the order of a file's columns. */
const fields = [
  ...['id', 'name', 'email', 'phone', 'status', 'priority', 'board_id', 'board_column_id', 'assigned_to'],
  ...[
    'needs_response',
    'follow_up',
    'is_favorite',
    'is_archived',
    'sentiment',
    'source',
    'lead_status',
    'tags',
  ],
  ...['last_message', 'last_activity_at', 'created_at', 'updated_at'],
] as readonly (keyof Contact)[]

/** The beginning of a file of contacts. The column's name stands last, since its id is what the API takes. */
export const csvHead = `${byteOrderMark}${csvLine([...fields, 'board_column_name'])}`

export function csvOf(contacts: readonly Contact[], boards: readonly Board[]): string {
  return contacts
    .map((contact) => csvLine([...fields.map((field) => contact[field]), columnNameOf(contact, boards)]))
    .join('')
}

function columnNameOf(contact: Contact, boards: readonly Board[]): string | null {
  const board = boards.find(({ id }) => id === contact.board_id)
  return board?.board_columns.find(({ id }) => id === contact.board_column_id)?.name ?? null
}
