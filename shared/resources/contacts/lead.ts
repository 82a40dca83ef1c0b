import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { companyTags, thingTags, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'
import { exampleLead, leadSchema } from './whole-contact.ts'

const path = z.strictObject({ id: contactIdSchema })

/** A lead (SPEC 9). */
export const lead = defineResource({
  name: 'lead',
  summary: 'A lead',
  description: 'A lead is a contact as a voice agent sees it, with its company.',
  route: '/api/leads/{id}',
  path,
  query: z.strictObject({}),
  params: path,
  data: z.object({ lead: leadSchema }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 900,
  toggle: true,
  absence: { code: 'contact_not_found', sentence: 'There is no such lead in this workspace.' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => [workspaceTag, ...thingTags('contact', id)],
  embedded: (data) => companyTags(data.lead.company_id),
  example: { path: { id: 'contact_000042' }, query: {}, data: { lead: exampleLead } },
})
