import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { defineResource } from '../resource.ts'
import { summaryExample, summarySchema } from './lead-parts.ts'
import { conversationTags } from './lead-tags.ts'

const path = z.strictObject({ id: contactIdSchema })

/** The newest summary of a lead's conversations (SPEC 9). */
export const leadSummary = defineResource({
  name: 'lead-summary',
  summary: "The summary of a lead's conversations",
  description:
    'The newest summary of all conversations with the lead. `messages_since` counts the messages after `as_of`, up to 1,000. A lead without a summary is a 404, like one that does not exist.',
  route: '/api/leads/{id}/summary',
  path,
  query: z.strictObject({}),
  params: path,
  data: summarySchema,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 1_200,
  toggle: true,
  absence: { code: 'not_found', sentence: 'There is no summary of such a lead in this workspace.' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => conversationTags(id),
  example: { path: { id: 'contact_000042' }, query: {}, data: summaryExample },
})
