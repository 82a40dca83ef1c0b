import type { Contact } from '../../../client/index.ts'
import type { Board } from '../api/directory.ts'
import { formatDay, unknown } from '../parts/format.ts'

export type SortBy = 'created_at' | 'updated_at' | 'name' | 'last_activity_at'

/** A field of a contact as a column of the grid. */
interface Field {
  readonly title: string
  /** Sets the width, and from which width of the list on the column is shown. */
  readonly className: string
  readonly sortBy?: SortBy
  text(contact: Contact, boards: readonly Board[]): string
}

export const fields: readonly Field[] = [
  { title: 'Name', className: 'cell-name', sortBy: 'name', text: ({ name }) => name },
  { title: 'E-mail', className: 'cell-email', text: ({ email }) => email ?? unknown },
  { title: 'Phone', className: 'cell-phone', text: ({ phone }) => phone ?? unknown },
  { title: 'Status', className: 'cell-status', text: ({ status }) => status },
  { title: 'Priority', className: 'cell-priority', text: ({ priority }) => priority },
  { title: 'Column', className: 'cell-column', text: columnOf },
  {
    title: 'Last activity',
    className: 'cell-day',
    sortBy: 'last_activity_at',
    text: (contact) => formatDay(contact.last_activity_at),
  },
  {
    title: 'Created',
    className: 'cell-day',
    sortBy: 'created_at',
    text: (contact) => formatDay(contact.created_at),
  },
]

function columnOf({ board_id, board_column_id }: Contact, boards: readonly Board[]): string {
  const board = boards.find(({ id }) => id === board_id)
  return board?.board_columns.find(({ id }) => id === board_column_id)?.name ?? board_column_id
}
