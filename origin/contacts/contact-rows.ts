import { limits } from '../../shared/limits.ts'
import { contactSchema } from '../../shared/resources/contacts/contact-list.ts'
import { createRowReader } from '../database/rows.ts'

/** Fixed, so that an answer does not change while the row does not. */
const unknownInstant = '1970-01-01T00:00:00+00:00'

/** Contacts as the API shows them. What may not be null is shown as a contact's presets have it, or as not known. */
export const readContactRow = createRowReader({
  schema: contactSchema,
  substitutes: {
    id: 'unknown',
    workspace_id: 'unknown',
    board_id: 'unknown',
    board_column_id: 'unknown',
    name: '(unknown)',
    status: 'open',
    priority: 'medium',
    needs_response: false,
    follow_up: false,
    is_favorite: false,
    is_archived: false,
    tags: [],
    last_activity_at: unknownInstant,
    created_at: unknownInstant,
    updated_at: unknownInstant,
  },
  bytesMax: limits.contactContentBytesMax + limits.contactFrameBytesMax,
})
