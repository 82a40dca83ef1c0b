import { z } from 'zod'
import { workspaceConfigurationSchema } from '../../contract/workspace-configuration.ts'
import { configTag, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'

/** A workspace's configuration (SPEC 9). A workspace without one has the defaults, so that it is never absent. */
export const workspaceConfig = defineResource({
  name: 'workspace-config',
  summary: "A workspace's configuration",
  description:
    'Language, region, time zone, working hours and greeting templates. A workspace that has not configured them has the defaults, and `updated_at` is null.',
  route: '/api/workspace/config',
  path: z.strictObject({}),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data: workspaceConfigurationSchema,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 3_600,
  toggle: true,
  paramsOf: () => ({}),
  tags: () => [workspaceTag, configTag],
  warm: () => [{}],
  need: 'first',
  example: {
    path: {},
    query: {},
    data: {
      language: 'de',
      region: 'DE',
      time_zone: 'Europe/Berlin',
      working_hours: { mon: [['09:00', '17:00']], fri: [['09:00', '13:00']] },
      greetings: { voice: '{greeting}, {name}. How can I help you?' },
      updated_at: '2026-01-31T12:00:00.000000+00:00',
    },
  },
})
