import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { defineResource } from '../resource.ts'
import { controlExample, controlSchema, leadAbsence } from './lead-parts.ts'
import { conversationTags } from './lead-tags.ts'

const path = z.strictObject({ id: contactIdSchema })

/** Whether the agent or a person answers a lead (SPEC 9). */
export const leadControl = defineResource({
  name: 'lead-control',
  summary: 'Who answers a lead',
  description:
    'The agent (`ai`) answers a lead until a person (`human`) takes over. `user_id` names that person if it is known. `since` is null if nobody ever took over.',
  route: '/api/leads/{id}/control',
  path,
  query: z.strictObject({}),
  params: path,
  data: controlSchema,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  toggle: true,
  absence: leadAbsence,
  paramsOf: ({ id }) => ({ id }),
  warm: ({ leadIds }) => leadIds.map((id) => ({ id })),
  tags: ({ id }) => conversationTags(id),
  example: { path: { id: 'contact_000042' }, query: {}, data: controlExample },
})
