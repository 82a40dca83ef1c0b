import { z } from 'zod'
import { cacheSettingsSchema, defaultCacheSettings } from '../../contract/settings.ts'
import { workspaceIdSchema } from '../../ids.ts'
import { settingsTag, workspaceTag } from '../../tags.ts'
import { defineResource } from '../resource.ts'

/**
 * Members that a release has and another one has not: those that are missing have their presets, since a workspace cannot
 * have set them, and those that are not known are left out.
 */
function completed<Schema extends z.ZodType>(schema: Schema, presets: object) {
  return z
    .looseObject({})
    .transform((given): unknown => ({ ...presets, ...given }))
    .pipe(schema)
}

const { cacheEnabled, features, cacheConfig } = cacheSettingsSchema.shape

/**
 * A workspace's cache settings as tiers keep them and as the origin answers them. A setting that came with a later release
 * than an entry leaves the entry readable; anything else that does not fit makes it unreadable, never a default.
 */
const data = z.object({
  cacheEnabled,
  features: completed(features.strip(), defaultCacheSettings.features),
  cacheConfig: completed(cacheConfig.strip(), defaultCacheSettings.cacheConfig),
})

/** A workspace's cache settings (SPEC 5): an entry among the others, which the read path itself goes by. */
export const cacheSettings = defineResource({
  name: 'cache-settings',
  summary: "A workspace's cache settings",
  description:
    'What a workspace has not set has its preset. A change is in force everywhere within the staleness bound.',
  route: '/api/cache-settings/workspace/{workspaceId}/settings',
  path: z.strictObject({ workspaceId: workspaceIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data,
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
