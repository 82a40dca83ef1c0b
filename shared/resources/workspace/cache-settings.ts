import { z } from 'zod'
import { cacheSettingsSchema, defaultCacheSettings } from '../../contract/settings.ts'
import { workspaceIdSchema } from '../../ids.ts'
import { settingsTag, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'

/** A workspace's cache settings (SPEC 5). They are cached like any other resource, and the read path itself uses them. */
export const cacheSettings = defineResource({
  name: 'cache-settings',
  summary: "A workspace's cache settings",
  description:
    'A setting that the workspace has not changed has its default. A change is in force everywhere within the staleness bound.',
  route: '/api/cache-settings/workspace/{workspaceId}/settings',
  path: z.strictObject({ workspaceId: workspaceIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data: cacheSettingsSchema,
  version: 1,
  callers: ['member'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 3_600,
  paramsOf: () => ({}),
  tags: () => [workspaceTag, settingsTag],
  presentation: { answer: cacheSettingsSchema, of: (settings) => settings },
  example: { path: { workspaceId: '15213' }, query: {}, data: defaultCacheSettings },
})
