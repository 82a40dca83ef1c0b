import { z } from 'zod'
import { companyIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { wholeNumber } from '../../whole-number.ts'
import { defineResource } from '../resource.ts'
import { storedId } from '../stored-values.ts'
import { communicationExample, communicationSchema } from './communication.ts'

/** A communication in the list of its company: with the beginning of its body. */
export const companyCommunicationSchema = communicationSchema.extend({
  thread_id: storedId.nullable(),
  preview: text(0, limits.previewCharactersMax),
})

/** The newest communications with a company (SPEC 9). */
export const companyCommunications = defineResource({
  name: 'company-communications',
  summary: 'The newest communications with a company',
  description:
    'Newest first. `preview` is the beginning of the body; the thread has the whole one. `has_more` says whether the company has older communications than these.',
  route: '/api/companies/{id}/communications',
  path: z.strictObject({ id: companyIdSchema }),
  query: z.strictObject({
    limit: wholeNumber(1, limits.communicationsMax).default(limits.communicationsDefault),
  }),
  params: z.strictObject({ id: companyIdSchema, limit: z.int().min(1).max(limits.communicationsMax) }),
  data: z.object({
    communications: z.array(companyCommunicationSchema).max(limits.communicationsMax),
    has_more: z.boolean(),
  }),
  version: 2,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 300,
  toggle: true,
  absence: { code: 'not_found', sentence: 'There is no such company in this workspace.' },
  paramsOf: ({ id }, { limit }) => ({ id, limit }),
  tags: ({ id }) => [workspaceTag, ...thingTags('company', id)],
  example: {
    path: { id: 'company_0042' },
    query: {},
    data: {
      communications: [
        { ...communicationExample, thread_id: 'thread_0042', preview: 'Thank you, the offer looks good.' },
      ],
      has_more: false,
    },
  },
})
