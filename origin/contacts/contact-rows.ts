import { limits } from '../../shared/limits.ts'
import { contactSchema } from '../../shared/resources/contacts/contact-list.ts'
import { leadSchema, wholeContactSchema } from '../../shared/resources/contacts/whole-contact.ts'
import { createRowReader, unknownInstant } from '../database/rows.ts'

/** For unfit values that may not be null: the preset, or a text that says that they are unknown. */
const substitutes = {
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
  last_activity_at: unknownInstant,
  created_at: unknownInstant,
  updated_at: unknownInstant,
} as const

const contactBytesMax = limits.contactContentBytesMax + limits.contactFrameBytesMax

/** Reads a contact as pages of boards show it. */
export const readContactRow = createRowReader({
  schema: contactSchema,
  substitutes: { ...substitutes, tags: [] },
  bytesMax: contactBytesMax,
})

/** Reads a contact with all its fields. */
export const readWholeContactRow = createRowReader({
  schema: wholeContactSchema,
  substitutes: { ...substitutes, tags: [] },
  bytesMax: contactBytesMax,
})

/** Reads a lead, which is a contact with its company. */
export const readLeadRow = createRowReader({
  schema: leadSchema,
  substitutes: { ...substitutes, tags: [] },
  bytesMax: contactBytesMax + limits.companyReferenceBytesMax,
})
