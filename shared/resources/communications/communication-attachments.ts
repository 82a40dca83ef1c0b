import { z } from 'zod'
import { communicationIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'

export const attachmentSchema = z.object({
  name: text(1, 255),
  content_type: text(1, 127),
  size_bytes: z.int().nonnegative(),
})

/** The names, types and sizes of a communication's attachments (SPEC 9). */
export const communicationAttachments = defineResource({
  name: 'communication-attachments',
  summary: 'The attachments of a communication',
  description:
    'The name, the type and the size of each attachment, in their order. Their contents are stored elsewhere.',
  route: '/api/communications/{id}/attachments',
  path: z.strictObject({ id: communicationIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({ id: communicationIdSchema }),
  data: z.object({ attachments: z.array(attachmentSchema).max(limits.attachmentsMax) }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 3_600,
  toggle: true,
  absence: { code: 'not_found', sentence: 'There is no such communication in this workspace.' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => [workspaceTag, ...thingTags('communication', id)],
  example: {
    path: { id: 'communication_0042' },
    query: {},
    data: { attachments: [{ name: 'offer.pdf', content_type: 'application/pdf', size_bytes: 48_213 }] },
  },
})
