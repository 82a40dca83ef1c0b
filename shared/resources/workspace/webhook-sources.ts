import { z } from 'zod'
import { limits } from '../../limits.ts'
import { sourcesTag, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'
import { storedId, storedInstant } from '../stored-values.ts'

/** A source of webhooks. It has no secret: those stay with the CRM's backend. */
export const webhookSourceSchema = z.object({
  id: storedId,
  name: text(1, limits.webhookSourceNameCharactersMax),
  kind: text(1, limits.webhookSourceKindCharactersMax),
  event_types: z.array(text(1, limits.webhookEventTypeCharactersMax)).max(limits.webhookEventTypesMax),
  is_active: z.boolean(),
  created_at: storedInstant,
  updated_at: storedInstant,
})

const data = z.object({
  sources: z.array(webhookSourceSchema).max(limits.webhookSourcesMax),
  /** Whether these are all sources of the workspace. */
  is_complete: z.boolean(),
})

/** The sources from which a workspace receives webhooks (SPEC 9). */
export const webhookSources = defineResource({
  name: 'webhook-sources',
  summary: "A workspace's webhook sources",
  description: `The sources in the order of their ids, active and inactive ones. \`is_complete\` is false if there are more than ${limits.webhookSourcesMax}.`,
  route: '/api/webhook-sources',
  path: z.strictObject({}),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 1_800,
  toggle: true,
  paramsOf: () => ({}),
  warm: () => [{}],
  need: 'later',
  tags: () => [workspaceTag, sourcesTag],
  example: {
    path: {},
    query: {},
    data: {
      sources: [
        {
          id: 'source_1',
          name: 'Payments',
          kind: 'stripe',
          event_types: ['payment.made', 'payment.failed'],
          is_active: true,
          created_at: '2025-12-01T09:30:00.000000+00:00',
          updated_at: '2026-01-31T12:00:00.000000+00:00',
        },
      ],
      is_complete: true,
    },
  },
})
