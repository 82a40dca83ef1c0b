import type { Handler } from 'hono'
import { z } from 'zod'
import type { BoardList, Membership, WorkspaceNeeds } from '../../shared/contract/origin.ts'
import { boardListSchema, loadVersionSchema, membershipSchema } from '../../shared/contract/origin.ts'
import { cacheSettingsChangeSchema } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { campaignIdSchema, contactIdSchema, segmentIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { callerOf } from '../auth/credentials.ts'
import { callerKeyOf, tokenOf } from '../database/caller.ts'
import type { Queries } from '../database/queries.ts'
import type { Query } from '../database/query.ts'
import type { QueryName } from '../database/query-metrics.ts'
import { savedSettings, settingsFrom } from '../database/stored-settings.ts'
import type { Failure } from '../failures.ts'
import { parseBody, parseWorkspaceId } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respond, respondError } from '../http/respond.ts'

type WorkspaceHandler = Handler<OriginEnv>

const readSettingsSchema = z.object({ settings: z.unknown() })
const writtenSettingsSchema = z.object({
  settings: z.unknown(),
  updated_at: z.iso.datetime({ offset: true }),
})

/**
 * GET /workspaces/{id}/membership?version=: the caller's own role in the workspace, or null. The Worker judges the answer
 * by the version that it names, so the role is read from the database now, or shared with a query that began for the same
 * version. Without a version it is never shared. Memberships that this process remembers (auth/membership.ts) play no
 * part.
 */
export function membershipRoute(queries: Queries): WorkspaceHandler {
  return workspaceQuery(queries, 'membership', 'same version', async (workspaceId, query) => {
    const queried = await query(membershipSchema, 'workspace_membership', { p_workspace: workspaceId })
    return queried.ok ? ok<Membership>({ role: queried.value.role }) : queried
  })
}

/** GET /workspaces/{id}/boards. */
export function boardsRoute(queries: Queries): WorkspaceHandler {
  return workspaceQuery(queries, 'boards', 'same caller', async (workspaceId, query) => {
    const queried = await query(boardListSchema, 'workspace_boards', { p_workspace: workspaceId })
    return queried.ok ? ok<BoardList>({ boards: queried.value.boards }) : queried
  })
}

/** Ids from before their rules are left out: no question can name them. */
const namable = <Schema extends z.ZodType>(schema: Schema) =>
  z.array(z.unknown()).transform((ids) =>
    ids.flatMap((id) => {
      const parsed = schema.safeParse(id)
      return parsed.success ? [parsed.data] : []
    }),
  )
const readNeedsSchema = z.object({
  leads: namable(contactIdSchema),
  campaigns: namable(campaignIdSchema),
  segments: namable(segmentIdSchema),
})

/** GET /workspaces/{id}/needs. */
export function needsRoute(queries: Queries): WorkspaceHandler {
  return workspaceQuery(queries, 'needs', 'same caller', async (workspaceId, query) => {
    const queried = await query(readNeedsSchema, 'workspace_needs', { p_workspace: workspaceId })
    return queried.ok ? ok<WorkspaceNeeds>(queried.value) : queried
  })
}

/**
 * GET /workspaces/{id}/settings: the stored settings, completed with the defaults. Never shared: the request names no
 * version, so a query in flight may have begun before the change that made the Worker fetch the settings.
 */
export function settingsRoute(queries: Queries): WorkspaceHandler {
  return workspaceQuery(queries, 'settings-read', 'nobody', async (workspaceId, query) => {
    const queried = await query(readSettingsSchema, 'cache_settings_read', { p_workspace: workspaceId })
    return queried.ok ? ok(settingsFrom(queried.value.settings)) : queried
  })
}

/** POST /workspaces/{id}/settings: merges a change into the stored settings, for admins only. */
export function changeSettingsRoute(queries: Queries): WorkspaceHandler {
  return async (context) => {
    const change = await parseBody(context, cacheSettingsChangeSchema, limits.originSettingsBodyBytesMax)
    if (!change.ok) return respondError(context, change.error)
    const handle = workspaceQuery(queries, 'settings-write', 'nobody', async (workspaceId, query) => {
      const queried = await query(writtenSettingsSchema, 'cache_settings_write', {
        p_workspace: workspaceId,
        p_change: change.value,
      })
      return queried.ok
        ? ok(savedSettings(workspaceId, queried.value.settings, queried.value.updated_at))
        : queried
    })
    return handle(context)
  }
}

/** The requests that share a query: none, those with the same token, or those with the same token and version. */
type SharedWith = 'nobody' | 'same caller' | 'same version'

function shareKeyOf(
  sharedWith: SharedWith,
  parts: readonly string[],
  version: string | undefined,
): string | null {
  if (sharedWith === 'nobody') return null
  if (sharedWith === 'same caller') return JSON.stringify(parts)
  return loadVersionSchema.safeParse(version).success ? JSON.stringify([...parts, version]) : null
}

/**
 * Handles a request with one query about the workspace in the path. A user has not been checked to be a member yet, so
 * the query takes the user's own turn; the backend's query takes the workspace's.
 */
function workspaceQuery(
  queries: Queries,
  name: QueryName,
  sharedWith: SharedWith,
  perform: (workspaceId: WorkspaceId, query: Query) => Promise<Result<unknown, Failure>>,
) {
  return async (context: OriginContext): Promise<Response> => {
    const workspaceId = parseWorkspaceId(context)
    if (!workspaceId.ok) return respondError(context, workspaceId.error)
    const caller = callerOf(context)
    const callerToken = tokenOf(caller)
    context.set('workspaceId', workspaceId.value)
    const answer = await queries.run({
      name,
      queryClass: name === 'settings-write' ? 'writes' : 'reads',
      workspaceId: caller.kind === 'backend' ? workspaceId.value : null,
      callerKey: callerKeyOf(caller, workspaceId.value),
      shareKey: shareKeyOf(
        sharedWith,
        [name, workspaceId.value, callerToken ?? ''],
        context.req.query('version'),
      ),
      callerToken,
      perform: (query) => perform(workspaceId.value, query),
    })
    return respond(context, answer)
  }
}
