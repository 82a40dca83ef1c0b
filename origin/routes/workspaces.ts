import type { Handler } from 'hono'
import { z } from 'zod'
import type { BoardList, Membership } from '../../shared/contract/origin.ts'
import { boardListSchema, loadVersionSchema, membershipSchema } from '../../shared/contract/origin.ts'
import { cacheSettingsChangeSchema } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
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
 * GET /workspaces/{id}/membership?version=: the caller's own role there, or null. The Worker judges the answer by the version
 * that it names, so it is read from the database now, or shared with a query that was begun for the same version; without a
 * version it is shared with nobody. What this process remembers of memberships (auth/membership.ts) is not looked at.
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

/**
 * GET /workspaces/{id}/settings: what is stored over the default ones. Never shared: the request names no version, so
 * a query under way may have begun before the change that made the Worker ask.
 */
export function settingsRoute(queries: Queries): WorkspaceHandler {
  return workspaceQuery(queries, 'settings-read', 'nobody', async (workspaceId, query) => {
    const queried = await query(readSettingsSchema, 'cache_settings_read', { p_workspace: workspaceId })
    return queried.ok ? ok(settingsFrom(queried.value.settings)) : queried
  })
}

/** POST /workspaces/{id}/settings: lays a change over what is stored; only an admin's. */
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

/** Who shares a query: nobody; requests of the same token; or those of them that name the same version. */
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
 * One query about the workspace in the path, shared with nobody or with requests of the same caller. Nobody knows yet whether
 * a user is a member, so their query takes their own turn and not the workspace's; the backend's takes the workspace's.
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
