import { limits } from '../../shared/limits.ts'
import { contactSchema } from '../../shared/resources/contacts/contact-list.ts'
import { createRowReader } from '../database/rows.ts'

/** A fixed instant, so that an answer changes only if its row does. */
const unknownInstant = '1970-01-01T00:00:00+00:00'

/** Reads a contact as the API shows it. Unfit values that may not be null become the preset, or say that they are unknown. */
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
