import { z } from 'zod'
import { withinDeadline } from '../../shared/clock.ts'
import {
  performanceAnswerSchema,
  warmUpSchema,
  workspaceInvalidatedSchema,
} from '../../shared/contract/management.ts'
import {
  cacheSettingsChangeSchema,
  cacheSettingsSchema,
  savedSettingsSchema,
} from '../../shared/contract/settings.ts'
import { userIdSchema, type WorkspaceId, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { settingsConcern } from '../ledger/concerns.ts'
import { invalidate } from '../ledger/invalidate.ts'
import type { Services } from '../services.ts'
import { invalidateWorkspace, performanceOf, warmWorkspace } from './cache-management.ts'
import { settingChanges } from './settings-changes.ts'

const workspacePath = z.strictObject({ workspaceId: workspaceIdSchema })
const settingsPath = '/api/cache-settings/workspace/{workspaceId}/settings'
const settingsBody = { schema: cacheSettingsChangeSchema, bytesMax: limits.settingsBodyBytesMax }
const workspaceBody = {
  schema: z.strictObject({ workspaceId: workspaceIdSchema }),
  bytesMax: limits.workspaceBodyBytesMax,
  namesWorkspace: true,
} as const
const userBody = {
  schema: z.strictObject({ workspaceId: workspaceIdSchema, userId: userIdSchema.optional() }),
  bytesMax: limits.workspaceBodyBytesMax,
  namesWorkspace: true,
} as const

const readSettings = defineRoute({
  method: 'GET',
  path: settingsPath,
  summary: "A workspace's cache settings",
  access: 'member',
  takes: { path: workspacePath },
  gives: enveloped(cacheSettingsSchema),
  errors: ['overloaded', 'origin_unavailable', 'answer_too_large', 'origin_timeout'],
  async handle(call) {
    const { workspaceId, caller } = call.caller
    const settings = await call.services.settings.read(workspaceId, caller)
    return settings.ok ? ok(respondData(settings.value)) : settings
  },
})

const changeSettings = defineRoute({
  method: 'POST',
  path: settingsPath,
  summary: "Change a workspace's cache settings; omitted ones stay unchanged",
  access: 'admin',
  takes: { path: workspacePath, body: settingsBody },
  gives: enveloped(savedSettingsSchema),
  errors: ['overloaded', 'origin_unavailable', 'origin_timeout', 'write_unconfirmed', 'ledger_unavailable'],
  async handle(call) {
    const { workspaceId, caller } = call.caller
    const { origin, ledger, metrics } = call.services
    const before = await settingsBefore(call.services, workspaceId, caller)
    const saved = await origin.saveSettings(workspaceId, call.input.body, caller)
    if (!saved.ok) return saved
    const detail = settingChanges(call.input.body, before)
    // Without the invalidation, the saved settings would be in force in some locations only. So a failed invalidation is an
    // error, and the caller's retry repairs it.
    const events = new Map([[workspaceId, [{ ...settingsConcern, detail }]]])
    const author = { cause: 'settings', userId: call.caller.principal.userId } as const
    const announced = await invalidate(ledger, metrics.recorder, events, author)
    return announced.ok ? ok(respondData(saved.value)) : announced
  },
})

/**
 * The settings before a change, for the activity feed only; null if they cannot be read at once. If another admin saves in between,
 * the feed shows the value before both changes.
 */
async function settingsBefore(
  { settings, clock }: Services,
  workspaceId: WorkspaceId,
  caller: SettingsCaller,
): Promise<Readonly<Record<string, unknown>> | null> {
  const read = async () => settings.read(workspaceId, caller)
  const before = await withinDeadline(clock, limits.settingsDeadlineMs, read, null)
  return before?.ok === true ? { ...before.value } : null
}

const invalidateOwn = defineRoute({
  method: 'POST',
  path: '/api/cache-settings/invalidate',
  summary: 'Invalidate every entry of a workspace',
  access: 'admin',
  takes: { body: workspaceBody },
  gives: enveloped(workspaceInvalidatedSchema),
  errors: ['ledger_unavailable'],
  handle: (call) => invalidateWorkspace(call.services, call.caller.workspaceId, call.caller.principal.userId),
})

const warmCache = defineRoute({
  method: 'POST',
  path: '/api/cache-settings/warm-cache',
  summary: "Fill every tier with the workspace's first pages and counts",
  access: 'member',
  takes: { body: userBody },
  gives: enveloped(warmUpSchema),
  errors: ['overloaded', 'origin_unavailable', 'answer_too_large', 'origin_timeout'],
  handle: (call) => warmWorkspace(call.services, call.caller),
})

const testPerformance = defineRoute({
  method: 'POST',
  path: '/api/cache-settings/test-performance',
  summary: 'Measure a read from the database, through a cold and a warm Redis, and from KV',
  access: 'member',
  takes: { body: userBody },
  gives: enveloped(performanceAnswerSchema),
  errors: ['overloaded', 'origin_unavailable', 'answer_too_large', 'origin_timeout'],
  handle: (call) => performanceOf(call, call.caller),
})

/** The routes for settings and management of a workspace's cache (SPEC 5). */
export const cacheSettingsRoutes: readonly Route[] = [
  readSettings,
  changeSettings,
  invalidateOwn,
  warmCache,
  testPerformance,
]
