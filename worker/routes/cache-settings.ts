import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
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
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { countsTag, settingsTag, workspaceTag } from '../../shared/tags.ts'
import { invalidate } from '../ledger/invalidate.ts'
import { type Admitted, admit, admitAdmin } from './access.ts'
import { readCacheStats } from './cache-stats.ts'
import { parseBody } from './input.ts'
import { measurePerformance } from './performance.ts'
import { enveloped, respondData } from './respond.ts'
import type { Call, Route } from './route.ts'
import { warmUp } from './warm-up.ts'

const workspacePath = z.strictObject({ workspaceId: workspaceIdSchema })
const settingsPath = '/api/cache-settings/workspace/{workspaceId}/settings'
const workspaceBody = z.strictObject({ workspaceId: workspaceIdSchema })
const userBody = z.strictObject({ workspaceId: workspaceIdSchema, userId: userIdSchema.optional() })

const readSettings: Route = {
  method: 'GET',
  path: settingsPath,
  summary: "A workspace's cache settings",
  access: 'member',
  takes: { path: workspacePath },
  gives: enveloped(cacheSettingsSchema),
  errors: ['origin_unavailable', 'origin_timeout'],
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
  takes: { path: workspacePath, body: cacheSettingsChangeSchema },
  gives: enveloped(savedSettingsSchema),
  errors: [
    'invalid_json',
    'invalid_body',
    'admin_required',
    'body_too_large',
    'origin_unavailable',
    'ledger_unavailable',
  ],
  async handle(call) {
    const admitted = await admitAdmin(call, call.path['workspaceId'])
    if (!admitted.ok) return admitted
    const change = await parseBody(call.request, cacheSettingsChangeSchema)
    if (!change.ok) return change
    const { workspaceId, caller } = admitted.value
    const { origin, ledger, metrics } = call.services
    const saved = await origin.saveSettings(workspaceId, change.value, caller)
    if (!saved.ok) return saved
    // Saved but not announced would be in force at some locations only: then the answer is an error, and a retry mends it.
    const announced = await invalidate(
      ledger,
      metrics.recorder,
      new Map([[workspaceId, [{ tags: [settingsTag] }]]]),
    )
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
  errors: ['invalid_json', 'invalid_body', 'admin_required', 'ledger_unavailable'],
  async handle(call) {
    const asked = await admitByBody(call, workspaceBody, admitAdmin)
    if (!asked.ok) return asked
    const tags = [workspaceTag, countsTag, settingsTag]
    const { ledger, metrics } = call.services
    const answer = await invalidate(
      ledger,
      metrics.recorder,
      new Map([[asked.value.workspaceId, [{ tags }]]]),
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
  errors: ['invalid_json', 'invalid_body', 'origin_unavailable', 'origin_timeout'],
  async handle(call) {
    const asked = await admitByBody(call, userBody, admit)
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
  errors: ['invalid_json', 'invalid_body', 'origin_unavailable', 'origin_timeout'],
  async handle(call) {
    const asked = await admitByBody(call, userBody, admit)
    if (!asked.ok) return asked
    const performance = await measurePerformance(call.services, asked.value)
    if (!performance.ok) return performance
    const { stats } = await readCacheStats(call)
    return ok(respondData({ performance: performance.value, cacheStats: stats }))
  },
}

/** Admits to the workspace that the body names; a user named there must be the token's subject. */
async function admitByBody(
  call: Call,
  schema: typeof workspaceBody | typeof userBody,
  admits: typeof admit,
): Promise<Result<Admitted, WireError>> {
  const bearer = await call.services.bearer.authenticate(call.request.headers.get('Authorization'))
  if (!bearer.ok) return bearer
  const body = await parseBody(call.request, schema)
  if (!body.ok) return body
  const { workspaceId, userId } = { userId: undefined, ...body.value }
  if (userId !== undefined && userId !== bearer.value.userId) return err({ code: 'user_mismatch' })
  return admits(call, workspaceId)
}

/** Settings and management of a workspace's cache (SPEC 5). */
export const cacheSettingsRoutes: readonly Route[] = [
  readSettings,
  changeSettings,
  invalidateWorkspace,
  warmCache,
  testPerformance,
]
