import { z } from 'zod'
import { campaignIdSchema } from '../../ids.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'

const sends = z.int().nonnegative()

/** The number of a campaign's sends by their last known outcome. Each send counts once. */
const data = z.object({
  queued: sends,
  sent: sends,
  delivered: sends,
  read: sends,
  replied: sends,
  failed: sends,
})

/** The outcomes of a campaign's sends (SPEC 9). */
export const campaignStats = defineResource({
  name: 'campaign-stats',
  summary: "The outcomes of a campaign's sends",
  description:
    'The number of sends by their last known outcome. Each send counts once: one that was read counts as `read` and no longer as `delivered`.',
  route: '/api/campaigns/{id}/stats',
  path: z.strictObject({ id: campaignIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({ id: campaignIdSchema }),
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 30,
  toggle: true,
  absence: { code: 'not_found', sentence: 'The workspace has no campaign with this id.' },
  paramsOf: ({ id }) => ({ id }),
  warm: ({ campaignIds }) => campaignIds.map((id) => ({ id })),
  need: 'later',
  tags: ({ id }) => [workspaceTag, ...thingTags('campaign', id)],
  example: {
    path: { id: 'campaign_1' },
    query: {},
    data: { queued: 120, sent: 30, delivered: 410, read: 260, replied: 35, failed: 5 },
  },
})
