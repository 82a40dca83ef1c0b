import { z } from 'zod'
import { companyIdSchema } from '../../ids.ts'
import { instant } from '../../instant.ts'
import { languageSchema, storedLanguageSchema } from '../../language.ts'
import { companyNamedSchema, storedId, storedInstant } from '../stored-values.ts'
import { contactSchema } from './contact-list.ts'

/** The fields of a contact that pages of boards leave out. */
export const furtherFields = {
  company_id: companyIdSchema.nullable(),
  language: languageSchema.nullable(),
  follow_up_at: instant.nullable(),
}

const storedFurther = {
  company_id: storedId.nullable(),
  language: storedLanguageSchema.nullable(),
  follow_up_at: storedInstant.nullable(),
}

/** A contact with all its fields, as an answer has it. */
export const wholeContactSchema = z.object({ ...contactSchema.shape, ...storedFurther })

/** A lead is a contact as a voice agent sees it. A company that does not exist is null. */
export const leadSchema = wholeContactSchema.extend({
  company: companyNamedSchema.nullable(),
})

export const exampleContact: z.output<typeof wholeContactSchema> = {
  id: 'contact_000042',
  workspace_id: '15213',
  board_id: 'board_123',
  board_column_id: 'col_4',
  name: 'John Doe',
  email: 'john@example.com',
  phone: '+1 (555) 010-0123',
  status: 'open',
  priority: 'high',
  assigned_to: null,
  needs_response: true,
  follow_up: false,
  is_favorite: false,
  is_archived: false,
  sentiment: null,
  source: 'web',
  lead_status: 'qualified',
  tags: ['vip'],
  last_message: null,
  last_activity_at: '2026-01-31T12:00:00.000000+00:00',
  created_at: '2025-12-01T09:30:00.000000+00:00',
  updated_at: '2026-01-31T12:00:00.000000+00:00',
  company_id: 'company_0042',
  language: 'en',
  follow_up_at: null,
}

export const exampleLead: z.output<typeof leadSchema> = {
  ...exampleContact,
  company: { id: 'company_0042', name: 'Alder Travel' },
}
