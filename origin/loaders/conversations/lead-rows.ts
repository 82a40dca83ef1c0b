import { z } from 'zod'
import { storedLanguageSchema } from '../../../shared/language.ts'
import { limits } from '../../../shared/limits.ts'
import { leadContext } from '../../../shared/resources/conversations/lead-context.ts'
import { createRowReader } from '../../database/rows.ts'

/** Reads a contact as an agent knows it. A contact from before the bounds of the database has substitutes instead of unfit values. */
export const readLeadRow = createRowReader({
  schema: leadContext.data.shape.lead.extend({ language: storedLanguageSchema.nullable() }),
  substitutes: { id: 'unknown', name: '(unknown)', status: 'open' },
  bytesMax: limits.contactContentBytesMax + limits.contactFrameBytesMax,
})

/** Reads the organization. Working hours that do not fit count as none. */
export const readOrganizationRow = createRowReader({
  schema: leadContext.data.shape.organization,
  substitutes: { name: '(unknown)', language: 'en', time_zone: 'UTC', working_hours: {} },
  bytesMax: limits.contactContentBytesMax,
})

/** The rows of the functions that answer about a lead and its organization. */
export const leadAndOrganizationSchema = z.object({ lead: z.unknown(), organization: z.unknown() })
