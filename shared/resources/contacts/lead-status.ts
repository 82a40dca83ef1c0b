import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'
import { storedId, storedInstant } from '../stored-values.ts'

const path = z.strictObject({ id: contactIdSchema })

const data = z.object({
  id: storedId,
  status: text(1, limits.statusCharactersMax),
  lead_status: text(1, limits.sourceCharactersMax).nullable(),
  updated_at: storedInstant,
})

/** The status of a lead (SPEC 9). */
export const leadStatus = defineResource({
  name: 'lead-status',
  summary: 'The status of a lead',
  description: 'The status of the contact on its board, and how far it has come as a lead.',
  route: '/api/leads/{id}/status',
  path,
  query: z.strictObject({}),
  params: path,
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 1_800,
  toggle: true,
  absence: { code: 'contact_not_found', sentence: 'There is no such lead in this workspace.' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => [workspaceTag, ...thingTags('contact', id)],
  example: {
    path: { id: 'contact_000042' },
    query: {},
    data: {
      id: 'contact_000042',
      status: 'open',
      lead_status: 'qualified',
      updated_at: '2026-01-31T12:00:00.000000+00:00',
    },
  },
})
