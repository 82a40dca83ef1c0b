import { z } from 'zod'
import { segmentIdSchema } from '../../ids.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'

/** How many contacts a segment has (SPEC 9). */
export const segmentCount = defineResource({
  name: 'segment-count',
  summary: 'The number of contacts in a segment',
  description:
    'A segment has the contacts of all boards, of one board or of one of its columns that meet each of its filters and none of those that it excludes.',
  route: '/api/segments/{id}/count',
  path: z.strictObject({ id: segmentIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({ id: segmentIdSchema }),
  data: z.object({ count: z.int().nonnegative() }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 300,
  toggle: true,
  absence: { code: 'not_found', sentence: 'The workspace has no segment with this id.' },
  paramsOf: ({ id }) => ({ id }),
  warm: ({ segmentIds }) => segmentIds.map((id) => ({ id })),
  tags: ({ id }) => [workspaceTag, ...thingTags('segment', id)],
  example: { path: { id: 'segment_1' }, query: {}, data: { count: 1_204 } },
})
