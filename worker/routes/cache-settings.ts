import { z } from 'zod'
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
import { userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { admit, admitAdmin, admitByBody } from '../auth/admit.ts'
import { enveloped, respondData } from '../http/answers.ts'
import type { Route } from '../http/route.ts'
import { everythingConcern, settingsConcern } from '../ledger/concerns.ts'
import { invalidate } from '../ledger/invalidate.ts'
import { readCacheStats } from './cache-stats.ts'
import { measurePerformance } from './performance.ts'
import { warmUp } from './warm-up.ts'

const workspacePath = z.strictObject({ workspaceId: workspaceIdSchema })
const settingsPath = '/api/cache-settings/workspace/{workspaceId}/settings'
const settingsBody = { schema: cacheSettingsChangeSchema, bytesMax: limits.settingsBodyBytesMax }
const workspaceBody = {
  schema: z.strictObject({ workspaceId: workspaceIdSchema }),
  bytesMax: limits.workspaceBodyBytesMax,
}
const userBody = {
  schema: z.strictObject({ workspaceId: workspaceIdSchema, userId: userIdSchema.optional() }),
  bytesMax: limits.workspaceBodyBytesMax,
}

const readSettings: Route = {
  method: 'GET',
  path: settingsPath,
  summary: "A workspace's cache settings",
  access: 'member',
  takes: { path: workspacePath },
  gives: enveloped(cacheSettingsSchema),
  errors: ['origin_unavailable', 'answer_too_large', 'origin_timeout'],
  async handle(call) {
    const admitted = await admit(call, call.path['workspaceId'])
    if (!admitted.ok) return admitted
    const settings = await call.services.settings.read(admitted.value.workspaceId, admitted.value.caller)
    return settings.ok ? ok(respondData(settings.value)) : settings
  },
}

const changeSettings: Route = {
  method: 'POST',
  path: settingsPath,
  summary: "Change a workspace's cache settings; what is left out stays",
  access: 'member',
  takes: { path: workspacePath, body: settingsBody },
  gives: enveloped(savedSettingsSchema),
  errors: ['admin_required', 'origin_unavailable', 'answer_too_large', 'ledger_unavailable'],
  async handle(call) {
    const admitted = await admitAdmin(call, call.path['workspaceId'])
    if (!admitted.ok) return admitted
    const change = await admitted.value.readBody(settingsBody)
    if (!change.ok) return change
    const { workspaceId, caller } = admitted.value
    const { origin, ledger, metrics } = call.services
    const saved = await origin.saveSettings(workspaceId, change.value, caller)
    if (!saved.ok) return saved
    // Saved but not announced would be in force at some locations only: then the answer is an error, and a retry mends it.
    const announced = await invalidate(ledger, metrics.recorder, new Map([[workspaceId, [settingsConcern]]]))
    return announced.ok ? ok(respondData(saved.value)) : announced
  },
}

const invalidateWorkspace: Route = {
  method: 'POST',
  path: '/api/cache-settings/invalidate',
  summary: 'Move on everything of a workspace',
  access: 'member',
  takes: { body: workspaceBody },
  gives: enveloped(workspaceInvalidatedSchema),
  errors: ['admin_required', 'ledger_unavailable'],
  async handle(call) {
    const asked = await admitByBody(call, workspaceBody, 'admin')
    if (!asked.ok) return asked
    const { ledger, metrics } = call.services
    const answer = await invalidate(
      ledger,
      metrics.recorder,
      new Map([[asked.value.workspaceId, [everythingConcern]]]),
    )
    if (!answer.ok) return answer
    // Nothing is deleted anywhere: what moved on outdates every entry of the workspace, in every tier, at once.
    const { invalidated, patterns, version } = answer.value
    return ok(respondData({ deletedEntries: invalidated, patterns, version }))
  },
}

const warmCache: Route = {
  method: 'POST',
  path: '/api/cache-settings/warm-cache',
  summary: "Fill every tier with the first page of each board and the workspace's counts",
  access: 'member',
  takes: { body: userBody },
  gives: enveloped(warmUpSchema),
  errors: ['origin_unavailable', 'answer_too_large', 'origin_timeout'],
  async handle(call) {
    const asked = await admitByBody(call, userBody, 'member')
    if (!asked.ok) return asked
    const warmed = await warmUp(call.services, asked.value)
    return warmed.ok ? ok(respondData(warmed.value)) : warmed
  },
}

const testPerformance: Route = {
  method: 'POST',
  path: '/api/cache-settings/test-performance',
  summary: 'Read the counts from the database, through a cold and a warm Redis, and from KV, and time each',
  access: 'member',
  takes: { body: userBody },
  gives: enveloped(performanceAnswerSchema),
  errors: ['origin_unavailable', 'answer_too_large', 'origin_timeout'],
  async handle(call) {
    const asked = await admitByBody(call, userBody, 'member')
    if (!asked.ok) return asked
    const performance = await measurePerformance(call.services, asked.value)
    if (!performance.ok) return performance
    const { stats } = await readCacheStats(call)
    return ok(respondData({ performance: performance.value, cacheStats: stats }))
  },
}

/** Settings and management of a workspace's cache (SPEC 5). */
export const cacheSettingsRoutes: readonly Route[] = [
  readSettings,
  changeSettings,
  invalidateWorkspace,
  warmCache,
  testPerformance,
]
