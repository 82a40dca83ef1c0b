import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { bucketTag, familyTag, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'

const path = z.strictObject({ id: contactIdSchema })

const data = z.object({
  id: text(1, 128),
  status: text(1, limits.statusCharactersMax),
  lead_status: text(1, limits.sourceCharactersMax).nullable(),
  updated_at: z.iso.datetime({ offset: true }),
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
  tags: ({ id }) => [workspaceTag, familyTag('contact'), bucketTag('contact', id)],
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
